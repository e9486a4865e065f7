#include "core/base/boot_cache.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <system_error>
#include <utility>

#include "core/base/log.hpp"
#include "core/base/quote.hpp"

namespace forge {
namespace {

constexpr std::size_t kMaxEntryBytes = 8192;
constexpr std::size_t kCheckBytes = 23;  // "check " + 16 digits + newline

// FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/): tells damage, not forgery.
std::uint64_t hash(std::string_view text) {
  std::uint64_t value = 0xcbf29ce484222325u;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return value;
}

std::string check_line(std::string_view text) { return fmt::format("check {:016x}\n", hash(text)); }

// Up to kMaxEntryBytes + 1 bytes; empty on any error. Neither links nor FIFOs are followed.
std::string read_entry(const std::filesystem::path& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return {};
  std::string text(kMaxEntryBytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t n = read(fd, text.data() + size, text.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    size += static_cast<std::size_t>(n);
  }
  close(fd);
  text.resize(size);
  return text;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// Writes a file of its own and renames it, so that readers see the old or the new, whole.
bool replace_file(const std::filesystem::path& path, std::string_view text) {
  std::string temporary = path.string() + ".XXXXXX";
  const int fd = mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = write_all(fd, text);
  const bool closed = close(fd) == 0;
  if (written && closed && rename(temporary.c_str(), path.c_str()) == 0) return true;
  unlink(temporary.c_str());
  return false;
}

}  // namespace

BootCache::BootCache(std::filesystem::path directory, std::string_view kind,
                     std::string_view boot_id)
    : directory_(std::move(directory)),
      header_(fmt::format("rocmforge {} 1\nboot {}\n", kind, boot_id)) {
  if (boot_id.empty()) directory_.clear();
}

std::filesystem::path BootCache::path_of(std::string_view key) const {
  return directory_ / fmt::format("{:016x}", hash(key));
}

std::optional<std::string> BootCache::get(std::string_view key) const {
  if (directory_.empty()) return std::nullopt;
  std::string text = read_entry(path_of(key));
  if (text.size() > kMaxEntryBytes || text.size() < header_.size() + kCheckBytes ||
      !text.starts_with(header_)) {
    return std::nullopt;
  }
  const std::string_view all = text;
  const std::string_view body = all.substr(0, all.size() - kCheckBytes);
  if (all.substr(body.size()) != check_line(body)) return std::nullopt;
  return std::string(body.substr(header_.size()));
}

void BootCache::put(std::string_view key, std::string_view text) const {
  if (directory_.empty()) return;
  const std::string body = header_ + std::string(text);
  if (body.size() + kCheckBytes > kMaxEntryBytes) return;
  std::error_code error;
  if (std::filesystem::create_directories(directory_, error)) {
    std::filesystem::permissions(directory_, std::filesystem::perms::owner_all, error);
  }
  remove_old_entries();
  if (!replace_file(path_of(key), body + check_line(body))) {
    log::get("plugin").debug("passed checks cannot be remembered in {}: {}",
                             quote(directory_.native(), 4096),
                             std::generic_category().message(errno));
  }
}

void BootCache::forget(std::string_view key) const {
  if (!directory_.empty()) unlink(path_of(key).c_str());
}

// Entries of earlier boots, and files that writers left behind when they were killed. Runs only
// when something is written.
void BootCache::remove_old_entries() const {
  std::error_code error;
  std::filesystem::directory_iterator at(directory_, error);
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    const std::string name = at->path().filename().string();
    // Ours are 16 digits, or 16 digits and a suffix while they are written; nothing else is
    // touched.
    if (name.size() < 16 || name.find_first_not_of("0123456789abcdef") < 16) continue;
    if (name.size() == 16 && read_entry(at->path()).starts_with(header_)) continue;
    struct stat info = {};
    const bool fresh = lstat(at->path().c_str(), &info) != 0 || time(nullptr) - info.st_mtime < 60;
    if (name.size() > 16 && fresh) continue;  // somebody is writing it
    unlink(at->path().c_str());
  }
}

std::filesystem::path user_cache_directory(std::string_view name) {
  const char* const cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && cache[0] == '/') {
    return std::filesystem::path(cache) / "rocmforge" / name;
  }
  const char* const home = std::getenv("HOME");
  if (home == nullptr || home[0] != '/') return {};
  return std::filesystem::path(home) / ".cache" / "rocmforge" / name;
}

std::string current_boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  return std::getline(file, id) ? printable(id) : std::string();
}

std::string identify_file(const std::filesystem::path& file) {
  struct stat info = {};
  if (stat(file.c_str(), &info) != 0) return {};
  // ctime changes with every write and cannot be set back, unlike mtime.
  return fmt::format("{} device {} inode {} size {} mtime {}.{:09} ctime {}.{:09}",
                     printable(file.native()), info.st_dev, info.st_ino, info.st_size,
                     info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_ctim.tv_sec,
                     info.st_ctim.tv_nsec);
}

}  // namespace forge
