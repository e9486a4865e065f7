#include "core/plugin/discovery.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <exception>
#include <map>
#include <system_error>
#include <utility>

#include "core/base/log.hpp"
#include "core/base/quote.hpp"

namespace forge::plugin {
namespace {

// A search path with more entries is somebody's home folder, not a plugin folder.
constexpr std::size_t kMaxEntries = 1000;

class Finder {
 public:
  explicit Finder(Discovery& out) : out_(out) {}

  void search(const SearchPath& path) {
    std::error_code error;
    if (!std::filesystem::is_directory(path.directory, error)) return;
    out_.searched.push_back(path);
    const std::vector<std::filesystem::path> entries = list(path.directory);
    add_manifests(entries, path.origin);
    for (const std::filesystem::path& entry : entries) {
      if (std::filesystem::is_directory(entry, error)) add_manifests(list(entry), path.origin);
    }
  }

 private:
  // Sorted by name; a folder that cannot be read, or is too full, becomes a note.
  std::vector<std::filesystem::path> list(const std::filesystem::path& directory) {
    std::vector<std::filesystem::path> entries;
    std::error_code error;
    std::filesystem::directory_iterator at(directory, error);
    for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
      if (entries.size() == kMaxEntries) {
        note(directory,
             fmt::format("has more than {} entries; the rest is not looked at", kMaxEntries));
        break;
      }
      entries.push_back(at->path());
    }
    if (error) note(directory, "cannot be read: " + error.message());
    std::sort(entries.begin(), entries.end());
    return entries;
  }

  void note(const std::filesystem::path& directory, const std::string& what) {
    out_.notes.push_back(fmt::format("folder {} {}", quote(directory.native(), 4096), what));
  }

  void add_manifests(const std::vector<std::filesystem::path>& entries, const std::string& origin) {
    for (const std::filesystem::path& entry : entries) {
      const std::string name = entry.filename().string();
      if (!name.ends_with(kManifestSuffix) || name.size() == kManifestSuffix.size()) continue;
      FoundManifest found;
      found.path = entry;
      found.id = name.substr(0, name.size() - kManifestSuffix.size());
      found.origin = origin;
      Result<Manifest> manifest = read_manifest(entry);
      if (manifest.ok()) {
        const auto [first, is_first] = first_.try_emplace(found.id, entry);
        if (!is_first) found.shadowed_by = first->second;
        found.manifest = std::move(manifest).value();
      } else {
        found.problem = std::move(manifest).status();
      }
      out_.found.push_back(std::move(found));
    }
  }

  Discovery& out_;
  std::map<std::string, std::filesystem::path> first_;  // sound manifests by id
};

}  // namespace

Discovery discover(const std::vector<SearchPath>& paths) {
  Discovery out;
  try {
    Finder finder(out);
    for (const SearchPath& path : paths) finder.search(path);
    log::get("plugin").debug("{} manifests in {} folders", out.found.size(), out.searched.size());
  } catch (const std::exception& error) {  // out of memory, a path that cannot be converted
    log::get("plugin").error("looking for plugins stopped early: {}", error.what());
  }
  return out;
}

}  // namespace forge::plugin
