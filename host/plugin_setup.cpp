#include "host/plugin_setup.hpp"

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
  setup.survey = device::survey(where);
  setup.discovery = plugin::discover(plugin::plugin_search_paths(
      setup.options.search_paths, paths_origin, plugin::program_directory()));
  setup.selection = plugin::select(setup.discovery, setup.survey, setup.options);
  return setup;
}

}  // namespace forge
