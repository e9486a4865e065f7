// host/plugin_setup.hpp: from the configuration to a selection of plugins.
#ifndef FORGE_HOST_PLUGIN_SETUP_HPP_
#define FORGE_HOST_PLUGIN_SETUP_HPP_

#include <string>
#include <vector>

#include "core/config/config.hpp"
#include "core/device/survey.hpp"
#include "core/plugin/discovery.hpp"
#include "core/plugin/options.hpp"
#include "core/plugin/selection.hpp"

namespace forge {

// What every command that needs plugins begins with. To load them:
//   PluginSetup setup = set_up_plugins(program.config());
//   plugin::Loader loader(setup.options, process_codecs());
//   loader.load_chosen(setup.selection);
struct PluginSetup {
  plugin::PluginOptions options;
  device::Survey survey;
  plugin::Discovery discovery;
  plugin::Selection selection;
};

// [plugins] and [device] of the configuration.
plugin::PluginOptions plugin_options(const Config& config);

// Finds the plugins, surveys the devices, selects. Opens no library. `paths_origin` says where
// plugins.search_paths comes from, for listings.
PluginSetup set_up_plugins(const Config& config, const std::string& paths_origin = "configuration",
                           const device::SurveyOptions& where = {});

}  // namespace forge

#endif  // FORGE_HOST_PLUGIN_SETUP_HPP_
