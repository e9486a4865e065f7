// core/plugin/library.hpp: opening a plugin's library, once and for good.
#ifndef FORGE_CORE_PLUGIN_LIBRARY_HPP_
#define FORGE_CORE_PLUGIN_LIBRARY_HPP_

#include <filesystem>

#include "forge/abi/plugin.h"
#include "forge/sdk/status.hpp"

namespace forge::plugin {

// Opens the library (all symbols resolved now, none visible to others) and finds its entry. This
// runs the library's static initialisers: whoever calls has checked the manifest and tried the
// library in another process. The library stays mapped until the process ends, also after an
// error here or later. Never throws. [load-thread]
Result<const forge_plugin_entry_v1*> open_library(const std::filesystem::path& path);

}  // namespace forge::plugin

#endif  // FORGE_CORE_PLUGIN_LIBRARY_HPP_
