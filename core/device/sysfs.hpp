// core/device/sysfs.hpp: small text files of the kernel, below a root that tests can replace.
#ifndef FORGE_CORE_DEVICE_SYSFS_HPP_
#define FORGE_CORE_DEVICE_SYSFS_HPP_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "forge/sdk/status.hpp"

namespace forge::device {

// Whether this process may open a device node for reading and writing: 0, or the errno that opening
// would give. The default asks faccessat(2) and opens nothing: opening a render node wakes a
// sleeping card.
using AccessCheck = std::function<int(const std::filesystem::path&)>;
int may_open(const std::filesystem::path& path);

// Reads files below a root: "/" on a live machine, the folder of a recording in tests. All paths
// given are absolute ("/sys/class/kfd") and mean that path below the root. Symbolic links are
// followed by the operating system, so a recording's links must be relative, as sysfs's are.
// Thread-safe; every call reads anew.
class KernelFiles {
 public:
  explicit KernelFiles(std::filesystem::path root = "/") : root_(std::move(root)) {}

  // The file's text without the trailing newline, at most 64 KiB. kNotFound, kPermissionDenied
  // (also for EPERM, which the kernel gives for devices a container may not use), or kUnavailable;
  // the message names the path below the root and the reason.
  Result<std::string> read(std::string_view path) const;

  // A file that holds one number, decimal or 0x-hexadecimal. Something else: kDataLoss.
  Result<std::uint64_t> read_number(std::string_view path) const;

  // Names in a directory, sorted ("2" before "10"). Errors as read().
  Result<std::vector<std::string>> list(std::string_view path) const;

  bool exists(std::string_view path) const;

  // Where a symbolic link chain ends, as a path below the root: "/sys/devices/pci0000:00/...".
  // Empty when it does not exist.
  std::string resolve(std::string_view path) const;

  // The path on this machine.
  std::filesystem::path real(std::string_view path) const;

 private:
  std::filesystem::path root_;
};

// A whole number in the kernel's spelling; surrounding blanks are allowed, nothing else is.
Result<std::uint64_t> parse_number(std::string_view text);

}  // namespace forge::device

#endif  // FORGE_CORE_DEVICE_SYSFS_HPP_
