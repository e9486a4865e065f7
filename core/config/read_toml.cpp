// The file part of core/config/load.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <utility>

#include "core/base/guard.hpp"
#include "core/base/quote.hpp"
#include "core/base/suggest.hpp"
#include "core/config/load.hpp"
#include "core/config/paths.hpp"
#include "core/config/problems.hpp"
#include "core/config/toml_document.hpp"
#include "core/config/value.hpp"

namespace forge::config {
namespace {

// One document's keys and values into a Config.
class Reader {
 public:
  Reader(const std::string& file, const Environment& environment, Loaded& out)
      : file_(file),
        folder_(std::filesystem::path(file).parent_path().string()),
        environment_(environment),
        out_(out) {}

  Status read(const toml::table& document) {
    for (const auto& [name, node] : document) {
      const toml::table* table = node.as_table();
      if (table != nullptr && find_section(name.str()) != nullptr) {
        read_section(name.str(), *table);
      } else {
        refuse_top_level(name, node);
      }
    }
    return problems();
  }

 private:
  void refuse(const toml::source_region& where, std::string_view message) {
    problems_.emplace_back(where.begin, message);
  }

  // In the file's order; toml++ sorts names.
  Status problems() {
    std::sort(problems_.begin(), problems_.end());
    Problems out;
    for (const auto& [where, message] : problems_) out.add(position_prefix(file_, where) + message);
    return out.status();
  }

  void refuse_top_level(const toml::key& name, const toml::node& node) {
    if (find_section(name.str()) != nullptr) {
      refuse(name.source(), fmt::format("'{}' is {}; it must be a section, [{}]", name.str(),
                                        describe(node), name.str()));
    } else if (node.is_table() || node.is_array_of_tables()) {
      std::vector<std::string_view> names;
      for (const Section& section : sections()) names.push_back(section.name);
      refuse(name.source(), fmt::format("unknown section {}{}", quote(name.str()),
                                        did_you_mean(name.str(), names)));
    } else {
      refuse(name.source(),
             fmt::format("unknown key {}{}", quote(name.str()), suggest_key("", name.str())));
    }
  }

  void read_section(std::string_view section, const toml::table& table) {
    for (const auto& [name, node] : table) {
      if (const Key* key = find(section, name.str())) {
        read_value(*key, node);
      } else {
        refuse(name.source(),
               fmt::format("unknown key {}{}", quote(fmt::format("{}.{}", section, name.str())),
                           suggest_key(section, name.str())));
      }
    }
  }

  void read_value(const Key& key, const toml::node& node) {
    std::optional<Value> value =
        std::visit([&](const auto& field) { return convert(key, field, node); }, key.field);
    if (!value) return;  // refused already
    const Status status = check(key, *value, fmt::format("'{}'", key.full_name()));
    if (!status.ok()) return refuse(node.source(), status.message());
    resolve_paths(key, folder_, environment_, *value);
    out_.store(key, std::move(*value),
               fmt::format("{}:{}", printable(file_), node.source().begin.line));
  }

  std::nullopt_t refuse_type(const Key& key, const toml::node& node, std::string_view part = {}) {
    refuse(node.source(), fmt::format("'{}'{} is {}; it must be {}", key.full_name(), part,
                                      describe(node), expectation(key)));
    return std::nullopt;
  }

  // The node as the key's type; nullopt when it is of another, which has been told then.
  template <class T>
  std::optional<Value> convert(const Key& key, const Accessor<T>&, const toml::node& node) {
    if (const auto value = node.value_exact<T>()) return Value(*value);
    return refuse_type(key, node);
  }

  std::optional<Value> convert(const Key& key, const Accessor<double>&, const toml::node& node) {
    if (node.is_number()) return Value(*node.value<double>());
    return refuse_type(key, node);
  }

  std::optional<Value> convert(const Key& key, const Accessor<Strings>&, const toml::node& node) {
    const toml::array* array = node.as_array();
    if (array == nullptr) return refuse_type(key, node);
    Strings items;
    for (const toml::node& item : *array) {
      if (!item.is_string()) {
        return refuse_type(key, item, fmt::format(" item {}", items.size() + 1));
      }
      items.push_back(item.as_string()->get());
    }
    return Value(std::move(items));
  }

  std::optional<Value> convert(const Key& key, const Accessor<Biases>&, const toml::node& node) {
    const toml::table* table = node.as_table();
    if (table == nullptr) return refuse_type(key, node);
    Biases biases;
    for (const auto& [name, item] : *table) {
      const std::string_view text = name.str();
      std::int64_t token = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), token);
      if (error != std::errc() || end != text.data() + text.size()) {
        refuse(name.source(), fmt::format("'{}' has the name {}; its names must be token ids",
                                          key.full_name(), quote(text)));
        return std::nullopt;
      }
      if (!item.is_number()) return refuse_type(key, item, fmt::format(" of token {}", token));
      biases.insert_or_assign(token, *item.value<double>());
    }
    return Value(std::move(biases));
  }

  std::optional<Value> convert(const Key& key, const Accessor<Names>&, const toml::node& node) {
    const toml::table* table = node.as_table();
    if (table == nullptr) return refuse_type(key, node);
    Names names;
    for (const auto& [name, item] : *table) {
      if (!item.is_string()) return refuse_type(key, item, " of " + quote(name.str()));
      names.insert_or_assign(std::string(name.str()), item.as_string()->get());
    }
    return Value(std::move(names));
  }

  const std::string& file_;
  std::string folder_;
  const Environment& environment_;
  Loaded& out_;
  std::vector<std::pair<toml::source_position, std::string>> problems_;
};

}  // namespace

Status read_toml(std::string_view text, const std::string& name, const Environment& environment,
                 Loaded& out) {
  return guarded([&]() -> Status {
    FORGE_ASSIGN(const toml::table document, parse_toml(text, name));
    return Reader(name, environment, out).read(document);
  });
}

}  // namespace forge::config
