#include "core/text/jinja/data.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <unordered_map>

#include "core/text/jinja/source.hpp"

namespace forge::jinja {
namespace {

constexpr std::size_t kMaxJsonDepth = 500;  // arrays and objects inside one another

// Receives nlohmann's events and builds the tree. Parsing by events keeps what a JSON tree of
// doubles and 64-bit integers would lose: integers of any size.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Builder(std::string_view text) : text_(text) {}

  bool null() override { return add(Data()); }
  bool boolean(bool value) override { return add(Data(value)); }
  bool number_integer(number_integer_t value) override { return add(Data(value)); }
  bool number_unsigned(number_unsigned_t value) override {
    constexpr number_unsigned_t kMax = INT64_MAX;
    if (value <= kMax) return add(Data(static_cast<std::int64_t>(value)));
    return add(Data(Data::LargeInteger{std::to_string(value)}));
  }
  bool number_float(number_float_t value, const string_t& token) override {
    const bool integer = token.find_first_of(".eE") == string_t::npos;
    return add(integer ? Data(Data::LargeInteger{token}) : Data(value));
  }
  bool string(string_t& value) override { return add(Data(std::move(value))); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Data(Data::Object())); }
  bool key(string_t& value) override {
    open_.back().key = std::move(value);
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Data(Data::Array())); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t offset, const std::string& token,
                   const nlohmann::detail::exception& error) override {
    const Position at = position_of(text_, offset > 0 ? offset - 1 : 0);
    const std::string what = error.what();
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while ..."
    const std::size_t colon = what.find(": ");
    message_ = fmt::format("line {}, column {}: {}", at.line, at.column,
                           colon == std::string::npos ? token : what.substr(colon + 2));
    return false;
  }

  Data take() { return std::move(root_); }
  const std::string& message() const { return message_; }

 private:
  // A container being read: the key its next member gets, and where its keys are.
  struct Level {
    Data value;
    std::string key;
    std::unordered_map<std::string, std::size_t> keys;
  };

  bool add(Data value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return true;
    }
    Level& top = open_.back();
    if (Data::Array* array = top.value.as_array()) {
      array->push_back(std::move(value));
      return true;
    }
    Data::Object& object = *top.value.as_object();
    const auto [found, fresh] = top.keys.try_emplace(top.key, object.size());
    if (fresh) {
      object.push_back({std::move(top.key), std::move(value)});
    } else {
      object[found->second].value = std::move(value);
    }
    return true;
  }
  bool open(Data value) {
    if (open_.size() >= kMaxJsonDepth) {
      message_ = fmt::format("arrays and objects are nested more than {} deep", kMaxJsonDepth);
      return false;
    }
    open_.push_back({std::move(value), {}, {}});
    return true;
  }
  bool close() {
    Data value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }

  std::string_view text_;
  std::vector<Level> open_;
  Data root_;
  std::string message_;
};

}  // namespace

// Here and not in the class: it destroys objects, whose members must be complete.
Data::Data() = default;

Result<Data> Data::parse_json(std::string_view text) {
  Builder builder(text);
  try {
    if (nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return builder.take();
  } catch (const std::exception& error) {
    return invalid_argument(fmt::format("invalid JSON: {}", error.what()));
  }
  return invalid_argument(fmt::format("invalid JSON: {}", builder.message()));
}

const Data* Data::find(std::string_view key) const {
  const Object* object = as_object();
  if (object == nullptr) return nullptr;
  for (const Member& member : *object) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

Data* Data::find(std::string_view key) { return const_cast<Data*>(std::as_const(*this).find(key)); }

void Data::set(std::string_view key, Data value) {
  if (is_null()) value_ = Object();
  if (Data* found = find(key)) {
    *found = std::move(value);
  } else if (Object* object = as_object()) {
    object->push_back({std::string(key), std::move(value)});
  }
}

std::string_view Data::type_name() const {
  constexpr std::string_view kNames[] = {"null",   "boolean", "number", "number",
                                         "number", "string",  "array",  "object"};
  return kNames[value_.index()];
}

}  // namespace forge::jinja
