// core/plugin/probe_cache.hpp: which libraries passed their probe since this machine was started.
//
// One small file per library, named by a hash of its path, in a folder of the user's. An entry
// holds everything that must be the same for it to count, and a checksum; whatever is not exactly
// as it was written counts as not there. Files appear by rename, so any number of processes may
// read and write at once. Nothing is synced to disk: an entry is worthless after a restart anyway.
//
// An entry only saves a probe. Somebody who can write here could also change the plugins that this
// user loads, so it is no gate against attackers.
#ifndef FORGE_CORE_PLUGIN_PROBE_CACHE_HPP_
#define FORGE_CORE_PLUGIN_PROBE_CACHE_HPP_

#include <filesystem>
#include <string>

namespace forge::plugin {

// Thread-safe: no state but the folder.
class ProbeCache {
 public:
  // `directory` empty, or not creatable: nothing is remembered. `boot_id` empty: likewise. `host`
  // names the program that probes: entries of another one do not count.
  ProbeCache(std::filesystem::path directory, std::string boot_id, std::string host);

  // What identifies the library's file as it is now: path, device, inode, size, times. Empty when
  // it cannot be told. To be taken before the probe, so that a file replaced meanwhile does not
  // pass.
  static std::string identify(const std::filesystem::path& library);

  bool passed(const std::filesystem::path& library, const std::string& identity) const;
  void remember(const std::filesystem::path& library, const std::string& identity) const;
  void forget(const std::filesystem::path& library) const;

 private:
  std::filesystem::path entry_path(const std::filesystem::path& library) const;
  std::string entry_text(const std::string& identity) const;
  void remove_old_entries() const;

  std::filesystem::path directory_;
  std::string boot_id_;
  std::string host_;
};

// $XDG_CACHE_HOME/rocmforge/probe, else $HOME/.cache/rocmforge/probe; empty when neither variable
// holds an absolute path.
std::filesystem::path default_cache_directory();

// The kernel's identity of this boot; empty when it cannot be read.
std::string current_boot_id();

}  // namespace forge::plugin

#endif  // FORGE_CORE_PLUGIN_PROBE_CACHE_HPP_
