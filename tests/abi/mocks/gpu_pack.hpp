// tests/abi/mocks/gpu_pack.hpp: a pack for GPUs that does what a test wants of it.
//
// The environment says what, so that a program and its children agree:
//   MOCK_DEVICE     fails: device_open fails; budget: so it does, and tells its memory budget
#ifndef FORGE_TESTS_ABI_MOCKS_GPU_PACK_HPP_
#define FORGE_TESTS_ABI_MOCKS_GPU_PACK_HPP_

#include <cstdio>
#include <cstdlib>

#include "tests/abi/mocks/mock.hpp"

namespace mock {

inline bool asked(const char* variable, const char* value) {
  const char* const text = std::getenv(variable);
  return text != nullptr && std::strcmp(text, value) == 0;
}

inline forge_status open_gpu(const forge_device_v1* device, const forge_pack_options_v1*,
                             forge_pack_device** out, forge_message* message) {
  static char handle;
  if (asked("MOCK_DEVICE", "fails")) {
    say(message, "the mock's queue is stuck");
    return FORGE_UNAVAILABLE;
  }
  if (asked("MOCK_DEVICE", "budget")) {
    char text[128];
    std::snprintf(text, sizeof text, "%s may take %llu bytes", device->key,
                  static_cast<unsigned long long>(device->memory_budget));
    say(message, text);
    return FORGE_UNAVAILABLE;
  }
  *out = reinterpret_cast<forge_pack_device*>(&handle);
  return FORGE_OK;
}

constexpr forge_plugin_kernel_pack_v1 gpu_pack() {
  forge_plugin_kernel_pack_v1 pack = kPack;
  pack.device_open = open_gpu;
  return pack;
}

}  // namespace mock

#endif  // FORGE_TESTS_ABI_MOCKS_GPU_PACK_HPP_
