#include "plugins/hip/runtime/device.hpp"

#include <algorithm>
#include <thread>

#include "forge/sdk/host.hpp"
#include "plugins/hip/runtime/plan.hpp"
#include "plugins/hip/runtime/support.hpp"

namespace forge::hip {
namespace {

// Host threads that repack weights; more of them wait for the disk or the bus.
std::uint32_t default_threads() {
  constexpr std::uint32_t kMost = 8;
  return std::clamp(std::thread::hardware_concurrency(), 1u, kMost);
}

PromptType prompts_of(const PackTraits& traits, std::uint32_t flags) {
  if ((flags & FORGE_PACK_FP8_PRODUCTS) != 0) {
    if (traits.fp8_rows != 0) return PromptType::kFp8;
    sdk::log(sdk::LogLevel::kWarn,
             "this GPU has no matrix units for FP8: prompts are read in int8; f16 is the other "
             "choice");
    return PromptType::kInt8;
  }
  return (flags & FORGE_PACK_HALF_PRODUCTS) != 0 ? PromptType::kF16 : PromptType::kInt8;
}

}  // namespace

GpuDevice::GpuDevice(const PackTraits& traits, const forge_pack_options_v1& options)
    : traits_(traits),
      n_threads_(options.n_threads == 0 ? default_threads() : options.n_threads),
      profile_((options.flags & FORGE_PACK_PROFILE) != 0),
      prompts_(prompts_of(traits, options.flags)) {}

Result<std::unique_ptr<sdk::PackDevice>> GpuDevice::open(const PackTraits& traits,
                                                         const forge_device_v1& device,
                                                         const forge_pack_options_v1& options) {
  auto opened = std::unique_ptr<GpuDevice>(new GpuDevice(traits, options));
  FORGE_ASSIGN(opened->gpu_, Gpu::open(device));
  FORGE_ASSIGN(opened->kernels_, KernelSet::load(opened->gpu_, code_object_path(traits, device)));
  return std::unique_ptr<sdk::PackDevice>(std::move(opened));
}

Status GpuDevice::node_supported(const forge_graph_v1& graph, std::uint32_t index) {
  return check_node(sdk::NodeView(graph, index));
}

Result<forge_plan_memory_v1> GpuDevice::plan_memory(const forge_graph_v1& graph,
                                                    const forge_plan_options_v1& options) {
  return GpuPlan::memory(graph, options, prompts_);
}

Result<std::unique_ptr<sdk::PackPlan>> GpuDevice::compile(const forge_graph_v1& graph,
                                                          const forge_plan_options_v1& options,
                                                          const sdk::Progress& progress) {
  FORGE_TRY(gpu_->enter());
  return GpuPlan::compile({traits_, gpu_, *kernels_, idle_, n_threads_, profile_, prompts_}, graph,
                          options, progress);
}

Status GpuDevice::release_idle() {
  FORGE_TRY(gpu_->enter());
  return idle_.rest();
}

}  // namespace forge::hip
