// core/safety/runtime_directory.hpp: the user's folder for files that live as long as a process.
#ifndef FORGE_CORE_SAFETY_RUNTIME_DIRECTORY_HPP_
#define FORGE_CORE_SAFETY_RUNTIME_DIRECTORY_HPP_

#include <filesystem>

#include "forge/sdk/status.hpp"

namespace forge::safety {

// $XDG_RUNTIME_DIR/rocmforge where that variable holds an absolute path of a folder, else
// /tmp/rocmforge-UID.
std::filesystem::path runtime_directory();

// Makes the folder, mode 0700, if it is not there. An error when it is a link or no folder, belongs
// to somebody else, or others may use it: in /tmp anybody can have made it first.
Status prepare_directory(const std::filesystem::path& directory);

}  // namespace forge::safety

#endif  // FORGE_CORE_SAFETY_RUNTIME_DIRECTORY_HPP_
