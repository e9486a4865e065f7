// forge/sdk/kernel_pack.hpp: writing a kernel pack as three C++ classes.
//
// Derive from PackDevice, PackPlan and PackState, and let kernel_pack_record<YourDevice>() make the
// C record:
//
//   class MyDevice final : public forge::sdk::PackDevice {
//    public:
//     static Result<std::unique_ptr<PackDevice>> open(const forge_device_v1&, const
//     forge_pack_options_v1&);
//     ...
//   };
//   constexpr forge_plugin_kernel_pack_v1 kPack = forge::sdk::kernel_pack_record<MyDevice>();
//
// Exceptions thrown by overrides are turned into statuses at the edge. Threads: as in
// forge/abi/kernel_pack.h.
#ifndef FORGE_SDK_KERNEL_PACK_HPP_
#define FORGE_SDK_KERNEL_PACK_HPP_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "forge/abi/kernel_pack.h"
#include "forge/sdk/host.hpp"
#include "forge/sdk/status.hpp"

namespace forge::sdk {

// The memory of sequences: KV blocks and recurrent slots of every state of a plan.
class PackState {
 public:
  virtual ~PackState() = default;
  virtual Status copy_blocks(std::span<const std::uint32_t> src,
                             std::span<const std::uint32_t> dst) = 0;
  virtual Status copy_slots(std::span<const std::uint32_t> src,
                            std::span<const std::uint32_t> dst) = 0;
  virtual Status read_blocks(std::span<const std::uint32_t> blocks, void* out) = 0;
  virtual Status write_blocks(std::span<const std::uint32_t> blocks, const void* data) = 0;
  virtual Status read_slots(std::span<const std::uint32_t> slots, void* out) = 0;
  virtual Status write_slots(std::span<const std::uint32_t> slots, const void* data) = 0;
};

// A compiled graph.
class PackPlan {
 public:
  virtual ~PackPlan() = default;
  virtual Result<std::unique_ptr<PackState>> create_state(std::uint32_t n_blocks,
                                                          std::uint32_t n_slots) = 0;
  virtual Status execute(PackState& state, const forge_batch_v1& batch) = 0;
  virtual void visit_counters(const std::function<void(const forge_counter_v1&)>& visit) = 0;
  virtual void reset_counters() = 0;
};

// Who hears how far compiling is; nobody, where it is empty.
class Progress {
 public:
  Progress() = default;
  explicit Progress(const forge_progress_v1* listener) : listener_(listener) {}

  // Bytes of weights. An error means: stop, the user asked to.
  Status report(std::uint64_t done, std::uint64_t total) const {
    if (listener_ == nullptr || listener_->report(listener_->self, done, total) == 0) return {};
    return cancelled("loading was stopped");
  }
  // A weight of the graph has been read as a whole; rows of it may be read again.
  void weight_read(std::uint32_t weight) const {
    if (listener_ != nullptr) listener_->weight_read(listener_->self, weight);
  }

 private:
  const forge_progress_v1* listener_ = nullptr;
};

// An open device. A class to derive from also has
//   static Result<std::unique_ptr<PackDevice>> open(const forge_device_v1&, const
//   forge_pack_options_v1&);
class PackDevice {
 public:
  virtual ~PackDevice() = default;
  virtual Status node_supported(const forge_graph_v1& graph, std::uint32_t node) = 0;
  virtual Result<forge_plan_memory_v1> plan_memory(const forge_graph_v1& graph,
                                                   const forge_plan_options_v1& options) = 0;
  virtual Result<std::unique_ptr<PackPlan>> compile(const forge_graph_v1& graph,
                                                    const forge_plan_options_v1& options,
                                                    const Progress& progress) = 0;
};

namespace detail {

inline PackDevice& device(forge_pack_device* p) { return *reinterpret_cast<PackDevice*>(p); }
inline PackPlan& plan(forge_pack_plan* p) { return *reinterpret_cast<PackPlan*>(p); }
inline PackState& state(forge_pack_state* p) { return *reinterpret_cast<PackState*>(p); }

// Hands a new object's ownership to the C side.
template <class C, class T>
Status release_into(Result<std::unique_ptr<T>> made, C** out) {
  if (!made.ok()) return std::move(made).status();
  *out = reinterpret_cast<C*>(std::move(made).value().release());
  return {};
}

template <class Device>
forge_status device_open(const forge_device_v1* desc, const forge_pack_options_v1* options,
                         forge_pack_device** out, forge_message* message) {
  return fence(message, [&] { return release_into(Device::open(*desc, *options), out); });
}
inline void device_close(forge_pack_device* p) { delete &device(p); }

inline forge_status node_supported(forge_pack_device* p, const forge_graph_v1* graph,
                                   std::uint32_t node, forge_message* message) {
  return fence(message, [&] { return device(p).node_supported(*graph, node); });
}

inline forge_status plan_memory(forge_pack_device* p, const forge_graph_v1* graph,
                                const forge_plan_options_v1* options, forge_plan_memory_v1* out,
                                forge_message* message) {
  return fence(message, [&]() -> Status {
    FORGE_ASSIGN(*out, device(p).plan_memory(*graph, *options));
    return {};
  });
}

inline forge_status plan_compile(forge_pack_device* p, const forge_graph_v1* graph,
                                 const forge_plan_options_v1* options,
                                 const forge_progress_v1* progress, forge_pack_plan** out,
                                 forge_message* message) {
  return fence(message, [&] {
    return release_into(device(p).compile(*graph, *options, Progress(progress)), out);
  });
}
inline void plan_destroy(forge_pack_plan* p) { delete &plan(p); }

inline forge_status state_create(forge_pack_plan* p, std::uint32_t n_blocks, std::uint32_t n_slots,
                                 forge_pack_state** out, forge_message* message) {
  return fence(message, [&] { return release_into(plan(p).create_state(n_blocks, n_slots), out); });
}
inline void state_destroy(forge_pack_state* p) { delete &state(p); }

inline forge_status state_copy_blocks(forge_pack_state* p, const std::uint32_t* src,
                                      const std::uint32_t* dst, std::uint32_t n,
                                      forge_message* message) {
  return fence(message, [&] { return state(p).copy_blocks({src, n}, {dst, n}); });
}
inline forge_status state_copy_slots(forge_pack_state* p, const std::uint32_t* src,
                                     const std::uint32_t* dst, std::uint32_t n,
                                     forge_message* message) {
  return fence(message, [&] { return state(p).copy_slots({src, n}, {dst, n}); });
}
inline forge_status state_read_blocks(forge_pack_state* p, const std::uint32_t* blocks,
                                      std::uint32_t n, void* out, forge_message* message) {
  return fence(message, [&] { return state(p).read_blocks({blocks, n}, out); });
}
inline forge_status state_write_blocks(forge_pack_state* p, const std::uint32_t* blocks,
                                       std::uint32_t n, const void* data, forge_message* message) {
  return fence(message, [&] { return state(p).write_blocks({blocks, n}, data); });
}
inline forge_status state_read_slots(forge_pack_state* p, const std::uint32_t* slots,
                                     std::uint32_t n, void* out, forge_message* message) {
  return fence(message, [&] { return state(p).read_slots({slots, n}, out); });
}
inline forge_status state_write_slots(forge_pack_state* p, const std::uint32_t* slots,
                                      std::uint32_t n, const void* data, forge_message* message) {
  return fence(message, [&] { return state(p).write_slots({slots, n}, data); });
}

inline forge_status execute(forge_pack_plan* p, forge_pack_state* s, const forge_batch_v1* batch,
                            forge_message* message) {
  return fence(message, [&] { return plan(p).execute(state(s), *batch); });
}
inline void visit_counters(forge_pack_plan* p, void (*visit)(void*, const forge_counter_v1*),
                           void* self) {
  plan(p).visit_counters([&](const forge_counter_v1& counter) { visit(self, &counter); });
}
inline void reset_counters(forge_pack_plan* p) { plan(p).reset_counters(); }

}  // namespace detail

// flags: FORGE_KERNEL_PACK_*.
template <class Device>
constexpr forge_plugin_kernel_pack_v1 kernel_pack_record(std::uint32_t flags = 0) {
  forge_plugin_kernel_pack_v1 r = {};
  r.struct_size = sizeof(r);
  r.flags = flags;
  r.device_open = detail::device_open<Device>;
  r.device_close = detail::device_close;
  r.node_supported = detail::node_supported;
  r.plan_memory = detail::plan_memory;
  r.plan_compile = detail::plan_compile;
  r.plan_destroy = detail::plan_destroy;
  r.state_create = detail::state_create;
  r.state_destroy = detail::state_destroy;
  r.state_copy_blocks = detail::state_copy_blocks;
  r.state_copy_slots = detail::state_copy_slots;
  r.state_read_blocks = detail::state_read_blocks;
  r.state_write_blocks = detail::state_write_blocks;
  r.state_read_slots = detail::state_read_slots;
  r.state_write_slots = detail::state_write_slots;
  r.execute = detail::execute;
  r.visit_counters = detail::visit_counters;
  r.reset_counters = detail::reset_counters;
  return r;
}

}  // namespace forge::sdk

#endif  // FORGE_SDK_KERNEL_PACK_HPP_
