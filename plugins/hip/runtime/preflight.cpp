#include "plugins/hip/runtime/preflight.hpp"

#include <cstring>
#include <vector>

#include "forge/sdk/half.hpp"
#include "plugins/hip/runtime/memory.hpp"

namespace forge::hip {
namespace {

// 60241134 is "6.2.41134".
constexpr int kOldestVersion = 50'200'000;  // the functions of hip_api.hpp as they are used here

std::string version_text(int version) {
  return std::to_string(version / 10'000'000) + "." + std::to_string(version / 100'000 % 100) +
         "." + std::to_string(version % 100'000);
}

// A fixed sequence of numbers without pattern.
class Sequence {
 public:
  std::uint32_t next() {
    state_ = state_ * 1664525u + 1013904223u;
    return state_ >> 8;
  }
  int between(int low, int high) {
    return low + static_cast<int>(next() % static_cast<std::uint32_t>(high - low + 1));
  }

 private:
  std::uint32_t state_ = 1;
};

// Host memory with its double on the device.
class Mirror {
 public:
  static Result<Mirror> create(const std::shared_ptr<Gpu>& gpu, const Stream& stream,
                               std::uint64_t bytes) {
    Mirror mirror(stream);
    FORGE_ASSIGN(mirror.host_, PinnedBuffer::allocate(gpu, bytes));
    FORGE_ASSIGN(mirror.device_, DeviceBuffer::allocate(gpu, bytes, "the preflight"));
    return mirror;
  }
  template <class T>
  T* host(std::uint64_t at = 0) const {
    return reinterpret_cast<T*>(host_.data() + at);
  }
  template <class T>
  T* device(std::uint64_t at = 0) const {
    return reinterpret_cast<T*>(device_.data() + at);
  }
  Status to_device() const {
    return stream_->copy(device_.data(), host_.data(), host_.size(), hipMemcpyHostToDevice);
  }
  // Waits for what was launched, too.
  Status to_host(std::string_view what) const {
    FORGE_TRY(stream_->copy(host_.data(), device_.data(), host_.size(), hipMemcpyDeviceToHost));
    return stream_->wait(what);
  }

 private:
  explicit Mirror(const Stream& stream) : stream_(&stream) {}
  const Stream* stream_;
  PinnedBuffer host_;
  DeviceBuffer device_;
};

}  // namespace

Result<std::string> GpuPreflight::run(std::uint32_t stage, forge_preflight_facts_v1& facts) {
  if (stage != 0) FORGE_TRY(gpu_->enter());
  switch (stage) {
    case 0:
      return try_runtime(facts);
    case 1:
      return try_memory();
    case 2:
      return try_kernel();
    default:
      return try_matrix();
  }
}

Result<std::string> GpuPreflight::try_runtime(forge_preflight_facts_v1& facts) {
  FORGE_ASSIGN(gpu_, Gpu::open(device_));
  const HipApi& hip = gpu_->api();
  int version = 0;
  FORGE_TRY(gpu_->check(hip.hipRuntimeGetVersion(&version), "hipRuntimeGetVersion"));
  sdk::set_runtime(facts, version_text(version), hip.library);
  if (version < kOldestVersion)
    return failed_precondition(
        "the HIP runtime " + hip.library + " is of version " + version_text(version) +
        ", older than 5.2, which the packs are written for: install a newer ROCm");
  std::size_t free = 0;
  std::size_t total = 0;
  FORGE_TRY(gpu_->check(hip.hipMemGetInfo(&free, &total), "hipMemGetInfo"));
  facts.memory_free = free;
  char name[256] = {};
  FORGE_TRY(gpu_->check(hip.hipDeviceGetName(name, sizeof(name) - 1, gpu_->ordinal()),
                        "hipDeviceGetName"));
  int wave = 0;
  FORGE_TRY(
      gpu_->check(hip.hipDeviceGetAttribute(&wave, hipDeviceAttributeWarpSize, gpu_->ordinal()),
                  "hipDeviceGetAttribute(WarpSize)"));
  if (wave != 32)
    return failed_precondition("the runtime says that waves of " + gpu_->key() + " have " +
                               std::to_string(wave) + " lanes; the kernels are for 32");
  FORGE_ASSIGN(stream_, Stream::create(gpu_));
  return "HIP " + version_text(version) + ", " + name + ", " + std::to_string(free >> 20) + " of " +
         std::to_string(total >> 20) + " MiB free";
}

Result<std::string> GpuPreflight::try_memory() {
  constexpr std::uint64_t kWords = std::uint64_t{1} << 22;  // 16 MiB
  FORGE_ASSIGN(const Mirror mirror, Mirror::create(gpu_, stream_, kWords * 4));
  auto* words = mirror.host<std::uint32_t>();
  const auto pattern = [](std::uint64_t i) {
    return static_cast<std::uint32_t>(i) * 2654435761u ^ 0x5aa55aa5u;
  };
  for (std::uint64_t i = 0; i < kWords; ++i) words[i] = pattern(i);
  FORGE_TRY(mirror.to_device());
  FORGE_TRY(stream_.wait("copying to the device"));
  std::memset(words, 0, kWords * 4);
  FORGE_TRY(mirror.to_host("copying from the device"));
  std::uint64_t wrong = 0;
  for (std::uint64_t i = 0; i < kWords; ++i) wrong += words[i] == pattern(i) ? 0 : 1;
  if (wrong != 0)
    return data_loss(std::to_string(wrong) + " of " + std::to_string(kWords) +
                     " words came back from the memory of " + gpu_->key() +
                     " changed; the card or its slot is not sound");
  return std::string("16 MiB came back unchanged");
}

Result<std::string> GpuPreflight::try_kernel() {
  FORGE_ASSIGN(kernels_, KernelSet::load(gpu_, code_object_path(traits_, device_)));
  FORGE_ASSIGN(const hipFunction_t kernel, kernels_->find("probe_add"));
  constexpr std::uint32_t kCount = 100'003;  // no multiple of a workgroup
  constexpr std::uint64_t kBytes = std::uint64_t{kCount} * sizeof(float);
  FORGE_ASSIGN(const Mirror mirror, Mirror::create(gpu_, stream_, 3 * kBytes));
  auto* a = mirror.host<float>();
  for (std::uint32_t i = 0; i < 3 * kCount; ++i) a[i] = static_cast<float>(i % 4099) - 1000;
  FORGE_TRY(mirror.to_device());
  const ProbeAddArgs args = {mirror.device<float>(), mirror.device<float>(kBytes),
                             mirror.device<float>(2 * kBytes), kCount};
  FORGE_TRY(
      kernels_->launch(stream_, kernel, "probe_add", {(kCount + kThreads - 1) / kThreads}, args));
  FORGE_TRY(mirror.to_host("a trivial kernel"));
  const float* b = a + kCount;
  const float* y = b + kCount;
  for (std::uint32_t i = 0; i < kCount; ++i) {
    if (y[i] != a[i] + b[i] + 1)  // whole numbers far below 2^24: exact
      return data_loss("element " + std::to_string(i) + " of a sum is " + std::to_string(y[i]) +
                       " where " + std::to_string(a[i] + b[i] + 1) + " is right");
  }
  return std::to_string(kCount) + " sums are right";
}

Result<std::string> GpuPreflight::try_matrix() {
  FORGE_ASSIGN(const hipFunction_t kernel, kernels_->find("probe_matrix"));
  // Where each operand lies: two tiles of bytes, two of halves, two results of 4 bytes.
  constexpr std::uint64_t kA8 = 0, kB8 = 256, kA16 = 512, kB16 = 1024, kC32 = 1536, kCf = 2560;
  FORGE_ASSIGN(const Mirror mirror, Mirror::create(gpu_, stream_, kCf + 1024));
  Sequence sequence;
  int halves[2][256];
  for (int i = 0; i < 256; ++i) {
    mirror.host<std::int8_t>(kA8)[i] = static_cast<std::int8_t>(sequence.between(-128, 127));
    mirror.host<std::int8_t>(kB8)[i] = static_cast<std::int8_t>(sequence.between(-128, 127));
    for (int m = 0; m < 2; ++m) {
      halves[m][i] = sequence.between(-32, 32);  // sums of 16 products: exact in any order
      mirror.host<std::uint16_t>(m == 0 ? kA16 : kB16)[i] =
          float_to_half(static_cast<float>(halves[m][i]));
    }
  }
  FORGE_TRY(mirror.to_device());
  const ProbeMatrixArgs args = {
      mirror.device<std::int8_t>(kA8),    mirror.device<std::int8_t>(kB8),
      mirror.device<std::int32_t>(kC32),  mirror.device<std::uint16_t>(kA16),
      mirror.device<std::uint16_t>(kB16), mirror.device<float>(kCf)};
  FORGE_TRY(kernels_->launch(stream_, kernel, "probe_matrix", {1}, args, 32));
  FORGE_TRY(mirror.to_host("a tile of the matrix cores"));
  for (int i = 0; i < 16; ++i) {
    for (int j = 0; j < 16; ++j) {
      int bytes = 0;
      int floats = 0;
      for (int k = 0; k < 16; ++k) {
        bytes +=
            mirror.host<std::int8_t>(kA8)[16 * i + k] * mirror.host<std::int8_t>(kB8)[16 * j + k];
        floats += halves[0][16 * i + k] * halves[1][16 * j + k];
      }
      const int c32 = mirror.host<std::int32_t>(kC32)[16 * i + j];
      const float cf = mirror.host<float>(kCf)[16 * i + j];
      if (c32 != bytes || cf != static_cast<float>(floats))
        return data_loss("element (" + std::to_string(i) + ", " + std::to_string(j) +
                         ") of a product of tiles is " + std::to_string(c32) + " and " +
                         std::to_string(cf) + " where " + std::to_string(bytes) + " and " +
                         std::to_string(floats) + " are right");
    }
  }
  return std::string("products of bytes and of halves are right");
}

}  // namespace forge::hip
