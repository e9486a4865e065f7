// plugins/hip/runtime/gpu.hpp: one device of the HIP runtime, and what happens when it stops
// working.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_GPU_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_GPU_HPP_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "forge/abi/kernel_pack.h"
#include "forge/sdk/memory_budget.hpp"
#include "forge/sdk/status.hpp"
#include "plugins/hip/runtime/hip_api.hpp"
#include "plugins/hip/runtime/settings.hpp"

namespace forge::hip {

// Thread-safe. A device that hung or failed is lost: from then on every call says so and nothing is
// given back to the runtime, which might wait for ever.
class Gpu {
 public:
  // Loads the runtime and finds the device by its PCI id, or by its index where the key is none.
  static Result<std::shared_ptr<Gpu>> open(const forge_device_v1& device);
  ~Gpu() = default;
  Gpu(const Gpu&) = delete;
  Gpu& operator=(const Gpu&) = delete;

  const HipApi& api() const { return api_; }
  const Settings& settings() const { return settings_; }
  const std::string& key() const { return key_; }  // "0000:03:00.0"
  sdk::MemoryBudget& budget() { return budget_; }
  int ordinal() const { return ordinal_; }            // as HIP counts devices
  std::uint32_t n_units() const { return n_units_; }  // multiprocessors, as HIP counts them

  // First thing of every call from outside: the device becomes this thread's. Fails once it is
  // lost.
  Status enter() const;

  // What a call ended with: "hipMalloc of 64 MiB". Errors that a device does not come back from
  // make it lost.
  Status check(hipError_t error, std::string_view call);

  // Until everything on the stream, or before the event, is done. Polls, so that a device that
  // hangs is noticed: after the time limit it is lost.
  Status wait(hipStream_t stream, std::string_view what);
  Status wait(hipEvent_t event, std::string_view what);

  bool lost() const { return lost_.load(std::memory_order_acquire); }

 private:
  Gpu(HipApi api, std::string key, std::uint64_t budget);
  template <class Query>
  Status poll(const Query& query, const char* call, std::string_view what);
  void lose(Status why);

  const HipApi api_;
  const Settings settings_;
  const std::string key_;
  sdk::MemoryBudget budget_;
  int ordinal_ = 0;
  std::uint32_t n_units_ = 1;
  std::atomic<bool> lost_{false};
  mutable std::mutex mutex_;
  Status why_lost_;
};

// A stream of its own. Movable. Thread-compatible: rest() and wake() while nobody uses it.
class Stream {
 public:
  Stream() = default;
  static Result<Stream> create(std::shared_ptr<Gpu> gpu);
  ~Stream() { release(); }
  Stream(Stream&& other) noexcept;
  Stream& operator=(Stream&& other) noexcept;

  hipStream_t get() const { return stream_; }
  Gpu& gpu() const { return *gpu_; }

  // Gives the queue back while nothing is on it, so that the card can sleep; wake() makes another,
  // where there is none.
  Status rest();
  Status wake();

  Status copy(void* to, const void* from, std::size_t bytes, hipMemcpyKind kind) const;
  Status wait(std::string_view what) const { return gpu_->wait(stream_, what); }

 private:
  void release();
  std::shared_ptr<Gpu> gpu_;
  hipStream_t stream_ = nullptr;
};

// A point on a stream. Movable.
class Event {
 public:
  Event() = default;
  static Result<Event> create(std::shared_ptr<Gpu> gpu, bool timing = false);
  ~Event() { release(); }
  Event(Event&& other) noexcept;
  Event& operator=(Event&& other) noexcept;

  Status record(const Stream& stream);
  // Until what was recorded last has happened; at once where nothing was.
  Status wait(std::string_view what) const;
  // Milliseconds from another event; both have happened.
  Result<float> since(const Event& start) const;

 private:
  void release();
  std::shared_ptr<Gpu> gpu_;
  hipEvent_t event_ = nullptr;
  bool recorded_ = false;
};

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_GPU_HPP_
