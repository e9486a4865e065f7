// cpu-avx512: the CPU pack for its instruction set; see plugins/cpu.
#include "forge/sdk/plugin.hpp"
#include "plugins/cpu-avx512/kernels.hpp"
#include "plugins/cpu/runtime/device.hpp"
#include "plugins/cpu/runtime/processor.hpp"

namespace {

const forge::cpu::KernelTable& fastest_kernels() {
  return forge::cpu::has_slow_bfloat16() ? forge::cpu::kernels_without_bfloat16()
                                         : forge::cpu::kernels();
}

class Device final : public forge::cpu::CpuDevice {
 public:
  using CpuDevice::CpuDevice;

  static forge::Result<std::unique_ptr<forge::sdk::PackDevice>> open(
      const forge_device_v1& /*device*/, const forge_pack_options_v1& options) {
    return std::unique_ptr<forge::sdk::PackDevice>(
        std::make_unique<Device>(fastest_kernels(), options));
  }
};

forge::Status self_test() { return forge::cpu::check_kernels(fastest_kernels()); }

constexpr forge_plugin_kernel_pack_v1 kPack = forge::sdk::kernel_pack_record<Device>();
constexpr forge_plugin_limits_v1 kLimits = forge::sdk::limits_record<Device>();
constexpr forge::sdk::Interface kInterfaces[] = {{FORGE_INTERFACE_KERNEL_PACK_V1, &kPack},
                                                 {FORGE_INTERFACE_LIMITS_V1, &kLimits}};
constexpr forge::sdk::Plugin kPlugin = {
    .id = "cpu-avx512", .version = "0.1.0", .interfaces = kInterfaces, .self_test = self_test};

}  // namespace

FORGE_PLUGIN(kPlugin)
