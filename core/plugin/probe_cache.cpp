#include "core/plugin/probe_cache.hpp"

#include <fmt/core.h>

#include <utility>

namespace forge::plugin {

ProbeCache::ProbeCache(std::filesystem::path directory, const std::string& boot_id,
                       std::string host)
    : cache_(std::move(directory), "probe", boot_id), host_(std::move(host)) {}

std::string ProbeCache::text_of(const std::string& identity) const {
  return fmt::format("host {}\nlibrary {}\n", host_, identity);
}

bool ProbeCache::passed(const std::filesystem::path& library, const std::string& identity) const {
  return !identity.empty() && cache_.get(library.native()) == text_of(identity);
}

void ProbeCache::remember(const std::filesystem::path& library, const std::string& identity) const {
  if (!identity.empty()) cache_.put(library.native(), text_of(identity));
}

void ProbeCache::forget(const std::filesystem::path& library) const {
  cache_.forget(library.native());
}

}  // namespace forge::plugin
