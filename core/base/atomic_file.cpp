#include "core/base/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <system_error>
#include <utility>

#include "core/base/guard.hpp"
#include "core/base/quote.hpp"

namespace forge {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;
constexpr std::size_t kPathBytes = 4096;  // of a path in a message

Code code_of(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
      return Code::kResourceExhausted;
    case ENOENT:
    case ENOTDIR:
      return Code::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return Code::kPermissionDenied;
    case EEXIST:
      return Code::kAlreadyExists;
    case EIO:
      return Code::kDataLoss;
    default:
      return Code::kInvalidArgument;
  }
}

std::string text_of(int error) { return std::generic_category().message(error); }

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// A name nobody else has, beside the target.
std::string temporary_name(const std::string& folder, const std::string& path) {
  static std::atomic<unsigned> counter{0};
  const std::size_t slash = path.rfind('/');
  const std::string_view base =
      std::string_view(path).substr(slash == std::string::npos ? 0 : slash + 1);
  // Short enough that a long name does not become too long.
  return fmt::format("{}/.{}.tmp-{}-{}", folder, base.substr(0, 180), ::getpid(), counter++);
}

std::string descriptor_path(int fd) { return fmt::format("/proc/self/fd/{}", fd); }

Status exists_already(const std::string& path) {
  return already_exists(
      fmt::format("{} is there already; choose another name, or say that it may "
                  "be replaced",
                  quote(path, kPathBytes)));
}

Status check_target(const std::string& path, AtomicFile::Existing existing) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) return {};
  if (existing == AtomicFile::Existing::kRefuse) return exists_already(path);
  if (S_ISREG(info.st_mode) || S_ISLNK(info.st_mode)) return {};
  return invalid_argument(fmt::format("cannot write {}: it is {}, not a regular file",
                                      quote(path, kPathBytes),
                                      S_ISDIR(info.st_mode) ? "a folder" : "a device or a pipe"));
}

}  // namespace

Result<AtomicFile> AtomicFile::create(const std::string& path, Existing existing) {
  return guarded([&]() -> Result<AtomicFile> {
    FORGE_TRY(check_target(path, existing));
    AtomicFile file;
    file.path_ = path;
    file.existing_ = existing;
    file.buffer_.reserve(kBufferBytes);
    const std::string folder = folder_of(path);
    if (!file.open_unnamed(folder).ok()) FORGE_TRY(file.open_named(folder));
    return file;
  });
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      existing_(other.existing_),
      fd_(std::exchange(other.fd_, -1)),
      size_(other.size_),
      reserved_(other.reserved_),
      failed_(other.failed_),
      buffer_(std::move(other.buffer_)) {}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  if (this == &other) return *this;
  discard();
  path_ = std::move(other.path_);
  temporary_ = std::exchange(other.temporary_, {});
  existing_ = other.existing_;
  fd_ = std::exchange(other.fd_, -1);
  size_ = other.size_;
  reserved_ = other.reserved_;
  failed_ = other.failed_;
  buffer_ = std::move(other.buffer_);
  return *this;
}

AtomicFile::~AtomicFile() { discard(); }

// A file without a name, if the file system has such and /proc is there to name it later.
Status AtomicFile::open_unnamed(const std::string& folder) {
  fd_ = ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
  if (fd_ < 0) return failure("create", errno);
  if (::access(descriptor_path(fd_).c_str(), F_OK) == 0) return {};
  discard();
  return unimplemented("no /proc");
}

Status AtomicFile::open_named(const std::string& folder) {
  constexpr int kAttempts = 100;
  for (int i = 0; i < kAttempts; ++i) {
    temporary_ = temporary_name(folder, path_);
    fd_ = ::open(temporary_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    if (fd_ >= 0) return {};
    if (errno != EEXIST) break;
  }
  const int error = errno;
  temporary_.clear();
  return failure("create", error);
}

Status AtomicFile::reserve(std::uint64_t n_bytes) {
  reserved_ = n_bytes;
  // The size stays what is written; only the space is set aside.
  if (n_bytes == 0 || ::fallocate(fd_, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(n_bytes)) == 0)
    return {};
  if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG) return failure("write", errno);
  return {};
}

Status AtomicFile::write(std::span<const std::byte> bytes) {
  if (failed_) return failed_precondition("an earlier write of the file failed");
  return guarded([&]() -> Status {
    while (!bytes.empty()) {
      const std::size_t n = std::min(bytes.size(), kBufferBytes - buffer_.size());
      buffer_.insert(buffer_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
      bytes = bytes.subspan(n);
      size_ += n;
      if (buffer_.size() == kBufferBytes) FORGE_TRY(flush());
    }
    return {};
  });
}

Status AtomicFile::flush() {
  std::span<const std::byte> rest = buffer_;
  while (!rest.empty()) {
    const ssize_t n = ::write(fd_, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failure("write", errno);
    rest = rest.subspan(static_cast<std::size_t>(n));
  }
  buffer_.clear();
  return {};
}

Status AtomicFile::commit() {
  if (failed_ || fd_ < 0) return failed_precondition("the file was not written completely");
  return guarded([&]() -> Status {
    FORGE_TRY(flush());
    if (::fsync(fd_) != 0) return failure("write", errno);
    FORGE_TRY(give_name());
    ::close(std::exchange(fd_, -1));
    // The name itself must reach the disk too; a file system that cannot is no reason to fail.
    const int folder = ::open(folder_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
      ::fsync(folder);
      ::close(folder);
    }
    return {};
  });
}

Status AtomicFile::give_name() {
  if (existing_ == Existing::kRefuse) {
    const int linked = temporary_.empty() ? ::linkat(AT_FDCWD, descriptor_path(fd_).c_str(),
                                                     AT_FDCWD, path_.c_str(), AT_SYMLINK_FOLLOW)
                                          : ::link(temporary_.c_str(), path_.c_str());
    if (linked == 0) {
      if (!temporary_.empty()) ::unlink(temporary_.c_str());
      temporary_.clear();
      return {};
    }
    if (errno == EEXIST) return exists_already(path_);
    if (temporary_.empty()) return failure("name", errno);
    // A file system without hard links: a name taken since create() would be replaced.
    FORGE_TRY(check_target(path_, existing_));
  } else if (temporary_.empty()) {
    std::string name = temporary_name(folder_of(path_), path_);
    if (::linkat(AT_FDCWD, descriptor_path(fd_).c_str(), AT_FDCWD, name.c_str(),
                 AT_SYMLINK_FOLLOW) != 0)
      return failure("name", errno);
    temporary_ = std::move(name);
  }
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) return failure("name", errno);
  temporary_.clear();
  return {};
}

Status AtomicFile::failure(const char* what, int error) {
  failed_ = true;
  const Code code = code_of(error);
  std::string text =
      fmt::format("cannot {} {}: {}", what, quote(path_, kPathBytes), text_of(error));
  if (code == Code::kResourceExhausted && reserved_ != 0)
    text += fmt::format(" ({} bytes are needed)", reserved_);
  return {code, text + "; nothing of it was left on the disk"};
}

void AtomicFile::discard() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  temporary_.clear();
}

}  // namespace forge
