// arch-qwen: the dense Qwen models.
//   qwen2 (Qwen 2, 2.5): biases on Q, K and V; small sizes tie the output to the embedding.
//   qwen3: an RMS norm per head on Q and K instead of biases.
// Q and K rows are as the original checkpoints have them: rotary pairs are (i, i + n_rot / 2).
#include "forge/sdk/plugin.hpp"
#include "forge/sdk/dense_decoder.hpp"

namespace {

using forge::Status;
using forge::sdk::DenseDecoder;
using forge::sdk::Presence;

constexpr DenseDecoder kQwen2 = {.rope_mode = FORGE_ROPE_NEOX, .qkv_bias = Presence::kRequired};
constexpr DenseDecoder kQwen3 = {
    .rope_mode = FORGE_ROPE_NEOX, .qkv_bias = Presence::kOptional, .qk_norm = Presence::kRequired};

forge_status build(const forge_host_model_v1* model, const forge_host_graph_builder_v1* builder,
                   forge_message* message) {
  return forge::sdk::fence(message, [&]() -> Status {
    const bool qwen3 = forge::sdk::Model(*model, message).architecture() == "qwen3";
    return forge::sdk::build_dense_decoder(qwen3 ? kQwen3 : kQwen2, *model, *builder, message);
  });
}

constexpr const char* kNames[] = {"qwen2", "qwen3"};
constexpr forge_plugin_architecture_v1 kArchitecture = {sizeof(forge_plugin_architecture_v1),
                                                        std::size(kNames), kNames, build, nullptr};
constexpr forge::sdk::Interface kInterfaces[] = {{FORGE_INTERFACE_ARCHITECTURE_V1, &kArchitecture}};
constexpr forge::sdk::Plugin kPlugin = {
    .id = "arch-qwen", .version = "0.1.0", .interfaces = kInterfaces};

}  // namespace

FORGE_PLUGIN(kPlugin)
