// Nothing is wrong with the library; what is wrong is in the manifest or in the machine.
#include "tests/abi/mocks/mock.hpp"

namespace {
const void* find_any(const char* id) {
  return std::strcmp(id, FORGE_INTERFACE_KERNEL_PACK_V1) == 0 ? &mock::kPack : nullptr;
}
}  // namespace

MOCK_ENTRY(mock::entry_of(FORGE_MOCK_ID,
                          [](forge_plugin_entry_v1& entry) { entry.get_interface = find_any; }))
