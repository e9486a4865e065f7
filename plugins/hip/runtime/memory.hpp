// plugins/hip/runtime/memory.hpp: memory of the device, counted, and host memory it can reach.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_MEMORY_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_MEMORY_HPP_

#include <cstdint>
#include <memory>
#include <string_view>

#include "forge/sdk/status.hpp"
#include "plugins/hip/runtime/gpu.hpp"

namespace forge::hip {

// The size as it is counted: drivers give out whole pages.
constexpr std::uint64_t counted_bytes(std::uint64_t bytes) {
  constexpr std::uint64_t kPage = 4096;
  return (bytes + kPage - 1) / kPage * kPage;
}

// Device memory within the budget; contents undefined. Movable; empty where bytes is 0.
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  static Result<DeviceBuffer> allocate(const std::shared_ptr<Gpu>& gpu, std::uint64_t bytes,
                                       std::string_view what);
  ~DeviceBuffer() { release(); }
  DeviceBuffer(DeviceBuffer&& other) noexcept;
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept;

  std::uint8_t* data() const { return data_; }
  std::uint64_t size() const { return size_; }

 private:
  void release();
  std::shared_ptr<Gpu> gpu_;
  std::uint8_t* data_ = nullptr;
  std::uint64_t size_ = 0;
};

// Host memory that the device copies from and to by itself. Movable.
class PinnedBuffer {
 public:
  PinnedBuffer() = default;
  static Result<PinnedBuffer> allocate(const std::shared_ptr<Gpu>& gpu, std::uint64_t bytes);
  ~PinnedBuffer() { release(); }
  PinnedBuffer(PinnedBuffer&& other) noexcept;
  PinnedBuffer& operator=(PinnedBuffer&& other) noexcept;

  std::uint8_t* data() const { return data_; }
  std::uint64_t size() const { return size_; }

 private:
  void release();
  std::shared_ptr<Gpu> gpu_;
  std::uint8_t* data_ = nullptr;
  std::uint64_t size_ = 0;
};

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_MEMORY_HPP_
