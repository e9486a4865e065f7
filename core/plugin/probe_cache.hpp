// core/plugin/probe_cache.hpp: which libraries passed their probe since this machine was started.
//
// An entry only saves a probe. Somebody who can write here could also change the plugins that this
// user loads, so it is no gate against attackers.
#ifndef FORGE_CORE_PLUGIN_PROBE_CACHE_HPP_
#define FORGE_CORE_PLUGIN_PROBE_CACHE_HPP_

#include <filesystem>
#include <string>

#include "core/base/boot_cache.hpp"

namespace forge::plugin {

// Thread-safe: no state but the folder.
class ProbeCache {
 public:
  // `directory` empty, or not creatable: nothing is remembered. `boot_id` empty: likewise. `host`
  // names the program that probes: entries of another one do not count.
  ProbeCache(std::filesystem::path directory, const std::string& boot_id, std::string host);

  bool passed(const std::filesystem::path& library, const std::string& identity) const;
  // `identity`: identify_file(library), taken before the probe. Empty: not remembered.
  void remember(const std::filesystem::path& library, const std::string& identity) const;
  void forget(const std::filesystem::path& library) const;

 private:
  std::string text_of(const std::string& identity) const;

  BootCache cache_;
  std::string host_;
};

}  // namespace forge::plugin

#endif  // FORGE_CORE_PLUGIN_PROBE_CACHE_HPP_
