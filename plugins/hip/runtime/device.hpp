// plugins/hip/runtime/device.hpp: a GPU as a pack's device.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_DEVICE_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_DEVICE_HPP_

#include <memory>

#include "forge/abi/limits.h"
#include "forge/sdk/kernel_pack.hpp"
#include "plugins/hip/runtime/idle.hpp"
#include "plugins/hip/runtime/kernels.hpp"
#include "plugins/hip/runtime/traits.hpp"

namespace forge::hip {

class GpuDevice final : public sdk::PackDevice {
 public:
  static Result<std::unique_ptr<sdk::PackDevice>> open(const PackTraits& traits,
                                                       const forge_device_v1& device,
                                                       const forge_pack_options_v1& options);

  Status node_supported(const forge_graph_v1& graph, std::uint32_t index) override;
  Result<forge_plan_memory_v1> plan_memory(const forge_graph_v1& graph,
                                           const forge_plan_options_v1& options) override;
  Result<std::unique_ptr<sdk::PackPlan>> compile(const forge_graph_v1& graph,
                                                 const forge_plan_options_v1& options,
                                                 const sdk::Progress& progress) override;
  // For "forge.limits/1"; not while a plan of the device runs.
  Result<forge_limits_v1> measure_limits();
  // For "forge.idle/1".
  Status release_idle();

 private:
  GpuDevice(const PackTraits& traits, const forge_pack_options_v1& options);

  const PackTraits& traits_;
  const std::uint32_t n_threads_;
  const bool profile_;
  const PromptType prompts_;
  std::shared_ptr<Gpu> gpu_;
  std::unique_ptr<KernelSet> kernels_;
  IdleList idle_;
};

// What kernel_pack_record() takes.
inline constexpr std::uint32_t kPackFlags = FORGE_KERNEL_PACK_OPTIONAL_OUTPUTS;
template <const PackTraits& kTraits>
struct DeviceOf {
  static Result<std::unique_ptr<sdk::PackDevice>> open(const forge_device_v1& device,
                                                       const forge_pack_options_v1& options) {
    return GpuDevice::open(kTraits, device, options);
  }
};

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_DEVICE_HPP_
