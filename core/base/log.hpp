// core/base/log.hpp: one logger per subsystem, all over spdlog.
//
// core logs decisions and never prints: until the host installs sinks, lines go nowhere.
// Thread-safe.
#ifndef FORGE_CORE_BASE_LOG_HPP_
#define FORGE_CORE_BASE_LOG_HPP_

#include <spdlog/spdlog.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/log_level.hpp"

namespace forge::log {

// Subsystems of the program itself; a plugin logs under its id.
inline constexpr std::string_view kSubsystems[] = {"host",   "config", "plugin", "device",
                                                   "safety", "gguf",   "codec",  "graph",
                                                   "text",   "state",  "engine"};

// The logger of a subsystem or plugin id, made on first use with the current sinks and levels.
spdlog::logger& get(std::string_view subsystem);

// Replaces the sinks of all loggers, present and future.
void set_sinks(std::vector<spdlog::sink_ptr> sinks);

// Who is told when a line could not be written (a full disk). Without one: nobody.
void set_error_handler(std::function<void(const std::string& what)> handler);

// The level of a name of kLevelNames; warn for any other.
spdlog::level::level_enum level_of(std::string_view name);

// Level of every logger without one of its own, and of one subsystem.
void set_level(spdlog::level::level_enum level);
void set_level(std::string_view subsystem, spdlog::level::level_enum level);

}  // namespace forge::log

#endif  // FORGE_CORE_BASE_LOG_HPP_
