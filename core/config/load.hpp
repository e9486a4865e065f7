// core/config/load.hpp: one Config out of defaults, a file, the environment and flags.
//
// Later ones win: defaults < configuration file < environment < flags.
#ifndef FORGE_CORE_CONFIG_LOAD_HPP_
#define FORGE_CORE_CONFIG_LOAD_HPP_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.hpp"
#include "core/config/schema.hpp"
#include "forge/sdk/status.hpp"

namespace forge::config {

// A flag as given on the command line.
struct FlagValue {
  const Key* key;
  std::string flag;                // "--top-k", for messages
  std::vector<std::string> texts;  // its values in order; a later one replaces an earlier one,
                                   // except in lists and tables
};

// The value of an environment variable, or nullopt.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;
Environment process_environment();

struct Sources {
  std::string file;  // empty: no file
  Environment environment = [](std::string_view) { return std::nullopt; };
  std::vector<FlagValue> flags;
};

struct Loaded {
  Config config;
  // Where each key's value comes from, by index in keys(): "" for the default, "my.toml:12",
  // "FORGE_THREADS", "--threads".
  std::vector<std::string> origins = std::vector<std::string>(keys().size());

  // `value` is of the key's type.
  void store(const Key& key, Value value, std::string origin);
};

// An error is kInvalidArgument (kNotFound when the file cannot be opened); its message has one line
// per problem, at most Problems::kMost of them and a last one that counts the rest. [any-thread]
Result<Loaded> load(const Sources& sources);

// The file part of load(): sets in `out` what `text` says. `name` is the file's name for messages;
// relative paths in it are taken from its folder, "~/" from $HOME.
Status read_toml(std::string_view text, const std::string& name, const Environment& environment,
                 Loaded& out);

// Where a user's own configuration is: $XDG_CONFIG_HOME/rocmforge/config.toml, without that
// variable
// ~/.config/rocmforge/config.toml; "" when there is no such file.
std::string user_config_file(const Environment& environment);

}  // namespace forge::config

#endif  // FORGE_CORE_CONFIG_LOAD_HPP_
