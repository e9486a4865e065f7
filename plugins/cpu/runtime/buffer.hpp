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
// that writes first decides on which NUMA node it lies), in huge pages where the kernel has them.
// Movable.
class Buffer {
 public:
  Buffer() = default;
  ~Buffer() { release(); }
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    if (this != &other) {
      release();
      data_ = std::exchange(other.data_, nullptr);
      size_ = std::exchange(other.size_, 0);
    }
    return *this;
  }

  static Result<Buffer> allocate(std::size_t size) {
    Buffer buffer;
    if (size == 0) return buffer;
    void* p = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
      return resource_exhausted("cannot allocate " + std::to_string(size >> 20) +
                                " MiB of memory; close other programs, or use a smaller model or "
                                "context");
    constexpr std::size_t kHugePage = std::size_t{2} << 20;
    if (size >= 2 * kHugePage) madvise(p, size, MADV_HUGEPAGE);  // a wish
    buffer.data_ = static_cast<std::uint8_t*>(p);
    buffer.size_ = size;
    return buffer;
  }

  std::uint8_t* data() const { return data_; }
  float* floats() const { return reinterpret_cast<float*>(data_); }
  std::size_t size() const { return size_; }

 private:
  void release() {
    if (data_ != nullptr) munmap(data_, size_);
    data_ = nullptr;
  }

  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_RUNTIME_BUFFER_HPP_
