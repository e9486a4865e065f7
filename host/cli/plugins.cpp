// rocmforge plugins: every plugin found, what becomes of it and why; and the devices.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "core/base/log.hpp"
#include "core/codec/host_codecs.hpp"
#include "core/config/schema.hpp"
#include "core/plugin/loader.hpp"
#include "host/cli/command.hpp"
#include "host/cli/plugins_report.hpp"
#include "host/cli/terminal.hpp"

namespace forge::cli {
namespace {

struct PluginsOptions {
  bool json = false;
  bool no_probe = false;
  std::uint32_t probe_limit = 10000;
};

// Lines longer than this are hard to read, on terminals of any width.
constexpr std::size_t kWidestText = 100;

// Where plugins.search_paths comes from: "my.toml:12", "FORGE_PLUGIN_PATH", "--plugin-path".
std::string paths_origin(const Program& program) {
  const config::Key* const key = config::find("plugins.search_paths");
  const auto index = static_cast<std::size_t>(key - config::keys().data());
  const std::string& origin = program.config_origins().at(index);
  return origin.empty() ? "configuration" : origin;
}

Status list_plugins(const PluginsOptions& options, const Program& program) {
  // What would be logged is in the listing; a level that somebody asked for stays.
  const LoggingConfig& logging = program.config().logging;
  if (logging.level == LoggingConfig().level && !logging.levels.contains("plugin")) {
    log::set_level("plugin", spdlog::level::err);
  }
  PluginSetup setup = set_up_plugins(program.config(), paths_origin(program));
  setup.options.probe = !options.no_probe;
  setup.options.probe_limit = std::chrono::milliseconds(options.probe_limit);
  const plugin::Loader loader(setup.options, process_codecs());
  if (!options.no_probe) loader.probe_all(setup.selection);
  const std::size_t width = is_terminal(stdout)
                                ? std::clamp<std::size_t>(terminal_width(stdout), 40, kWidestText)
                                : kWidestText;
  fmt::print("{}", options.json ? plugins_json(setup) : plugins_text(setup, width));
  return {};
}

}  // namespace

void add_plugins(CLI::App& app, Program& program) {
  auto options = std::make_shared<PluginsOptions>();
  CLI::App* command = app.add_subcommand(
      "plugins", "Lists the plugins and devices found: what is used, what is not, and why");
  command->group(kProgramCommands);
  command->add_flag("--json", options->json, "Print one JSON object");
  command->add_flag("--no-probe", options->no_probe,
                    "Read manifests only; do not try each plugin in a process of its own");
  command
      ->add_option("--probe-limit", options->probe_limit,
                   "How long a plugin may take when it is tried, in milliseconds")
      ->type_name("MS")
      ->check(CLI::Range(1, 600000).description(""));
  program.add_config_options(*command, {"plugins", "device.kind", "device.root"});
  add_examples(*command, {{"What would run a model, and why", "rocmforge plugins"},
                          {"Plugins of your own", "rocmforge plugins --plugin-path build/plugins"},
                          {"For scripts", "rocmforge plugins --json"}});
  command->callback([options, &program] {
    program.set_action([options, &program] { return list_plugins(*options, program); });
  });
}

}  // namespace forge::cli
