#include "core/config/value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/base/quote.hpp"
#include "core/base/suggest.hpp"
#include "core/base/utf8.hpp"

namespace forge::config {
namespace {

template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<bool> parse_bool(std::string_view text) {
  constexpr std::string_view kTrue[] = {"true", "on", "yes", "1"};
  constexpr std::string_view kFalse[] = {"false", "off", "no", "0"};
  if (std::ranges::find(kTrue, text) != std::end(kTrue)) return true;
  if (std::ranges::find(kFalse, text) != std::end(kFalse)) return false;
  return std::nullopt;
}

// Calls visit(item) for the parts of `text` between commas.
template <class Visit>
void for_each_item(std::string_view text, Visit visit) {
  while (true) {
    const std::size_t comma = text.find(',');
    visit(text.substr(0, comma));
    if (comma == std::string_view::npos) return;
    text.remove_prefix(comma + 1);
  }
}

// Checks one value at a time; a table's or list's items one after the other.
struct Checker {
  const Key& key;
  std::string_view subject;

  Status refuse(std::string_view actual, std::string_view hint = {}) const {
    return invalid_argument(
        fmt::format("{} is {}; it must be {}{}", subject, actual, expectation(key), hint));
  }

  Status number(double value) const {
    if (value >= key.min && value <= key.max) return {};  // false for NaN
    return refuse(fmt::format("{}", value));
  }

  Status operator()(bool) const { return {}; }
  Status operator()(std::int64_t value) const {
    const auto real = static_cast<double>(value);
    if (real >= key.min && real <= key.max) return {};
    return refuse(fmt::format("{}", value));
  }
  Status operator()(double value) const { return number(value); }
  Status operator()(const std::string& value) const {
    if (value.find('\0') != std::string::npos) {
      return invalid_argument(
          fmt::format("{} is {}, which has a NUL character in it", subject, quote(value)));
    }
    if (key.choices.empty() || std::ranges::find(key.choices, value) != key.choices.end()) {
      return {};
    }
    return refuse(quote(value), did_you_mean(value, key.choices));
  }
  Status operator()(const Strings& values) const {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i].empty()) {
        return invalid_argument(fmt::format("item {} of {} is empty", i + 1, subject));
      }
      FORGE_TRY((*this)(values[i]));
    }
    return {};
  }
  Status operator()(const Biases& values) const {
    for (const auto& [token, bias] : values) {
      if (token < 0 || token > INT32_MAX) {
        return invalid_argument(fmt::format(
            "{} has {}, which is no token id: those are whole numbers from 0 up", subject, token));
      }
      FORGE_TRY(number(bias));
    }
    return {};
  }
  Status operator()(const Names& values) const {
    for (const auto& [name, value] : values) {
      if (name.empty()) return invalid_argument(fmt::format("{} has an empty name", subject));
      FORGE_TRY((*this)(value));
    }
    return {};
  }
};

// Makes a key's type out of text.
struct Parser {
  const Key& key;
  std::span<const std::string> texts;
  std::string_view subject;

  const std::string& last() const { return texts.back(); }
  Status refuse(std::string_view text) const {
    return invalid_argument(
        fmt::format("{} is {}; it must be {}", subject, quote(text), expectation(key)));
  }
  template <class T>
  Result<Value> wrap(std::optional<T> value) const {
    if (!value.has_value()) return refuse(last());
    return Value(*std::move(value));
  }

  Result<Value> operator()(Accessor<bool>) const { return wrap(parse_bool(last())); }
  Result<Value> operator()(Accessor<std::int64_t>) const {
    return wrap(parse_number<std::int64_t>(last()));
  }
  Result<Value> operator()(Accessor<double>) const { return wrap(parse_number<double>(last())); }
  Result<Value> operator()(Accessor<std::string>) const { return Value(last()); }
  Result<Value> operator()(Accessor<Strings>) const {
    return Value(Strings(texts.begin(), texts.end()));
  }
  Result<Value> operator()(Accessor<Biases>) const {
    return table<Biases>([](std::string_view name, std::string_view value, Biases& out) {
      const auto token = parse_number<std::int64_t>(name);
      const auto bias = parse_number<double>(value);
      if (token && bias) out.insert_or_assign(*token, *bias);
      return token.has_value() && bias.has_value();
    });
  }
  Result<Value> operator()(Accessor<Names>) const {
    return table<Names>([](std::string_view name, std::string_view value, Names& out) {
      out.insert_or_assign(std::string(name), std::string(value));
      return true;
    });
  }

  template <class Table, class Insert>
  Result<Value> table(Insert insert) const {
    Table out;
    std::optional<std::string_view> wrong;
    for (const std::string& text : texts) {
      for_each_item(text, [&](std::string_view item) {
        const std::size_t equals = item.find('=');
        const bool good = equals != std::string_view::npos &&
                          insert(item.substr(0, equals), item.substr(equals + 1), out);
        if (!good && !wrong) wrong = item;
      });
    }
    if (!wrong) return Value(std::move(out));
    return invalid_argument(fmt::format("{} has {}; write NAME=VALUE,... as {}", subject,
                                        quote(*wrong), expectation(key)));
  }
};

// Characters that TOML's basic strings cannot hold as they are.
std::string toml_string(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const CodePoint c = decode_utf8(text);
    if (!c.valid) {
      out += "\\uFFFD";
    } else if (c.value == '"' || c.value == '\\') {
      out += '\\';
      out += text[0];
    } else if (c.value == '\n') {
      out += "\\n";
    } else if (c.value == '\t') {
      out += "\\t";
    } else if (c.value < 0x20 || c.value == 0x7f) {
      out += fmt::format("\\u{:04X}", static_cast<unsigned>(c.value));
    } else {
      out.append(text.substr(0, c.size));
    }
    text.remove_prefix(c.size);
  }
  return out += '"';
}

struct Writer {
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return fmt::format("{}", value); }
  std::string operator()(double value) const {
    std::string text = fmt::format("{}", value);
    if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
    return text;
  }
  std::string operator()(const std::string& value) const { return toml_string(value); }
  std::string operator()(const Strings& values) const {
    std::string out = "[";
    for (const std::string& value : values) {
      if (out.size() > 1) out += ", ";
      out += toml_string(value);
    }
    return out += ']';
  }
  template <class Table>
  std::string table(const Table& values) const {
    std::string out = "{";
    for (const auto& [name, value] : values) {
      out += out.size() > 1 ? ", " : " ";
      if constexpr (std::is_same_v<Table, Names>) {
        out += toml_string(name);
      } else {
        out += fmt::format("{}", name);
      }
      out += " = " + (*this)(value);
    }
    return out += out.size() > 1 ? " }" : "}";
  }
  std::string operator()(const Biases& values) const { return table(values); }
  std::string operator()(const Names& values) const { return table(values); }
};

}  // namespace

Status check(const Key& key, const Value& value, std::string_view subject) {
  return std::visit(Checker{key, subject}, value);
}

Result<Value> parse_text(const Key& key, std::span<const std::string> texts,
                         std::string_view subject) {
  if (texts.empty()) return invalid_argument(fmt::format("{} needs a value", subject));
  auto value = std::visit(Parser{key, texts, subject}, key.field);
  if (value.ok()) FORGE_TRY(check(key, *value, subject));
  return value;
}

std::string to_toml(const Value& value) { return std::visit(Writer{}, value); }

}  // namespace forge::config
