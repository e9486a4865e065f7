// plugins/hip/runtime/settings.hpp: what the environment sets.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_SETTINGS_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_SETTINGS_HPP_

#include <chrono>

namespace forge::hip {

struct Settings {
  // FORGE_HIP_GRAPHS=0: every kernel is launched by itself.
  bool graphs = true;
  // FORGE_HIP_TIMEOUT_S: how long the device may take for one step before it counts as lost.
  std::chrono::duration<double> timeout = std::chrono::seconds(30);

  static Settings from_environment();
};

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_SETTINGS_HPP_
