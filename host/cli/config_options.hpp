// host/cli/config_options.hpp: flags of configuration keys, made from the table in
// core/config/schema.cpp.
#ifndef FORGE_HOST_CLI_CONFIG_OPTIONS_HPP_
#define FORGE_HOST_CLI_CONFIG_OPTIONS_HPP_

#include <string>
#include <string_view>
#include <vector>

#include "core/config/load.hpp"

namespace CLI {
class App;
}

namespace forge::cli {

// Adds to `command` the flags of all keys of a section ("sampling") or of one key
// ("sampling.seed"), under the help group `group` (empty: what the section is about). What the user
// gives is appended to `out`, which must live as long as `command`. A name that is neither is a
// programming error and adds nothing.
void add_config_options(CLI::App& command, std::string_view name, std::string_view group,
                        std::vector<config::FlagValue>& out);

// Appends one more value of a flag: to the entry of the same flag, if there is one.
void add_flag_value(std::vector<config::FlagValue>& flags, const config::Key& key,
                    std::string_view flag, std::string text);

}  // namespace forge::cli

#endif  // FORGE_HOST_CLI_CONFIG_OPTIONS_HPP_
