// gfx1100: the pack for RDNA 3; see plugins/hip.
#include "forge/sdk/plugin.hpp"
#include "plugins/gfx1100/traits.hpp"
#include "plugins/hip/runtime/device.hpp"
#include "plugins/hip/runtime/preflight.hpp"

namespace {

using forge::hip::DeviceOf;
using forge::hip::kTraits;
using forge::hip::PreflightOf;

constexpr forge_plugin_kernel_pack_v1 kPack =
    forge::sdk::kernel_pack_record<DeviceOf<kTraits>>(forge::hip::kPackFlags);
constexpr forge_plugin_preflight_v1 kPreflight =
    forge::sdk::preflight_record<PreflightOf<kTraits>>(forge::hip::kPreflightStages);
constexpr forge::sdk::Interface kInterfaces[] = {{FORGE_INTERFACE_KERNEL_PACK_V1, &kPack},
                                                 {FORGE_INTERFACE_PREFLIGHT_V1, &kPreflight}};
constexpr forge::sdk::Plugin kPlugin = {
    .id = "gfx1100", .version = "0.1.0", .interfaces = kInterfaces};

}  // namespace

FORGE_PLUGIN(kPlugin)
