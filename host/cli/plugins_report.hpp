// host/cli/plugins_report.hpp: a selection of plugins as text for people and as JSON.
#ifndef FORGE_HOST_CLI_PLUGINS_REPORT_HPP_
#define FORGE_HOST_CLI_PLUGINS_REPORT_HPP_

#include <cstddef>
#include <string>

#include "host/plugin_setup.hpp"

namespace forge::cli {

// Devices, every plugin with its state and the reasons, folders looked at, what to do. No line is
// longer than `width` columns, unless one word is.
std::string plugins_text(const PluginSetup& setup, std::size_t width);

// The same as one JSON object; its keys are listed in docs/cli.md.
std::string plugins_json(const PluginSetup& setup);

}  // namespace forge::cli

#endif  // FORGE_HOST_CLI_PLUGINS_REPORT_HPP_
