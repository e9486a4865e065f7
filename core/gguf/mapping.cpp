#include "core/gguf/mapping.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

#include "core/base/quote.hpp"
#include "core/gguf/limits.hpp"

namespace forge::gguf {
namespace {

// Closes on leaving the scope. A mapping outlives its descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Code code_of(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return Code::kNotFound;
    case EACCES:
    case EPERM:
      return Code::kPermissionDenied;
    case ENOMEM:
    case EMFILE:
    case ENFILE:
      return Code::kResourceExhausted;
    case EIO:
      return Code::kDataLoss;
    default:
      return Code::kInvalidArgument;
  }
}

Status system_failure(const char* what, const std::string& path, int error) {
  return {code_of(error), fmt::format("cannot {} {}: {}", what, quote(path, kPathBytes),
                                      std::generic_category().message(error))};
}

int madvise_flag(Advice advice) {
  switch (advice) {
    case Advice::kNormal:
      return MADV_NORMAL;
    case Advice::kWillNeed:
      return MADV_WILLNEED;
    case Advice::kSequential:
      return MADV_SEQUENTIAL;
    case Advice::kRandom:
      return MADV_RANDOM;
    case Advice::kDontNeed:
      return MADV_DONTNEED;
  }
  return MADV_NORMAL;
}

}  // namespace

Result<Mapping> Mapping::open(const std::string& path) {
  // O_NONBLOCK: a pipe without a writer must not hang the program.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) return system_failure("open", path, errno);
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) return system_failure("look at", path, errno);
  if (!S_ISREG(info.st_mode)) {
    return invalid_argument(fmt::format("cannot open {}: it is {}, not a regular file",
                                        quote(path, kPathBytes),
                                        S_ISDIR(info.st_mode) ? "a folder" : "a device or a pipe"));
  }
  if (info.st_size == 0) return Mapping();
  const auto size = static_cast<std::size_t>(info.st_size);
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (data == MAP_FAILED) return system_failure("map", path, errno);
  return Mapping(std::span(static_cast<const std::byte*>(data), size));
}

Mapping::~Mapping() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

Status Mapping::advise(std::span<const std::byte> range, Advice advice) const {
  if (range.empty()) return {};
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  auto begin = reinterpret_cast<std::uintptr_t>(range.data());
  auto end = begin + range.size();
  const auto first = reinterpret_cast<std::uintptr_t>(bytes_.data());
  if (begin < first || end > first + bytes_.size())
    return internal_error("a range to advise about is not of this mapping");
  if (advice == Advice::kDontNeed) {  // inwards; the last page of the file is never shared
    begin = (begin + page - 1) / page * page;
    if (end != first + bytes_.size()) end = end / page * page;
  } else {
    begin = begin / page * page;
  }
  if (begin >= end) return {};
  auto* address =
      const_cast<std::byte*>(range.data()) +
      (static_cast<std::ptrdiff_t>(begin) - reinterpret_cast<std::ptrdiff_t>(range.data()));
  if (::madvise(address, end - begin, madvise_flag(advice)) != 0) {
    const int error = errno;
    return {code_of(error), "madvise: " + std::generic_category().message(error)};
  }
  return {};
}

}  // namespace forge::gguf
