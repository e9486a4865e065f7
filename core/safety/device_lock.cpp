#include "core/safety/device_lock.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <fstream>
#include <system_error>
#include <thread>
#include <utility>

#include "core/base/quote.hpp"
#include "core/safety/runtime_directory.hpp"

namespace forge::safety {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kInterval{50};  // between two tries
constexpr std::size_t kMaxFileBytes = 1024;
constexpr std::size_t kMaxWord = 100;  // of what the file says

std::string own_name() {
  std::ifstream file("/proc/self/comm");
  std::string name;
  return std::getline(file, name) ? name : std::string("unknown");
}

std::string now() {
  const std::time_t time = std::time(nullptr);
  std::tm local = {};
  localtime_r(&time, &local);
  std::array<char, 32> text;
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &local)};
}

// A key is part of a file name: what is no PCI id is made harmless.
std::string file_name(const std::string& key) {
  std::string name = "gpu-" + key + ".lock";
  std::replace_if(name.begin(), name.end(), [](char c) { return c == '/' || c == '\0'; }, '_');
  return name;
}

std::string read_all(int fd) {
  std::string text(kMaxFileBytes, '\0');
  const ssize_t n = pread(fd, text.data(), text.size(), 0);
  text.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
  return text;
}

// What the file says is for people: a disk that is full does not keep us from the lock.
void write_holder(int fd, const std::string& command) {
  const std::string text = fmt::format("pid {}\ncommand {}\nsince {}\n", getpid(),
                                       command.empty() ? own_name() : command, now());
  if (ftruncate(fd, 0) != 0) return;
  static_cast<void>(!pwrite(fd, text.data(), text.size(), 0));
}

Status held(const std::string& key, int fd, milliseconds waited) {
  const std::optional<LockHolder> holder = parse_lock_holder(read_all(fd));
  const std::string who = !holder                   ? "another process"
                          : holder->pid == getpid() ? "this process itself"
                                                    : describe(*holder);
  return unavailable(fmt::format(
      "GPU {} is used by {}{}: wait until it ends, end it, or wait longer with --lock-timeout", key,
      who,
      waited.count() == 0 ? std::string()
                          : fmt::format(", also after {:g} s of waiting",
                                        static_cast<double>(waited.count()) / 1e3)));
}

// Until the lock is ours, the time is over, or the user wants no more.
Status wait_for(int fd, const std::string& key, const LockOptions& options) {
  const Clock::time_point deadline = Clock::now() + options.timeout;
  while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return failed_precondition(
          fmt::format("GPU {} cannot be locked: {}", key, std::generic_category().message(errno)));
    }
    if (options.stop && options.stop()) return cancelled("stopped while waiting for a GPU");
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return held(key, fd, options.timeout);
    std::this_thread::sleep_for(std::min(left, kInterval));
  }
  return {};
}

}  // namespace

std::string describe(const LockHolder& holder) {
  return fmt::format("process {} ({}, since {})", holder.pid, holder.command, holder.since);
}

std::optional<LockHolder> parse_lock_holder(std::string_view text) {
  const auto field = [&text](std::string_view name) -> std::optional<std::string_view> {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos || !text.starts_with(name)) return std::nullopt;
    const std::string_view value = text.substr(name.size(), end - name.size());
    text.remove_prefix(end + 1);
    return value;
  };
  const auto pid = field("pid ");
  const auto command = field("command ");
  const auto since = field("since ");
  if (!pid || !command || !since || !text.empty()) return std::nullopt;
  LockHolder holder;
  const auto [end, error] = std::from_chars(pid->data(), pid->data() + pid->size(), holder.pid);
  if (error != std::errc() || end != pid->data() + pid->size() || holder.pid <= 0) {
    return std::nullopt;
  }
  holder.command = printable(command->substr(0, kMaxWord));
  holder.since = printable(since->substr(0, kMaxWord));
  return holder;
}

Result<DeviceLock> DeviceLock::acquire(const std::string& key, const LockOptions& options) {
  const std::filesystem::path directory =
      options.directory.empty() ? runtime_directory() : options.directory;
  FORGE_TRY(prepare_directory(directory));
  const std::filesystem::path path = directory / file_name(key);
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    return failed_precondition(fmt::format("lock file {} cannot be opened: {}",
                                           quote(path.native(), 4096),
                                           std::generic_category().message(errno)));
  }
  if (Status status = wait_for(fd, key, options); !status.ok()) {
    close(fd);
    return status;
  }
  write_holder(fd, options.command);
  return DeviceLock(fd);
}

std::optional<LockHolder> DeviceLock::holder(const std::string& key,
                                             const std::filesystem::path& directory) {
  const std::filesystem::path path =
      (directory.empty() ? runtime_directory() : directory) / file_name(key);
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return std::nullopt;
  // A shared lock is granted when nobody has the exclusive one; closing gives it back.
  const bool taken = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  std::optional<LockHolder> holder;
  if (taken) holder = parse_lock_holder(read_all(fd)).value_or(LockHolder{0, "unknown", "unknown"});
  close(fd);
  return holder;
}

DeviceLock::DeviceLock(DeviceLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

DeviceLock& DeviceLock::operator=(DeviceLock&& other) noexcept {
  if (this != &other) {
    release();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

DeviceLock::~DeviceLock() { release(); }

void DeviceLock::release() {
  if (fd_ < 0) return;
  static_cast<void>(!ftruncate(fd_, 0));  // the next one is not to be told of us
  close(fd_);
  fd_ = -1;
}

}  // namespace forge::safety
