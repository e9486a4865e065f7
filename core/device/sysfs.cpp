#include "core/device/sysfs.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "core/base/quote.hpp"

namespace forge::device {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{64} * 1024;

Status file_error(std::string_view path, int error) {
  const std::string reason = std::generic_category().message(error);
  std::string text = fmt::format("cannot read {}: {}", path, reason);
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return not_found(std::move(text));
    case EACCES:
    case EPERM:
      return permission_denied(std::move(text));
    default:
      return unavailable(std::move(text));
  }
}

class File {
 public:
  // O_NONBLOCK: a recording may hold a FIFO, which must not stop us.
  explicit File(const char* path) : fd_(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

bool all_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "2" before "10" before "a".
bool natural_less(const std::string& a, const std::string& b) {
  const bool numbers = all_digits(a) && all_digits(b);
  if (numbers && a.size() != b.size()) return a.size() < b.size();
  return a < b;
}

}  // namespace

int may_open(const std::filesystem::path& path) {
  return faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK, AT_EACCESS) == 0 ? 0 : errno;
}

Result<std::string> KernelFiles::read(std::string_view path) const {
  const File file(real(path).c_str());
  if (file.fd() < 0) return file_error(path, errno);
  std::string text;
  std::array<char, 4096> buffer;
  while (text.size() < kMaxBytes) {
    const ssize_t n = ::read(file.fd(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_error(path, errno);
    if (n == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

Result<std::uint64_t> KernelFiles::read_number(std::string_view path) const {
  FORGE_ASSIGN(const std::string text, read(path));
  Result<std::uint64_t> number = parse_number(text);
  if (!number.ok()) return std::move(number).status().with_prefix(fmt::format("{}: ", path));
  return number;
}

Result<std::vector<std::string>> KernelFiles::list(std::string_view path) const {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entries(real(path), error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    names.push_back(entries->path().filename().string());
  }
  if (error) return file_error(path, error.value());
  std::sort(names.begin(), names.end(), natural_less);
  return names;
}

bool KernelFiles::exists(std::string_view path) const {
  std::error_code error;
  return std::filesystem::exists(real(path), error);
}

std::string KernelFiles::resolve(std::string_view path) const {
  std::error_code error;
  const std::filesystem::path root = std::filesystem::canonical(root_, error);
  if (error) return {};
  const std::filesystem::path end = std::filesystem::canonical(real(path), error);
  if (error) return {};
  const std::filesystem::path below = end.lexically_relative(root);
  if (below.empty() || *below.begin() == "..") return {};  // a link that leaves the recording
  return std::string(1, '/').append(below.generic_string());
}

std::filesystem::path KernelFiles::real(std::string_view path) const {
  return root_ / std::filesystem::path(path).relative_path();
}

Result<std::uint64_t> parse_number(std::string_view text) {
  std::string_view digits = text;
  while (!digits.empty() && (digits.front() == ' ' || digits.front() == '\t'))
    digits.remove_prefix(1);
  while (!digits.empty() && (digits.back() == ' ' || digits.back() == '\n'))
    digits.remove_suffix(1);
  int base = 10;
  if (digits.starts_with("0x")) {
    digits.remove_prefix(2);
    base = 16;
  }
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return data_loss(fmt::format("{} is not a whole number", quote(text)));
  }
  return value;
}

}  // namespace forge::device
