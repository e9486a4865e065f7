// core/plugin/discovery.hpp: which plugins there are, by their manifests. No library is opened.
#ifndef FORGE_CORE_PLUGIN_DISCOVERY_HPP_
#define FORGE_CORE_PLUGIN_DISCOVERY_HPP_

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/plugin/locations.hpp"
#include "core/plugin/manifest.hpp"
#include "forge/sdk/status.hpp"

namespace forge::plugin {

// A manifest file, sound or not.
struct FoundManifest {
  std::filesystem::path path;
  std::string id;      // by the file's name
  std::string origin;  // of the search path
  std::optional<Manifest> manifest;
  Status problem;                     // why there is no manifest; ok when there is one
  std::filesystem::path shadowed_by;  // the manifest of the same id that came first, or empty
};

struct Discovery {
  std::vector<SearchPath> searched;  // that exist, in order
  std::vector<FoundManifest> found;  // in order of search path, folder, file name
  std::vector<std::string> notes;    // folders that could not be read
};

// Looks for <id>.plugin.toml in each folder and in the folders directly below it, in that order,
// each by name. Of several sound manifests with one id the first counts and the others are marked
// as shadowed. Folders that do not exist are passed over. Never throws. [any-thread]
Discovery discover(const std::vector<SearchPath>& paths);

}  // namespace forge::plugin

#endif  // FORGE_CORE_PLUGIN_DISCOVERY_HPP_
