// core/gguf/mapping.hpp: a file's bytes in memory, read-only.
#ifndef FORGE_CORE_GGUF_MAPPING_HPP_
#define FORGE_CORE_GGUF_MAPPING_HPP_

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "forge/sdk/status.hpp"

namespace forge::gguf {

// What the kernel is told about a range of a mapping.
enum class Advice {
  kNormal,      // the default again
  kWillNeed,    // start reading it now, in the background
  kSequential,  // will be read once, front to back: read ahead much, keep little
  kRandom,      // will be read here and there: no read-ahead
  kDontNeed,    // not needed any more: give its memory back. Reading it again reads the disk again
};

// Owns the mapping of one regular file. Movable; the bytes do not move. The file must not be
// truncated while it is mapped: reading past its new end raises SIGBUS.
// Thread-safe but for moving and destroying.
class Mapping {
 public:
  // Maps the whole file; an empty file gives empty bytes. Errors name the path and say what the
  // system said.
  static Result<Mapping> open(const std::string& path);

  Mapping() = default;
  Mapping(Mapping&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Mapping();

  std::span<const std::byte> bytes() const { return bytes_; }

  // Passes advice on `range`, which must lie in bytes(), to the kernel. Whole pages only: kDontNeed
  // leaves the pages that the range shares with its neighbours.
  Status advise(std::span<const std::byte> range, Advice advice) const;

 private:
  explicit Mapping(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::span<const std::byte> bytes_;
};

}  // namespace forge::gguf

#endif  // FORGE_CORE_GGUF_MAPPING_HPP_
