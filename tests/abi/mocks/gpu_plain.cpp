// A pack for GPUs without stages of preflight.
#include "tests/abi/mocks/gpu_pack.hpp"

namespace {

constexpr forge_plugin_kernel_pack_v1 kGpuPack = mock::gpu_pack();

const void* find(const char* interface_id) {
  return std::strcmp(interface_id, FORGE_INTERFACE_KERNEL_PACK_V1) == 0 ? &kGpuPack : nullptr;
}

}  // namespace

MOCK_ENTRY(mock::entry_of(FORGE_MOCK_ID,
                          [](forge_plugin_entry_v1& entry) { entry.get_interface = find; }))
