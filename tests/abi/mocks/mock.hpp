// tests/abi/mocks/mock.hpp: a sound plugin, for mocks to be wrong in one way.
//
// Written against the C headers alone, not the SDK: mocks do what the SDK keeps from happening.
#ifndef FORGE_TESTS_ABI_MOCKS_MOCK_HPP_
#define FORGE_TESTS_ABI_MOCKS_MOCK_HPP_

#include <csignal>
#include <cstring>

#include "forge/abi/arch.h"
#include "forge/abi/codec.h"
#include "forge/abi/kernel_pack.h"
#include "forge/abi/plugin.h"
#include "forge/abi/preflight.h"
#include "forge/sdk/build.hpp"

namespace mock {

inline const forge_host_v1* host = nullptr;

inline void say(forge_message* message, const char* text) {
  host->message_set(host->self, message, {text, std::strlen(text)});
}

inline forge_status initialize(const forge_host_v1* services, forge_message*) {
  host = services;
  return FORGE_OK;
}

// ---------------------------------------------------------------- a codec: bytes, value = byte

inline void dequantize(const void* blocks, float* out, uint64_t n) {
  for (uint64_t i = 0; i < n; ++i) out[i] = static_cast<const unsigned char*>(blocks)[i];
}

constexpr forge_codec_v1 codec_of(uint32_t type, const char* name) {
  return {sizeof(forge_codec_v1), type, name, 1, 1, nullptr, 0, 0, dequantize, nullptr};
}

// ---------------------------------------------------------------- an architecture that says no

inline forge_status build(const forge_host_model_v1*, const forge_host_graph_builder_v1*,
                          forge_message* message) {
  say(message, "the mock builds nothing");
  return FORGE_UNIMPLEMENTED;
}

// ---------------------------------------------------------------- a pack that opens no device

inline constexpr forge_plugin_kernel_pack_v1 kPack = {
    sizeof(forge_plugin_kernel_pack_v1),
    0,
    [](const forge_device_v1*, const forge_pack_options_v1*, forge_pack_device**,
       forge_message* message) -> forge_status {
      say(message, "the mock opens no device");
      return FORGE_UNIMPLEMENTED;
    },
    [](forge_pack_device*) {},
    [](forge_pack_device*, const forge_graph_v1*, uint32_t, forge_message*) -> forge_status {
      return FORGE_UNIMPLEMENTED;
    },
    [](forge_pack_device*, const forge_graph_v1*, const forge_plan_options_v1*,
       forge_plan_memory_v1*, forge_message*) -> forge_status { return FORGE_UNIMPLEMENTED; },
    [](forge_pack_device*, const forge_graph_v1*, const forge_plan_options_v1*,
       const forge_progress_v1*, forge_pack_plan**,
       forge_message*) -> forge_status { return FORGE_UNIMPLEMENTED; },
    [](forge_pack_plan*) {},
    [](forge_pack_plan*, uint32_t, uint32_t, forge_pack_state**, forge_message*) -> forge_status {
      return FORGE_UNIMPLEMENTED;
    },
    [](forge_pack_state*) {},
    [](forge_pack_state*, const uint32_t*, const uint32_t*, uint32_t,
       forge_message*) -> forge_status { return FORGE_UNIMPLEMENTED; },
    nullptr,
    [](forge_pack_state*, const uint32_t*, uint32_t, void*, forge_message*) -> forge_status {
      return FORGE_UNIMPLEMENTED;
    },
    [](forge_pack_state*, const uint32_t*, uint32_t, const void*, forge_message*) -> forge_status {
      return FORGE_UNIMPLEMENTED;
    },
    nullptr,
    nullptr,
    [](forge_pack_plan*, forge_pack_state*, const forge_batch_v1*, forge_message*) -> forge_status {
      return FORGE_UNIMPLEMENTED;
    },
    [](forge_pack_plan*, void (*)(void*, const forge_counter_v1*), void*) {},
    [](forge_pack_plan*) {}};

// ---------------------------------------------------------------- the entry

inline const void* no_interface(const char*) { return nullptr; }

// A sound entry, to be changed in one field.
constexpr forge_plugin_entry_v1 entry_of(const char* id) {
  return {sizeof(forge_plugin_entry_v1), FORGE_ABI_MAJOR, FORGE_ABI_MINOR, id,      "1.0.0", "mock",
          FORGE_SDK_SANITIZER,           initialize,      no_interface,    nullptr, nullptr};
}

template <class Change>
constexpr forge_plugin_entry_v1 entry_of(const char* id, Change change) {
  forge_plugin_entry_v1 entry = entry_of(id);
  change(entry);
  return entry;
}

}  // namespace mock

#define MOCK_ENTRY(...)                                                   \
  extern "C" {                                                            \
  FORGE_EXPORT extern const forge_plugin_entry_v1 forge_plugin_entry;     \
  constinit const forge_plugin_entry_v1 forge_plugin_entry = __VA_ARGS__; \
  }

// A mock that offers one codec and is wrong in what `change` does to its entry.
#define MOCK_CODEC_ENTRY(id, ...)                                                          \
  namespace {                                                                              \
  constexpr forge_codec_v1 kCodec = mock::codec_of(FORGE_TYPE_PRIVATE + __LINE__, id);     \
  constexpr const forge_codec_v1* kList[] = {&kCodec};                                     \
  constexpr forge_plugin_codecs_v1 kCodecs = {sizeof(forge_plugin_codecs_v1), 1, kList};   \
  const void* find(const char* interface_id) {                                             \
    return std::strcmp(interface_id, FORGE_INTERFACE_CODECS_V1) == 0 ? &kCodecs : nullptr; \
  }                                                                                        \
  }                                                                                        \
  MOCK_ENTRY(mock::entry_of(id, [](forge_plugin_entry_v1& entry) {                         \
    entry.get_interface = find;                                                            \
    __VA_ARGS__;                                                                           \
  }))

#endif  // FORGE_TESTS_ABI_MOCKS_MOCK_HPP_
