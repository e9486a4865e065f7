// host/cli/manual_page.hpp: documents made from the commands and options as they are declared.
#ifndef FORGE_HOST_CLI_MANUAL_PAGE_HPP_
#define FORGE_HOST_CLI_MANUAL_PAGE_HPP_

#include <string>
#include <string_view>

#include "host/cli/command_tree.hpp"

namespace forge::cli {

// rocmforge(1) in roff (man(7) macros).
std::string manual_page(const CommandTree& tree, std::string_view version);

// A section for each command, as docs/cli.md has them.
std::string markdown_commands(const CommandTree& tree);

}  // namespace forge::cli

#endif  // FORGE_HOST_CLI_MANUAL_PAGE_HPP_
