// host/codec_plugins.hpp: the codecs of plugins, for commands that work on files and run no model.
#ifndef FORGE_HOST_CODEC_PLUGINS_HPP_
#define FORGE_HOST_CODEC_PLUGINS_HPP_

#include "core/codec/registry.hpp"
#include "core/config/config.hpp"
#include "core/plugin/loader.hpp"
#include "host/plugin_setup.hpp"

namespace forge {

// Loads the plugins that bring codecs, and no others, for as long as it lives. A plugin that fails
// is logged and left out. Main thread.
class CodecPlugins {
 public:
  explicit CodecPlugins(const Config& config);

  // All codecs of the process: the standard ones and those of the plugins.
  const CodecView& view() const { return codecs_.view(); }

 private:
  CodecRegistry& codecs_;
  PluginSetup setup_;
  plugin::Loader loader_;
};

}  // namespace forge

#endif  // FORGE_HOST_CODEC_PLUGINS_HPP_
