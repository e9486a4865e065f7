// core/config/schema.hpp: the table of configuration keys, the one place that knows them.
//
// Parsing, validation, flags, `rocmforge config --defaults` and docs/config.md all read it. A new
// key is a member in config.hpp and a row in schema.cpp.
#ifndef FORGE_CORE_CONFIG_SCHEMA_HPP_
#define FORGE_CORE_CONFIG_SCHEMA_HPP_

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/config/config.hpp"

namespace forge::config {

using Strings = std::vector<std::string>;
using Biases = std::map<std::int64_t, double>;
using Names = std::map<std::string, std::string>;

// A value of any key. The alternative is the key's type.
using Value = std::variant<bool, std::int64_t, double, std::string, Strings, Biases, Names>;

// The member of Config that a key names.
template <class T>
struct Accessor {
  const T& (*read)(const Config&);
  T& (*write)(Config&);
};

// Where the key lives in Config; same order of alternatives as Value.
using Field =
    std::variant<Accessor<bool>, Accessor<std::int64_t>, Accessor<double>, Accessor<std::string>,
                 Accessor<Strings>, Accessor<Biases>, Accessor<Names>>;

struct Key {
  std::string_view section;
  std::string_view name;
  Field field;
  std::string_view help;  // one sentence, capital first, no full stop

  // Of numbers, also of those in a table.
  double min = 0;
  double max = 0;
  // Of strings, also of those in a table; empty: any.
  std::span<const std::string_view> choices = {};
  bool is_path = false;    // string or list of strings that name files or folders
  bool is_folder = false;  // a path of a folder, where one is no list

  std::string_view flag = {};         // "-t,--threads"; empty: no flag of its own
  std::string_view environment = {};  // variable; empty: none
  // What others call it, separated by spaces: only for suggestions.
  std::string_view other_names = {};

  std::string full_name() const;  // "sampling.top_k"
};

struct Section {
  std::string_view name;
  std::string_view help;
};

// All sections and keys in the order they are printed; keys of a section stand together.
// Thread-safe, live forever.
std::span<const Section> sections();
std::span<const Key> keys();

// nullptr when there is no such key or section.
const Key* find(std::string_view section, std::string_view name);
const Key* find(std::string_view full_name);
const Section* find_section(std::string_view name);

// The key's value in a Config, and the way to set it. `value` must be of the key's type.
Value get(const Config& config, const Key& key);
void set(Config& config, const Key& key, Value value);

// "a whole number from 0 to 65536", "one of text, json", "a list of strings": completes "must be".
std::string expectation(const Key& key);

// "; did you mean 'context.length'?" for a wrong key of a (right) section, or of none ("").
std::string suggest_key(std::string_view section, std::string_view name);

}  // namespace forge::config

#endif  // FORGE_CORE_CONFIG_SCHEMA_HPP_
