// A kernel pack whose execute is null.
#include "tests/abi/mocks/mock.hpp"

namespace {
constexpr forge_plugin_kernel_pack_v1 kBroken = [] {
  forge_plugin_kernel_pack_v1 pack = mock::kPack;
  pack.execute = nullptr;
  return pack;
}();
}  // namespace

MOCK_ENTRY(mock::entry_of("null-slot", [](forge_plugin_entry_v1& entry) {
  entry.get_interface = [](const char*) -> const void* { return &kBroken; };
}))
