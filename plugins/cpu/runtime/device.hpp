// plugins/cpu/runtime/device.hpp: the CPU as a pack's device. A pack derives from it to name its
// kernels.
#ifndef FORGE_PLUGINS_CPU_RUNTIME_DEVICE_HPP_
#define FORGE_PLUGINS_CPU_RUNTIME_DEVICE_HPP_

#include <memory>

#include "forge/sdk/kernel_pack.hpp"
#include "forge/sdk/limits.hpp"
#include "plugins/cpu/kernels/api.hpp"
#include "plugins/cpu/runtime/thread_pool.hpp"

namespace forge::cpu {

class CpuDevice : public sdk::PackDevice {
 public:
  // The kernels' code may run on this machine: the manifest's requirements were checked before the
  // library was opened.
  CpuDevice(const KernelTable& kernels, const forge_pack_options_v1& options);

  Status node_supported(const forge_graph_v1& graph, std::uint32_t index) override;
  Result<forge_plan_memory_v1> plan_memory(const forge_graph_v1& graph,
                                           const forge_plan_options_v1& options) override;
  Result<std::unique_ptr<sdk::PackPlan>> compile(const forge_graph_v1& graph,
                                                 const forge_plan_options_v1& options,
                                                 const sdk::Progress& progress) override;
  // For "forge.limits/1"; takes about a second and 1 GiB.
  Result<forge_limits_v1> measure_limits();

 private:
  const KernelTable& kernels_;
  ThreadPool pool_;
  bool profile_;
};

// Multiplies a small matrix of every type by a vector whose product is known exactly; for
// self_test().
Status check_kernels(const KernelTable& kernels);

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_RUNTIME_DEVICE_HPP_
