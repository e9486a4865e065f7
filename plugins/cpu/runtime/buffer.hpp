// plugins/cpu/runtime/buffer.hpp: large memory straight from the kernel.
#ifndef FORGE_PLUGINS_CPU_RUNTIME_BUFFER_HPP_
#define FORGE_PLUGINS_CPU_RUNTIME_BUFFER_HPP_

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "forge/sdk/status.hpp"

namespace forge::cpu {

// Zeroed, page-aligned memory that takes space only where it has been written (so that the thread
// that writes first decides on which NUMA node it lies), where it is large in huge pages if the
// kernel has them, and then begins with one. Movable.
class Buffer {
 public:
  static constexpr std::size_t kHugePage = std::size_t{2} << 20;

  Buffer() = default;
  ~Buffer() { release(); }
  Buffer(Buffer&& other) noexcept
      : mapped_(std::exchange(other.mapped_, nullptr)),
        mapped_size_(std::exchange(other.mapped_size_, 0)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    if (this != &other) {
      release();
      mapped_ = std::exchange(other.mapped_, nullptr);
      mapped_size_ = std::exchange(other.mapped_size_, 0);
      data_ = std::exchange(other.data_, nullptr);
      size_ = std::exchange(other.size_, 0);
    }
    return *this;
  }

  static Result<Buffer> allocate(std::size_t size) {
    Buffer buffer;
    if (size == 0) return buffer;
    const std::size_t spare = size >= 2 * kHugePage ? kHugePage : 0;
    void* p =
        mmap(nullptr, size + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
      return resource_exhausted("cannot allocate " + std::to_string(size >> 20) +
                                " MiB of memory; close other programs, or use a smaller model or "
                                "context");
    buffer.mapped_ = p;
    buffer.mapped_size_ = size + spare;
    const auto begin = reinterpret_cast<std::uintptr_t>(p);
    const std::size_t skip = spare == 0 ? 0 : (kHugePage - begin % kHugePage) % kHugePage;
    buffer.data_ = static_cast<std::uint8_t*>(p) + skip;
    buffer.size_ = size;
    if (spare != 0) madvise(buffer.data_, size, MADV_HUGEPAGE);  // a wish
    return buffer;
  }

  std::uint8_t* data() const { return data_; }
  float* floats() const { return reinterpret_cast<float*>(data_); }
  std::size_t size() const { return size_; }

 private:
  void release() {
    if (mapped_ != nullptr) munmap(mapped_, mapped_size_);
    mapped_ = nullptr;
  }

  void* mapped_ = nullptr;
  std::size_t mapped_size_ = 0;
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_RUNTIME_BUFFER_HPP_
