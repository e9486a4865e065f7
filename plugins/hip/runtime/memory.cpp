#include "plugins/hip/runtime/memory.hpp"

#include <string>
#include <utility>

namespace forge::hip {

namespace {

std::string of_size(const char* call, std::uint64_t bytes, std::string_view what) {
  return std::string(call) + " of " + std::to_string((bytes + (1u << 20) - 1) >> 20) + " MiB for " +
         std::string(what);
}

}  // namespace

Result<DeviceBuffer> DeviceBuffer::allocate(const std::shared_ptr<Gpu>& gpu, std::uint64_t bytes,
                                            std::string_view what) {
  DeviceBuffer buffer;
  if (bytes == 0) return buffer;
  FORGE_TRY(gpu->budget().take(counted_bytes(bytes), what));
  void* data = nullptr;
  Status status = gpu->check(gpu->api().hipMalloc(&data, bytes), of_size("hipMalloc", bytes, what));
  if (!status.ok()) {
    gpu->budget().give_back(counted_bytes(bytes));
    return status;
  }
  buffer.gpu_ = gpu;
  buffer.data_ = static_cast<std::uint8_t*>(data);
  buffer.size_ = bytes;
  return buffer;
}

DeviceBuffer::DeviceBuffer(DeviceBuffer&& other) noexcept
    : gpu_(std::move(other.gpu_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

DeviceBuffer& DeviceBuffer::operator=(DeviceBuffer&& other) noexcept {
  if (this == &other) return *this;
  release();
  gpu_ = std::move(other.gpu_);
  data_ = std::exchange(other.data_, nullptr);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

void DeviceBuffer::release() {
  if (data_ == nullptr) return;
  if (gpu_->enter().ok()) gpu_->api().hipFree(data_);
  gpu_->budget().give_back(counted_bytes(size_));
  data_ = nullptr;
}

Result<PinnedBuffer> PinnedBuffer::allocate(const std::shared_ptr<Gpu>& gpu, std::uint64_t bytes) {
  PinnedBuffer buffer;
  if (bytes == 0) return buffer;
  void* data = nullptr;
  FORGE_TRY(gpu->check(gpu->api().hipHostMalloc(&data, bytes, hipHostMallocDefault),
                       of_size("hipHostMalloc", bytes, "copies")));
  buffer.gpu_ = gpu;
  buffer.data_ = static_cast<std::uint8_t*>(data);
  buffer.size_ = bytes;
  return buffer;
}

PinnedBuffer::PinnedBuffer(PinnedBuffer&& other) noexcept
    : gpu_(std::move(other.gpu_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

PinnedBuffer& PinnedBuffer::operator=(PinnedBuffer&& other) noexcept {
  if (this == &other) return *this;
  release();
  gpu_ = std::move(other.gpu_);
  data_ = std::exchange(other.data_, nullptr);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

void PinnedBuffer::release() {
  if (data_ != nullptr && gpu_->enter().ok()) gpu_->api().hipHostFree(data_);
  data_ = nullptr;
}

}  // namespace forge::hip
