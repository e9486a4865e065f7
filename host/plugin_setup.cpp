#include "host/plugin_setup.hpp"

#include <filesystem>
#include <system_error>

#include "core/base/log.hpp"
#include "core/base/quote.hpp"
#include "core/plugin/locations.hpp"

namespace forge {

plugin::PluginOptions plugin_options(const Config& config) {
  plugin::PluginOptions options;
  options.search_paths.assign(config.plugins.search_paths.begin(),
                              config.plugins.search_paths.end());
  options.allow = config.plugins.allow;
  options.deny = config.plugins.deny;
  options.force = config.plugins.force;
  options.safe = config.plugins.safe;
  options.cpu_only = config.device.kind == "cpu";
  return options;
}

PluginSetup set_up_plugins(const Config& config, const std::string& paths_origin,
                           const device::SurveyOptions& where) {
  PluginSetup setup;
  setup.options = plugin_options(config);
  device::SurveyOptions options = where;
  if (options.root == "/") options.root = config.device.root;
  std::error_code error;
  if (!std::filesystem::is_directory(options.root, error)) {
    log::get("device").warn("{} is no folder: no GPU will be found below it",
                            quote(options.root.native(), 4096));
  }
  setup.survey = device::survey(options);
  setup.discovery = plugin::discover(plugin::plugin_search_paths(
      setup.options.search_paths, paths_origin, plugin::program_directory()));
  setup.selection = plugin::select(setup.discovery, setup.survey, setup.options);
  return setup;
}

}  // namespace forge
