#include "plugins/hip/runtime/step_buffer.hpp"

namespace forge::hip {

Result<StepBuffer> StepBuffer::create(std::shared_ptr<Gpu> gpu, std::uint64_t bytes) {
  StepBuffer buffer;
  FORGE_ASSIGN(buffer.host_, PinnedBuffer::allocate(gpu, bytes));
  FORGE_ASSIGN(buffer.device_, DeviceBuffer::allocate(gpu, bytes, "the step's inputs"));
  buffer.gpu_ = std::move(gpu);
  return buffer;
}

Status StepBuffer::begin(std::uint64_t bytes) {
  used_ = 0;
  if (bytes <= host_.size()) return {};
  const std::uint64_t larger = bytes + bytes / 2;
  host_ = {};
  device_ = {};
  FORGE_ASSIGN(host_, PinnedBuffer::allocate(gpu_, larger));
  FORGE_ASSIGN(device_, DeviceBuffer::allocate(gpu_, larger, "the step's inputs"));
  ++moved_;
  return {};
}

}  // namespace forge::hip
