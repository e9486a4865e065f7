// The plugin around Q6_U. With it loaded, `rocmforge quantize in.gguf out.gguf Q6_U` writes such
// files and every kernel pack runs them: packs without a kernel for it get Q8_0 at load.
#include "forge/sdk/plugin.hpp"

#include <string>

#include "q6u.hpp"

namespace {

constexpr forge_codec_v1 kQ6U = forge::sdk::codec_record<Q6U>();
constexpr const forge_codec_v1* kAll[] = {&kQ6U};
constexpr forge_plugin_codecs_v1 kCodecs = forge::sdk::codecs_record(kAll);
constexpr forge::sdk::Interface kInterfaces[] = {{FORGE_INTERFACE_CODECS_V1, &kCodecs}};

// A block worked out by hand: codes 0..31 with scale 0.5 and minimum -1.
forge::Status self_test() {
  Q6U::Block block{0x3800, 0xbc00, {}, {}};
  for (int i = 0; i < 16; ++i) block.low[i] = static_cast<std::uint8_t>(i | i << 4);
  for (int i = 0; i < 8; ++i) block.high[i] = 0b01'01'00'00;
  float numbers[32];
  Q6U::decode(block, numbers);
  for (int i = 0; i < 32; ++i)
    if (numbers[i] != -1 + 0.5f * static_cast<float>(i))
      return forge::internal_error("Q6_U decodes code " + std::to_string(i) + " to " +
                                   std::to_string(numbers[i]));
  return {};
}

constexpr forge::sdk::Plugin kPlugin = {
    .id = "codec-q6u", .version = "1.0.0", .interfaces = kInterfaces, .self_test = self_test};

}  // namespace

FORGE_PLUGIN(kPlugin)
