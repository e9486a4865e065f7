// host/cli/usage_error.hpp: what is wrong with a command line, in one sentence.
#ifndef FORGE_HOST_CLI_USAGE_ERROR_HPP_
#define FORGE_HOST_CLI_USAGE_ERROR_HPP_

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace forge::cli {

// The sentence for an error that parsing `app` threw: names the option or word, and the nearest one
// there is or where to read on.
std::string usage_error(const CLI::App& app, const CLI::ParseError& error);

// The subcommand the command line got to; `app` itself when none.
const CLI::App& innermost_command(const CLI::App& app);

}  // namespace forge::cli

#endif  // FORGE_HOST_CLI_USAGE_ERROR_HPP_
