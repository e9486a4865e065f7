// core/plugin/locations.hpp: where plugins and the probe program are looked for.
#ifndef FORGE_CORE_PLUGIN_LOCATIONS_HPP_
#define FORGE_CORE_PLUGIN_LOCATIONS_HPP_

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace forge::plugin {

// One folder to look in, and who says so ("my.toml:3", "FORGE_PLUGIN_PATH", "program").
struct SearchPath {
  std::filesystem::path directory;
  std::string origin;
};

// Folder of the running program (/proc/self/exe), links resolved; empty when it cannot be told.
std::filesystem::path program_directory();

// In order of precedence: `configured`, which `origin` says; folders relative to the program's:
// ../<libdir>/rocmforge/plugins for the libdir of this build, lib, lib64 and lib/<multiarch>, or
// ../plugins when the program runs from a build tree. The current folder is none of them, and an
// empty entry does not mean it: whoever can write there could have code run. A folder that comes
// twice counts once, at its first place.
std::vector<SearchPath> plugin_search_paths(const std::vector<std::filesystem::path>& configured,
                                            const std::string& origin,
                                            const std::filesystem::path& program_directory);

// The program that tries plugins in a process of its own (host/probe/): installed in
// ../<libexecdir>/rocmforge, in a build tree in ../bin or beside the program. Empty when it is in
// none of these places.
std::filesystem::path find_probe_program(const std::filesystem::path& program_directory);

}  // namespace forge::plugin

#endif  // FORGE_CORE_PLUGIN_LOCATIONS_HPP_
