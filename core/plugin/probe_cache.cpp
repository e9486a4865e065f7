#include "core/plugin/probe_cache.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/base/log.hpp"
#include "core/base/quote.hpp"
#include "core/device/sysfs.hpp"

namespace forge::plugin {
namespace {

constexpr std::string_view kHeader = "rocmforge probe 1";
constexpr std::size_t kMaxEntryBytes = 8192;

// FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/): tells damage, not forgery.
std::uint64_t hash(std::string_view text) {
  std::uint64_t value = 0xcbf29ce484222325u;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return value;
}

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

ProbeCache::ProbeCache(std::filesystem::path directory, std::string boot_id, std::string host)
    : directory_(std::move(directory)), boot_id_(std::move(boot_id)), host_(std::move(host)) {
  if (boot_id_.empty()) directory_.clear();
}

std::string ProbeCache::identify(const std::filesystem::path& library) {
  struct stat info = {};
  if (stat(library.c_str(), &info) != 0) return {};
  // ctime changes with every write and cannot be set back, unlike mtime.
  return fmt::format("{} device {} inode {} size {} mtime {}.{:09} ctime {}.{:09}",
                     printable(library.native()), info.st_dev, info.st_ino, info.st_size,
                     info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_ctim.tv_sec,
                     info.st_ctim.tv_nsec);
}

std::filesystem::path ProbeCache::entry_path(const std::filesystem::path& library) const {
  return directory_ / fmt::format("{:016x}", hash(library.native()));
}

std::string ProbeCache::entry_text(const std::string& identity) const {
  const std::string text =
      fmt::format("{}\nboot {}\nhost {}\nlibrary {}\n", kHeader, boot_id_, host_, identity);
  return fmt::format("{}check {:016x}\n", text, hash(text));
}

bool ProbeCache::passed(const std::filesystem::path& library, const std::string& identity) const {
  if (directory_.empty() || identity.empty()) return false;
  return read_entry(entry_path(library)) == entry_text(identity);
}

void ProbeCache::remember(const std::filesystem::path& library, const std::string& identity) const {
  if (directory_.empty() || identity.empty()) return;
  const std::string text = entry_text(identity);
  if (text.size() > kMaxEntryBytes) return;
  std::error_code error;
  if (std::filesystem::create_directories(directory_, error)) {
    std::filesystem::permissions(directory_, std::filesystem::perms::owner_all, error);
  }
  remove_old_entries();
  if (!replace_file(entry_path(library), text)) {
    log::get("plugin").debug("passed probes cannot be remembered in {}: {}",
                             quote(directory_.native(), 4096),
                             std::generic_category().message(errno));
  }
}

void ProbeCache::forget(const std::filesystem::path& library) const {
  if (!directory_.empty()) unlink(entry_path(library).c_str());
}

// Entries of earlier boots, and files that writers left behind when they were killed. Runs only
// when something was probed.
void ProbeCache::remove_old_entries() const {
  const std::string current = fmt::format("{}\nboot {}\n", kHeader, boot_id_);
  std::error_code error;
  std::filesystem::directory_iterator at(directory_, error);
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    const std::string name = at->path().filename().string();
    // Ours are 16 digits, or 16 digits and a suffix while they are written; nothing else is
    // touched.
    if (name.size() < 16 || name.find_first_not_of("0123456789abcdef") < 16) continue;
    if (name.size() == 16 && read_entry(at->path()).starts_with(current)) continue;
    struct stat info = {};
    const bool fresh = lstat(at->path().c_str(), &info) != 0 || time(nullptr) - info.st_mtime < 60;
    if (name.size() > 16 && fresh) continue;  // somebody is writing it
    unlink(at->path().c_str());
  }
}

std::filesystem::path default_cache_directory() {
  const char* const cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && cache[0] == '/') {
    return std::filesystem::path(cache) / "rocmforge" / "probe";
  }
  const char* const home = std::getenv("HOME");
  if (home == nullptr || home[0] != '/') return {};
  return std::filesystem::path(home) / ".cache" / "rocmforge" / "probe";
}

std::string current_boot_id() {
  const Result<std::string> id = device::KernelFiles().read("/proc/sys/kernel/random/boot_id");
  return id.ok() ? printable(*id) : std::string();
}

}  // namespace forge::plugin
