// tests/support/device_tree.hpp: recordings of machines (tests/data/sysfs/*.tree) as folders.
#ifndef FORGE_TESTS_SUPPORT_DEVICE_TREE_HPP_
#define FORGE_TESTS_SUPPORT_DEVICE_TREE_HPP_

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "tests/support/scratch.hpp"

namespace forge::test {

// Expands a recording by tools/device-tree.sh; the folder goes away with the object.
class DeviceTree {
 public:
  explicit DeviceTree(const std::string& name) {
    const std::string data = FORGE_TEST_DATA;
    const std::string command = "sh '" + data + "/../../tools/device-tree.sh' expand '" + data +
                                "/sysfs/" + name + ".tree' '" + root().string() + "'";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("cannot expand " + name);
  }

  std::filesystem::path root() const { return scratch_ / "root"; }

 private:
  Scratch scratch_;
};

// Access as a user who neither owns the device nodes nor is in their group: root, who runs the
// tests in containers, may open everything.
inline int access_as_stranger(const std::filesystem::path& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) != 0) return errno;
  return (info.st_mode & 06u) == 06u ? 0 : EACCES;
}

}  // namespace forge::test

#endif  // FORGE_TESTS_SUPPORT_DEVICE_TREE_HPP_
