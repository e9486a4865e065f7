// core/config/text_file.hpp: small text files, read whole.
#ifndef FORGE_CORE_CONFIG_TEXT_FILE_HPP_
#define FORGE_CORE_CONFIG_TEXT_FILE_HPP_

#include <cstddef>
#include <string>

#include "forge/sdk/status.hpp"

namespace forge::config {

// Most bytes of a configuration file: hundreds of times what ours need.
inline constexpr std::size_t kMaxTextBytes = 1 << 20;

// The whole of a file of at most kMaxTextBytes. Errors name the path. [any-thread]
Result<std::string> read_text_file(const std::string& path);

}  // namespace forge::config

#endif  // FORGE_CORE_CONFIG_TEXT_FILE_HPP_
