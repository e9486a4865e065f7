// host/cli/completion_script.hpp: completion scripts, made from the commands and options as they
// are declared, so that they cannot go stale.
#ifndef FORGE_HOST_CLI_COMPLETION_SCRIPT_HPP_
#define FORGE_HOST_CLI_COMPLETION_SCRIPT_HPP_

#include <string>

#include "host/cli/command_tree.hpp"

namespace forge::cli {

// To be sourced by the shell, or put where it looks for completions.
std::string bash_completion(const CommandTree& tree);
std::string zsh_completion(const CommandTree& tree);
std::string fish_completion(const CommandTree& tree);

}  // namespace forge::cli

#endif  // FORGE_HOST_CLI_COMPLETION_SCRIPT_HPP_
