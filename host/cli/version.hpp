// host/cli/version.hpp: what --version prints.
#ifndef FORGE_HOST_CLI_VERSION_HPP_
#define FORGE_HOST_CLI_VERSION_HPP_

#include <string>
#include <string_view>

namespace forge::cli {

std::string_view version();  // "0.1.0"

// Version, build type, plugin ABI, compiler and sanitizer, a line each.
std::string version_text();

}  // namespace forge::cli

#endif  // FORGE_HOST_CLI_VERSION_HPP_
