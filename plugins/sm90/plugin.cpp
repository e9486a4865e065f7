// sm90: the packs for AMD GPUs on an NVIDIA one, through plugins/sm90/adapter; see its README.md.
#include "forge/sdk/plugin.hpp"
#include "forge/sdk/idle.hpp"
#include "forge/sdk/limits.hpp"
#include "plugins/hip/runtime/device.hpp"
#include "plugins/hip/runtime/preflight.hpp"
#include "plugins/sm90/traits.hpp"

namespace {

using forge::hip::DeviceOf;
using forge::hip::GpuDevice;
using forge::hip::kTraits;
using forge::hip::PreflightOf;

constexpr forge_plugin_kernel_pack_v1 kPack =
    forge::sdk::kernel_pack_record<DeviceOf<kTraits>>(forge::hip::kPackFlags);
constexpr forge_plugin_preflight_v1 kPreflight =
    forge::sdk::preflight_record<PreflightOf<kTraits>>(forge::hip::kPreflightStages);
constexpr forge_plugin_limits_v1 kLimits = forge::sdk::limits_record<GpuDevice>();
constexpr forge_plugin_idle_v1 kIdle = forge::sdk::idle_record<GpuDevice>();
constexpr forge::sdk::Interface kInterfaces[] = {{FORGE_INTERFACE_KERNEL_PACK_V1, &kPack},
                                                 {FORGE_INTERFACE_PREFLIGHT_V1, &kPreflight},
                                                 {FORGE_INTERFACE_LIMITS_V1, &kLimits},
                                                 {FORGE_INTERFACE_IDLE_V1, &kIdle}};
constexpr forge::sdk::Plugin kPlugin = {
    .id = "sm90", .version = "0.1.0", .interfaces = kInterfaces};

}  // namespace

FORGE_PLUGIN(kPlugin)
