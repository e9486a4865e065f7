// core/config/paths.hpp: what a path in a configuration means.
#ifndef FORGE_CORE_CONFIG_PATHS_HPP_
#define FORGE_CORE_CONFIG_PATHS_HPP_

#include <string>

#include "core/config/load.hpp"

namespace forge::config {

// Makes the paths in the value of a key with is_path absolute or relative to the working folder:
// "~/x" is taken from $HOME, any other relative path from `folder` (empty: left as it is).
void resolve_paths(const Key& key, const std::string& folder, const Environment& environment,
                   Value& value);

}  // namespace forge::config

#endif  // FORGE_CORE_CONFIG_PATHS_HPP_
