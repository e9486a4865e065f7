// host/cli/log_format.hpp: log lines for people and for machines.
#ifndef FORGE_HOST_CLI_LOG_FORMAT_HPP_
#define FORGE_HOST_CLI_LOG_FORMAT_HPP_

#include <spdlog/formatter.h>

#include <memory>

namespace forge::cli {

// Each record is one line whatever its text holds. Thread-compatible: a sink calls its own under
// its lock.

// "warning: plugin: no such folder '...'": for standard error.
std::unique_ptr<spdlog::formatter> short_log_format();

// "2026-03-01T12:00:00.123456Z warning plugin: ...": for files.
std::unique_ptr<spdlog::formatter> full_log_format();

// {"time":"2026-03-01T12:00:00.123456Z","level":"warn","subsystem":"plugin","thread":7,
// "message":"..."}: UTC, microseconds; keys always in this order.
std::unique_ptr<spdlog::formatter> json_log_format();

}  // namespace forge::cli

#endif  // FORGE_HOST_CLI_LOG_FORMAT_HPP_
