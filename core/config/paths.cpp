#include "core/config/paths.hpp"

#include <filesystem>

namespace forge::config {
namespace {

std::string resolve(const std::string& path, const std::string& folder,
                    const Environment& environment) {
  if (path.starts_with("~/")) {
    const auto home = environment("HOME");
    return home ? *home + path.substr(1) : path;
  }
  if (path.empty() || path.starts_with('/') || folder.empty()) return path;
  return (std::filesystem::path(folder) / path).lexically_normal().string();
}

}  // namespace

void resolve_paths(const Key& key, const std::string& folder, const Environment& environment,
                   Value& value) {
  if (!key.is_path) return;
  if (auto* path = std::get_if<std::string>(&value)) *path = resolve(*path, folder, environment);
  if (auto* paths = std::get_if<Strings>(&value)) {
    for (std::string& path : *paths) path = resolve(path, folder, environment);
  }
}

}  // namespace forge::config
