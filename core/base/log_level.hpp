// core/base/log_level.hpp: names of the log levels, for who does not log.
#ifndef FORGE_CORE_BASE_LOG_LEVEL_HPP_
#define FORGE_CORE_BASE_LOG_LEVEL_HPP_

#include <string_view>

namespace forge::log {

// From chatty to silent. What is logged at which is said at FORGE_LOG_* in forge/abi/host.h.
inline constexpr std::string_view kLevelNames[] = {"trace", "debug", "info",
                                                   "warn",  "error", "off"};

}  // namespace forge::log

#endif  // FORGE_CORE_BASE_LOG_LEVEL_HPP_
