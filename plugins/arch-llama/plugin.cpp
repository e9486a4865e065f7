// arch-llama: the dense Llama models and those that share their layout.
//   Llama 2, 3, 3.1, 3.2; 3.1 and later scale rotary frequencies by rope_freqs.weight.
//   Mistral: the same, with a sliding window where the file has one.
// GGUF files of this family have Q and K rows interleaved by the converter, so rotary pairs are
// (2i, 2i + 1): FORGE_ROPE_NORM. Turning them the other way gives text that falls apart with
// distance.
#include "forge/sdk/plugin.hpp"
#include "forge/sdk/dense_decoder.hpp"

namespace {

using forge::Status;
using forge::sdk::DenseDecoder;
using forge::sdk::Presence;

constexpr DenseDecoder kLlama = {.rope_mode = FORGE_ROPE_NORM,
                                 .qkv_bias = Presence::kOptional,
                                 .rope_factors = Presence::kOptional,
                                 .sliding_window = true};

forge_status build(const forge_host_model_v1* model, const forge_host_graph_builder_v1* builder,
                   forge_message* message) {
  return forge::sdk::fence(message, [&]() -> Status {
    return forge::sdk::build_dense_decoder(kLlama, *model, *builder, message);
  });
}

constexpr const char* kNames[] = {"llama", "mistral"};
constexpr forge_plugin_architecture_v1 kArchitecture = {sizeof(forge_plugin_architecture_v1),
                                                        std::size(kNames), kNames, build, nullptr};
constexpr forge::sdk::Interface kInterfaces[] = {{FORGE_INTERFACE_ARCHITECTURE_V1, &kArchitecture}};
constexpr forge::sdk::Plugin kPlugin = {
    .id = "arch-llama", .version = "0.1.0", .interfaces = kInterfaces};

}  // namespace

FORGE_PLUGIN(kPlugin)
