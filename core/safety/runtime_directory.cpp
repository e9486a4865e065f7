#include "core/safety/runtime_directory.hpp"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

#include "core/base/quote.hpp"

namespace forge::safety {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

}  // namespace

std::filesystem::path runtime_directory() {
  const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
  std::error_code error;
  if (runtime != nullptr && runtime[0] == '/' && std::filesystem::is_directory(runtime, error)) {
    return std::filesystem::path(runtime) / "rocmforge";
  }
  return fmt::format("/tmp/rocmforge-{}", getuid());
}

Status prepare_directory(const std::filesystem::path& directory) {
  const std::string name = quote(directory.native(), 4096);
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return unavailable(fmt::format(
        "folder {} cannot be made ({}): set XDG_RUNTIME_DIR to a folder of your own that you may "
        "write to",
        name, reason(errno)));
  }
  struct stat info = {};
  if (lstat(directory.c_str(), &info) != 0) {
    return unavailable(fmt::format("folder {} cannot be looked at: {}", name, reason(errno)));
  }
  if (!S_ISDIR(info.st_mode)) {
    return failed_precondition(
        fmt::format("{} is a link or a file, not a folder: remove it", name));
  }
  if (info.st_uid != getuid() || (info.st_mode & 077u) != 0) {
    return permission_denied(fmt::format(
        "folder {} belongs to user {} with mode {:03o}; it must be yours, with mode 700: have it "
        "removed, or set XDG_RUNTIME_DIR to a folder of your own",
        name, info.st_uid, info.st_mode & 0777u));
  }
  return {};
}

}  // namespace forge::safety
