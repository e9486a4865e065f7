// tests/support/failing_pack.hpp: the reference executor as another pack, with faults on demand.
#ifndef FORGE_TESTS_SUPPORT_FAILING_PACK_HPP_
#define FORGE_TESTS_SUPPORT_FAILING_PACK_HPP_

#include <functional>
#include <memory>
#include <string>

#include "core/codec/host_codecs.hpp"
#include "core/graph/pack_device.hpp"
#include "core/graph/reference/pack.hpp"
#include "forge/sdk/graph.hpp"
#include "forge/sdk/kernel_pack.hpp"
#include "tests/catch.hpp"

namespace forge::test {

// What goes wrong, or is not supported. One at a time in a process: packs are plain records without
// a place for it. Empty functions: nothing.
struct Faults {
  std::function<Status(const forge_batch_v1&)> execute;
  std::function<void(const forge_batch_v1&)> after_execute;  // with its outputs
  std::function<Status(std::uint32_t n_blocks)> create_state;
  std::function<Status()> copy;  // of blocks or slots
  std::function<Status(const sdk::NodeView&)> supported;
  std::function<Status(const forge_progress_v1&)> compile;
};
inline Faults* g_faults = nullptr;

namespace detail {
inline const forge_plugin_kernel_pack_v1& reference() { return graph::reference_pack(); }

// Reports the fault, or goes on.
template <class Fault, class Go, class... Args>
forge_status with_fault(const Fault& fault, forge_message* message, Go&& go, Args&&... args) {
  if (g_faults != nullptr && fault(*g_faults)) {
    const Status status = fault(*g_faults)(args...);
    if (!status.ok()) return sdk::report(status, message);
  }
  return go();
}
}  // namespace detail

inline const forge_plugin_kernel_pack_v1& failing_pack() {
  using detail::reference;
  using detail::with_fault;
  static const forge_plugin_kernel_pack_v1 record = [] {
    forge_plugin_kernel_pack_v1 r = reference();
    r.node_supported = [](forge_pack_device* d, const forge_graph_v1* graph, std::uint32_t node,
                          forge_message* m) {
      return with_fault([](Faults& f) -> auto& { return f.supported; }, m,
                        [&] { return reference().node_supported(d, graph, node, m); },
                        sdk::NodeView(*graph, node));
    };
    r.plan_compile = [](forge_pack_device* d, const forge_graph_v1* graph,
                        const forge_plan_options_v1* options, const forge_progress_v1* progress,
                        forge_pack_plan** out, forge_message* m) {
      return with_fault(
          [](Faults& f) -> auto& { return f.compile; }, m,
          [&] { return reference().plan_compile(d, graph, options, progress, out, m); }, *progress);
    };
    r.state_create = [](forge_pack_plan* p, std::uint32_t blocks, std::uint32_t slots,
                        forge_pack_state** out, forge_message* m) {
      return with_fault([](Faults& f) -> auto& { return f.create_state; }, m,
                        [&] { return reference().state_create(p, blocks, slots, out, m); }, blocks);
    };
    r.state_copy_blocks = [](forge_pack_state* s, const std::uint32_t* src,
                             const std::uint32_t* dst, std::uint32_t n, forge_message* m) {
      return with_fault([](Faults& f) -> auto& { return f.copy; }, m,
                        [&] { return reference().state_copy_blocks(s, src, dst, n, m); });
    };
    r.state_copy_slots = [](forge_pack_state* s, const std::uint32_t* src, const std::uint32_t* dst,
                            std::uint32_t n, forge_message* m) {
      return with_fault([](Faults& f) -> auto& { return f.copy; }, m,
                        [&] { return reference().state_copy_slots(s, src, dst, n, m); });
    };
    r.execute = [](forge_pack_plan* p, forge_pack_state* s, const forge_batch_v1* batch,
                   forge_message* m) {
      return with_fault([](Faults& f) -> auto& { return f.execute; }, m,
                        [&] {
                          const forge_status done = reference().execute(p, s, batch, m);
                          if (done == FORGE_OK && g_faults != nullptr && g_faults->after_execute)
                            g_faults->after_execute(*batch);
                          return done;
                        },
                        *batch);
    };
    return r;
  }();
  return record;
}

// Opens it; `faults` must outlive everything made from the device.
inline std::shared_ptr<graph::PackDevice> open_failing_pack(Faults& faults) {
  static_cast<void>(process_codecs());
  g_faults = &faults;
  auto device = graph::PackDevice::open("failing", failing_pack(), {});
  REQUIRE(device.ok());
  return *device;
}

}  // namespace forge::test

#endif  // FORGE_TESTS_SUPPORT_FAILING_PACK_HPP_
