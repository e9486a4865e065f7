#include "plugins/hip/runtime/gpu.hpp"

#include <chrono>
#include <thread>
#include <utility>

namespace forge::hip {
namespace {

// After these the process gets nothing more out of the device.
bool is_fatal(hipError_t error) {
  switch (error) {
    case hipErrorIllegalAddress:
    case hipErrorLaunchTimeOut:
    case hipErrorLaunchFailure:
    case hipErrorPriorLaunchFailure:
    case hipErrorContextIsDestroyed:
    case hipErrorAssert:
    case hipErrorECCNotCorrectable:
    case hipErrorDeinitialized:
    case hipErrorUnknown:
      return true;
    default:
      return false;
  }
}

bool is_pci_id(std::string_view key) {
  return key.find(':') != std::string_view::npos && key.find('.') != std::string_view::npos;
}

}  // namespace

Gpu::Gpu(HipApi api, std::string key, std::uint64_t budget)
    : api_(std::move(api)),
      settings_(Settings::from_environment()),
      key_(std::move(key)),
      budget_(budget) {}

Result<std::shared_ptr<Gpu>> Gpu::open(const forge_device_v1& device) {
  FORGE_ASSIGN(HipApi api, HipApi::load());
  auto gpu = std::shared_ptr<Gpu>(new Gpu(std::move(api), device.key, device.memory_budget));
  const HipApi& hip = gpu->api_;
  FORGE_TRY(gpu->check(hip.hipInit(0), "hipInit"));
  if (is_pci_id(gpu->key_)) {
    FORGE_TRY(gpu->check(hip.hipDeviceGetByPCIBusId(&gpu->ordinal_, gpu->key_.c_str()),
                         "hipDeviceGetByPCIBusId"));
  } else {
    int count = 0;
    FORGE_TRY(gpu->check(hip.hipGetDeviceCount(&count), "hipGetDeviceCount"));
    if (device.index >= static_cast<std::uint32_t>(count))
      return unavailable("the runtime shows " + std::to_string(count) + " devices; number " +
                         std::to_string(device.index) + " was asked for");
    gpu->ordinal_ = static_cast<int>(device.index);
  }
  FORGE_TRY(gpu->enter());
  int units = 0;
  FORGE_TRY(gpu->check(
      hip.hipDeviceGetAttribute(&units, hipDeviceAttributeMultiprocessorCount, gpu->ordinal_),
      "hipDeviceGetAttribute(MultiprocessorCount)"));
  gpu->n_units_ = units > 0 ? static_cast<std::uint32_t>(units) : 1;
  return gpu;
}

Status Gpu::enter() const {
  if (lost()) {
    const std::scoped_lock lock(mutex_);
    return {why_lost_.code(),
            "device " + key_ + " cannot be used any more: " + why_lost_.message()};
  }
  return hip::check(api_, api_.hipSetDevice(ordinal_), "hipSetDevice", key_);
}

void Gpu::lose(Status why) {
  const std::scoped_lock lock(mutex_);
  if (lost_.load(std::memory_order_relaxed)) return;
  why_lost_ = std::move(why);
  lost_.store(true, std::memory_order_release);
}

Status Gpu::check(hipError_t error, std::string_view call) {
  if (error == hipSuccess) return {};
  Status status = hip::check(api_, error, call, key_);
  if (is_fatal(error)) lose(status);
  return status;
}

template <class Query>
Status Gpu::poll(const Query& query, const char* call, std::string_view what) {
  using Clock = std::chrono::steady_clock;
  // Steps of text take some milliseconds: looking all the time for so long costs less than waking
  // up late. What takes longer is looked at now and then.
  constexpr auto kEager = std::chrono::milliseconds(4);
  constexpr auto kPause = std::chrono::microseconds(50);
  const Clock::time_point start = Clock::now();
  while (true) {
    const hipError_t error = query();
    if (error == hipSuccess) return {};
    if (error != hipErrorNotReady)
      return check(error, std::string(call) + " after " + std::string(what));
    const auto elapsed = Clock::now() - start;
    if (elapsed > settings_.timeout) {
      Status status = deadline_exceeded(
          std::string(what) + " did not end on " + key_ + " within " +
          std::to_string(static_cast<long>(settings_.timeout.count())) +
          " s: the device is lost or a kernel hangs; `dmesg | grep amdgpu` says more. Start again; "
          "FORGE_HIP_TIMEOUT_S sets another limit");
      lose(status);
      return status;
    }
    if (elapsed < kEager) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(kPause);
    }
  }
}

Status Gpu::wait(hipStream_t stream, std::string_view what) {
  return poll([&] { return api_.hipStreamQuery(stream); }, "hipStreamQuery", what);
}

Status Gpu::wait(hipEvent_t event, std::string_view what) {
  return poll([&] { return api_.hipEventQuery(event); }, "hipEventQuery", what);
}

// ---------------------------------------------------------------- streams

Result<Stream> Stream::create(std::shared_ptr<Gpu> gpu) {
  Stream stream;
  stream.gpu_ = std::move(gpu);
  FORGE_TRY(stream.wake());
  return stream;
}

Stream::Stream(Stream&& other) noexcept
    : gpu_(std::move(other.gpu_)), stream_(std::exchange(other.stream_, nullptr)) {}

Stream& Stream::operator=(Stream&& other) noexcept {
  if (this == &other) return *this;
  release();
  gpu_ = std::move(other.gpu_);
  stream_ = std::exchange(other.stream_, nullptr);
  return *this;
}

void Stream::release() {
  if (stream_ != nullptr && gpu_->enter().ok()) gpu_->api().hipStreamDestroy(stream_);
  stream_ = nullptr;
}

Status Stream::rest() {
  if (stream_ == nullptr) return {};
  return gpu_->check(gpu_->api().hipStreamDestroy(std::exchange(stream_, nullptr)),
                     "hipStreamDestroy");
}

Status Stream::wake() {
  if (stream_ != nullptr) return {};
  return gpu_->check(gpu_->api().hipStreamCreateWithFlags(&stream_, hipStreamNonBlocking),
                     "hipStreamCreateWithFlags");
}

Status Stream::copy(void* to, const void* from, std::size_t bytes, hipMemcpyKind kind) const {
  if (bytes == 0) return {};
  return gpu_->check(gpu_->api().hipMemcpyAsync(to, from, bytes, kind, stream_), "hipMemcpyAsync");
}

// ---------------------------------------------------------------- events

Result<Event> Event::create(std::shared_ptr<Gpu> gpu, bool timing) {
  Event event;
  FORGE_TRY(gpu->check(
      gpu->api().hipEventCreateWithFlags(&event.event_, timing ? 0u : hipEventDisableTiming),
      "hipEventCreateWithFlags"));
  event.gpu_ = std::move(gpu);
  return event;
}

Event::Event(Event&& other) noexcept
    : gpu_(std::move(other.gpu_)),
      event_(std::exchange(other.event_, nullptr)),
      recorded_(other.recorded_) {}

Event& Event::operator=(Event&& other) noexcept {
  if (this == &other) return *this;
  release();
  gpu_ = std::move(other.gpu_);
  event_ = std::exchange(other.event_, nullptr);
  recorded_ = other.recorded_;
  return *this;
}

void Event::release() {
  if (event_ != nullptr && gpu_->enter().ok()) gpu_->api().hipEventDestroy(event_);
  event_ = nullptr;
}

Status Event::record(const Stream& stream) {
  recorded_ = true;
  return gpu_->check(gpu_->api().hipEventRecord(event_, stream.get()), "hipEventRecord");
}

Status Event::wait(std::string_view what) const {
  return recorded_ ? gpu_->wait(event_, what) : Status();
}

Result<float> Event::since(const Event& start) const {
  float milliseconds = 0;
  FORGE_TRY(gpu_->check(gpu_->api().hipEventElapsedTime(&milliseconds, start.event_, event_),
                        "hipEventElapsedTime"));
  return milliseconds;
}

}  // namespace forge::hip
