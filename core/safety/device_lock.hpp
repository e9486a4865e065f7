// core/safety/device_lock.hpp: one process at a time on a GPU.
//
// flock(2) on a file in the user's runtime folder, named by the PCI id. The kernel frees the lock
// when its holder dies, however it dies. The file says who holds it, for people: pid, command,
// since when. It stays when the lock is released, because a file that is removed while another
// process waits for it would be two locks.
#ifndef FORGE_CORE_SAFETY_DEVICE_LOCK_HPP_
#define FORGE_CORE_SAFETY_DEVICE_LOCK_HPP_

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "forge/sdk/status.hpp"

namespace forge::safety {

// Who has a lock, as the holder wrote it.
struct LockHolder {
  long pid = 0;
  std::string command;  // "rocmforge run"
  std::string since;    // "2026-11-21 11:20:05"
};

// "process 1234 (rocmforge run, since 2026-11-21 11:20:05)"
std::string describe(const LockHolder& holder);

// What a lock file says; nothing when it says nothing sensible. Any bytes may come.
std::optional<LockHolder> parse_lock_holder(std::string_view text);

struct LockOptions {
  std::filesystem::path directory;       // empty: runtime_directory()
  std::string command;                   // what the file says of this process; empty: its name
  std::chrono::milliseconds timeout{0};  // how long to wait for it; 0: do not wait
  std::function<bool()> stop;            // asked while waiting; true: give up, kCancelled
};

// Holds the lock until it is destroyed. Movable. No child inherits it. A lock that this process
// holds already counts as held by somebody else. Thread-compatible.
class DeviceLock {
 public:
  // `key`: the PCI id. kUnavailable: somebody else holds it; the message says who and what to do.
  // Any other error: locks cannot be had here at all.
  static Result<DeviceLock> acquire(const std::string& key, const LockOptions& options);

  // Who holds the lock of `key` now; nothing when it is free or cannot be told. Takes nothing.
  static std::optional<LockHolder> holder(const std::string& key,
                                          const std::filesystem::path& directory);

  DeviceLock(DeviceLock&& other) noexcept;
  DeviceLock& operator=(DeviceLock&& other) noexcept;
  ~DeviceLock();

 private:
  explicit DeviceLock(int fd) : fd_(fd) {}
  void release();

  int fd_ = -1;
};

}  // namespace forge::safety

#endif  // FORGE_CORE_SAFETY_DEVICE_LOCK_HPP_
