// plugins/hip/runtime/preflight.hpp: the stages in which a GPU is tried before it is used.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_PREFLIGHT_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_PREFLIGHT_HPP_

#include <chrono>
#include <memory>
#include <string>

#include "forge/sdk/preflight.hpp"
#include "plugins/hip/runtime/kernels.hpp"

namespace forge::hip {

inline constexpr forge_preflight_stage_v1 kRuntimeStage = sdk::preflight_stage(
    FORGE_PREFLIGHT_RUNTIME, std::chrono::seconds(30), "the HIP library and the device");
inline constexpr forge_preflight_stage_v1 kMemoryStage = sdk::preflight_stage(
    FORGE_PREFLIGHT_MEMORY, std::chrono::seconds(15), "a pattern to the card's memory and back");
inline constexpr forge_preflight_stage_v1 kKernelStage = sdk::preflight_stage(
    FORGE_PREFLIGHT_KERNEL, std::chrono::seconds(15), "loading the kernels, and a trivial one");
inline constexpr forge_preflight_stage_v1 kMatrixStage = sdk::preflight_stage(
    FORGE_PREFLIGHT_MATRIX, std::chrono::seconds(15), "a tile of the matrix cores");
inline constexpr const forge_preflight_stage_v1* kPreflightStages[] = {
    &kRuntimeStage, &kMemoryStage, &kKernelStage, &kMatrixStage};

class GpuPreflight final : public sdk::Preflight {
 public:
  GpuPreflight(const PackTraits& traits, const forge_device_v1& device)
      : traits_(traits), device_(device) {}
  Result<std::string> run(std::uint32_t stage, forge_preflight_facts_v1& facts) override;

 private:
  Result<std::string> try_runtime(forge_preflight_facts_v1& facts);
  Result<std::string> try_memory();
  Result<std::string> try_kernel();
  Result<std::string> try_matrix();

  const PackTraits& traits_;
  const forge_device_v1& device_;
  std::shared_ptr<Gpu> gpu_;
  Stream stream_;
  std::unique_ptr<KernelSet> kernels_;
};

// What preflight_record() takes.
template <const PackTraits& kTraits>
struct PreflightOf {
  static Result<std::unique_ptr<sdk::Preflight>> open(const forge_device_v1& device) {
    return std::unique_ptr<sdk::Preflight>(std::make_unique<GpuPreflight>(kTraits, device));
  }
};

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_PREFLIGHT_HPP_
