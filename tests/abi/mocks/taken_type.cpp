// A codec with the type number of Q4_K.
#include "tests/abi/mocks/mock.hpp"

namespace {
constexpr forge_codec_v1 kCodec = mock::codec_of(FORGE_TYPE_Q4_K, "MINE");
constexpr const forge_codec_v1* kList[] = {&kCodec};
constexpr forge_plugin_codecs_v1 kCodecs = {sizeof(forge_plugin_codecs_v1), 1, kList};
}  // namespace

MOCK_ENTRY(mock::entry_of("taken-type", [](forge_plugin_entry_v1& entry) {
  entry.get_interface = [](const char*) -> const void* { return &kCodecs; };
}))
