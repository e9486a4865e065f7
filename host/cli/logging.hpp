// host/cli/logging.hpp: where the log goes.
#ifndef FORGE_HOST_CLI_LOGGING_HPP_
#define FORGE_HOST_CLI_LOGGING_HPP_

#include "core/config/config.hpp"
#include "forge/sdk/status.hpp"

namespace forge::cli {

// Installs sinks and levels for all loggers, present and future: standard error (in colour on a
// terminal) and, where one is named, a file that is appended to; with a file, standard error shows
// warnings and errors only. [main thread, once, before other threads log]
Status install_logging(const LoggingConfig& config);

}  // namespace forge::cli

#endif  // FORGE_HOST_CLI_LOGGING_HPP_
