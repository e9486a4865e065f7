// plugins/hip/runtime/step_buffer.hpp: what goes to the device for every step, in one copy.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_STEP_BUFFER_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_STEP_BUFFER_HPP_

#include <cstdint>
#include <memory>
#include <span>

#include "plugins/hip/runtime/memory.hpp"

namespace forge::hip {

// Sections one behind the other, in host memory and at the same places on the device. Where a
// section lies depends on the sizes of those before it and on nothing else, so that recorded
// launches find it again.
class StepBuffer {
 public:
  static constexpr std::uint64_t kAlignment = 256;
  static constexpr std::uint64_t section_bytes(std::uint64_t bytes) {
    return (bytes + kAlignment - 1) / kAlignment * kAlignment;
  }

  static Result<StepBuffer> create(std::shared_ptr<Gpu> gpu, std::uint64_t bytes);

  // Begins a step that needs this much; nothing of the last one is in use any more. Grows if need
  // be, after which all addresses are new: moved() counts that.
  Status begin(std::uint64_t bytes);
  std::uint64_t moved() const { return moved_; }

  template <class T>
  struct Section {
    T* host;
    T* device;
  };
  // The next section, of n elements. All of them fit what begin() was told.
  template <class T>
  Section<T> add(std::uint64_t n) {
    const std::uint64_t at = used_;
    used_ += section_bytes(n * sizeof(T));
    return {reinterpret_cast<T*>(host_.data() + at), reinterpret_cast<T*>(device_.data() + at)};
  }
  template <class T>
  const T* add(std::span<const T> data) {
    const Section<T> section = add<T>(data.size());
    std::copy(data.begin(), data.end(), section.host);
    return section.device;
  }

  Status upload(const Stream& stream) const {
    return stream.copy(device_.data(), host_.data(), used_, hipMemcpyHostToDevice);
  }

 private:
  std::shared_ptr<Gpu> gpu_;
  PinnedBuffer host_;
  DeviceBuffer device_;
  std::uint64_t used_ = 0;
  std::uint64_t moved_ = 0;
};

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_STEP_BUFFER_HPP_
