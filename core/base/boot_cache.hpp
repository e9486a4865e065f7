// core/base/boot_cache.hpp: short texts that count until the machine is started again.
//
// One small file per key, named by a hash of the key, in a folder of the user's. A file names the
// boot it was written in and has a checksum; whatever is not exactly as it was written counts as
// not there. Files appear by rename, so any number of processes may read and write at once. Nothing
// is synced to disk: an entry is worthless after a restart anyway.
#ifndef FORGE_CORE_BASE_BOOT_CACHE_HPP_
#define FORGE_CORE_BASE_BOOT_CACHE_HPP_

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace forge {

// Thread-safe: no state but the folder.
class BootCache {
 public:
  // `kind` is in every file ("probe"). `directory` empty, or not creatable: nothing is kept.
  // `boot_id` empty: likewise.
  BootCache(std::filesystem::path directory, std::string_view kind, std::string_view boot_id);

  // The text kept under `key`, or nothing.
  std::optional<std::string> get(std::string_view key) const;
  // Texts of more than 8 KiB are not kept. An error is a line in the log: nothing is lost but time.
  void put(std::string_view key, std::string_view text) const;
  void forget(std::string_view key) const;

  bool enabled() const { return !directory_.empty(); }

 private:
  std::filesystem::path path_of(std::string_view key) const;
  void remove_old_entries() const;

  std::filesystem::path directory_;
  std::string header_;
};

// $XDG_CACHE_HOME/rocmforge/NAME, else $HOME/.cache/rocmforge/NAME; empty when neither variable
// holds an absolute path.
std::filesystem::path user_cache_directory(std::string_view name);

// The kernel's identity of this boot; empty when it cannot be read.
std::string current_boot_id();

// What identifies a file as it is now: path, device, inode, size, times. Empty when it cannot be
// told. To be taken before the file is looked at, so that one replaced meanwhile does not count.
std::string identify_file(const std::filesystem::path& file);

}  // namespace forge

#endif  // FORGE_CORE_BASE_BOOT_CACHE_HPP_
