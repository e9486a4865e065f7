#include "core/plugin/locations.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace forge::plugin {
namespace {

constexpr std::string_view kProbeName = "rocmforge-probe";

// FORGE_INSTALL_LIBDIR and _LIBEXECDIR: as CMake installs, relative to the prefix.
constexpr std::string_view kLibraryFolders[] = {FORGE_INSTALL_LIBDIR, "lib", "lib64",
                                                "lib/x86_64-linux-gnu"};

bool is_build_tree(const std::filesystem::path& prefix) {
  std::error_code error;
  return std::filesystem::exists(prefix / "CMakeCache.txt", error);
}

class PathList {
 public:
  void add(const std::filesystem::path& directory, const std::string& origin) {
    if (directory.empty()) return;
    std::error_code error;
    std::filesystem::path path = std::filesystem::absolute(directory, error).lexically_normal();
    if (error) return;
    const bool known = std::any_of(paths_.begin(), paths_.end(),
                                   [&](const SearchPath& p) { return p.directory == path; });
    if (!known) paths_.push_back({std::move(path), origin});
  }
  std::vector<SearchPath> take() { return std::move(paths_); }

 private:
  std::vector<SearchPath> paths_;
};

}  // namespace

std::filesystem::path program_directory() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::path() : program.parent_path();
}

std::vector<SearchPath> plugin_search_paths(const std::vector<std::filesystem::path>& configured,
                                            const std::string& origin,
                                            const std::filesystem::path& program_directory) {
  PathList list;
  for (const std::filesystem::path& path : configured) list.add(path, origin);
  if (program_directory.empty()) return list.take();
  const std::filesystem::path prefix = program_directory.parent_path();
  if (is_build_tree(prefix)) {
    list.add(prefix / "plugins", "program");
  } else {
    for (const std::string_view folder : kLibraryFolders) {
      list.add(prefix / folder / "rocmforge" / "plugins", "program");
    }
  }
  return list.take();
}

std::filesystem::path find_probe_program(const std::filesystem::path& program_directory) {
  if (program_directory.empty()) return {};
  const std::filesystem::path prefix = program_directory.parent_path();
  std::vector<std::filesystem::path> places = {program_directory,
                                               prefix / FORGE_INSTALL_LIBEXECDIR / "rocmforge"};
  if (is_build_tree(prefix)) places.push_back(prefix / "bin");
  for (const std::filesystem::path& place : places) {
    std::error_code error;
    std::filesystem::path program = place / kProbeName;
    if (std::filesystem::is_regular_file(program, error)) return program;
  }
  return {};
}

}  // namespace forge::plugin
