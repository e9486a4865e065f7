// arch-olmo2: OLMo 2 (OLMo team 2024, arXiv 2501.00656), which the ready-made dense decoder of
// forge/sdk/dense_decoder.hpp cannot express:
//   x = embed(token)
//   per layer:  x += norm(W_o attention(rope(norm(W_q x)), rope(norm(W_k x)), W_v x))
//               x += norm(W_down (silu(W_gate x) * (W_up x)))
//   logits = W_out norm(x)
// Norms come after attention and feed-forward instead of before, and Q and K are normalised over
// their whole width instead of head by head. What is the same is taken from dense_decoder.hpp:
// reading the sizes, and Layer, which finds the tensors of one layer and checks their shapes.
#include "forge/sdk/plugin.hpp"

#include <cmath>

#include "forge/sdk/dense_decoder.hpp"

namespace {

using forge::Status;
using forge::sdk::GraphBuilder;
using forge::sdk::Model;
using forge::sdk::Value;
using forge::sdk::Weight;
using forge::sdk::dense::Layer;
using forge::sdk::dense::Sizes;

// norm(W x) with the tensors stem.weight and norm_stem.weight.
Value normed(GraphBuilder& g, Layer& layer, const Sizes& s, std::string_view norm_stem, Value x) {
  const Weight w = layer.weight(std::string(norm_stem) + ".weight", {x.width}, "the whole width");
  return g.rms_norm(layer.name(norm_stem), x, w, s.eps);
}

Value olmo2_attention(GraphBuilder& g, Layer& layer, const Sizes& s, Value x, bool last) {
  const std::uint32_t n_q = s.n_heads * s.head_dim_k;
  const std::uint32_t n_k = s.n_kv_heads * s.head_dim_k;
  const std::uint32_t n_v = s.n_kv_heads * s.head_dim_v;
  Value q = layer.linear("attn_q", x, n_q, "embedding_length, heads x key length");
  Value k = layer.linear("attn_k", x, n_k, "embedding_length, KV heads x key length");
  const Value v = layer.linear("attn_v", x, n_v, "embedding_length, KV heads x value length");
  q = normed(g, layer, s, "attn_q_norm", q);
  k = normed(g, layer, s, "attn_k_norm", k);
  forge_rope_params_v1 rope = s.rope;
  rope.n_heads = s.n_heads;
  q = g.rope(layer.name("rope_q"), q, rope);
  rope.n_heads = s.n_kv_heads;
  k = g.rope(layer.name("rope_k"), k, rope);
  forge_attention_params_v1 params = {};
  params.struct_size = sizeof(params);
  params.n_heads = s.n_heads;
  params.n_kv_heads = s.n_kv_heads;
  params.head_dim_k = s.head_dim_k;
  params.head_dim_v = s.head_dim_v;
  params.scale = 1.0f / std::sqrt(static_cast<float>(s.head_dim_k));
  Value mixed = g.attention(layer.name("attn"), q, k, v, params);
  if (last) {  // what follows does not mix rows: go on with those whose logits are wanted
    mixed = g.select_rows(layer.name("attn_rows"), mixed);
    x = g.select_rows(layer.name("rows"), x);
  }
  const Value out = layer.linear("attn_output", mixed, s.n_embd, "heads x value length, width");
  return g.add(layer.name("attn_residual"), normed(g, layer, s, "post_attention_norm", out), x);
}

Value olmo2_feed_forward(GraphBuilder& g, Layer& layer, const Sizes& s, Value x) {
  const Value gate = layer.linear("ffn_gate", x, s.n_ff, "embedding_length, feed_forward_length");
  const Value up = layer.linear("ffn_up", x, s.n_ff, "embedding_length, feed_forward_length");
  const Value hidden = g.gated(layer.name("ffn_act"), gate, up, FORGE_ACT_SILU);
  const Value out = layer.linear("ffn_down", hidden, s.n_embd, "feed_forward_length, width");
  return g.add(layer.name("ffn_residual"), normed(g, layer, s, "post_ffw_norm", out), x);
}

Status build_graph(const Model& model, const forge_host_graph_builder_v1& record) {
  // OLMo 3 has the same name in files, and layers that differ: better refused than wrong.
  if (model.has("attention.sliding_window"))
    return forge::unimplemented("metadata key '" + model.key("attention.sliding_window") +
                                "' is there: this is OLMo 3, and arch-olmo2 builds OLMo 2 only");
  // Rotary pairs are (i, i + n_rot / 2).
  FORGE_ASSIGN(const Sizes s, forge::sdk::dense::read_sizes(model, {.rope_mode = FORGE_ROPE_NEOX}));
  GraphBuilder g(model, record);
  const Weight table =
      g.weight("token_embd.weight", {s.n_embd, s.n_vocab}, "embedding_length, vocabulary");
  Value x = g.embed("token_embd", table, s.n_embd);
  for (std::uint32_t l = 0; l < s.n_layers && g.ok(); ++l) {
    Layer layer(g, l);
    x = olmo2_attention(g, layer, s, x, l + 1 == s.n_layers);
    x = olmo2_feed_forward(g, layer, s, x);
  }
  const Weight norm = g.weight("output_norm.weight", {s.n_embd}, "embedding_length");
  const Value hidden = g.rms_norm("output_norm", x, norm, s.eps);
  const Weight output =
      g.weight("output.weight", {s.n_embd, s.n_vocab}, "embedding_length, vocabulary");
  const Value logits = g.linear("output", hidden, output);
  forge_model_info_v1 info = {};
  info.struct_size = sizeof(info);
  info.n_vocab = s.n_vocab;
  info.n_embd = s.n_embd;
  info.n_layers = s.n_layers;
  info.n_ctx_train = s.n_ctx;
  info.pos_dims = 1;
  info.logits = logits.index;
  info.hidden = hidden.index;
  return g.finish(info);
}

forge_status build(const forge_host_model_v1* model, const forge_host_graph_builder_v1* builder,
                   forge_message* message) {
  return forge::sdk::fence(message, [&] { return build_graph(Model(*model, message), *builder); });
}

constexpr const char* kNames[] = {"olmo2"};
constexpr forge_plugin_architecture_v1 kArchitecture = {sizeof(forge_plugin_architecture_v1),
                                                        std::size(kNames), kNames, build, nullptr};
constexpr forge::sdk::Interface kInterfaces[] = {{FORGE_INTERFACE_ARCHITECTURE_V1, &kArchitecture}};
constexpr forge::sdk::Plugin kPlugin = {
    .id = "arch-olmo2", .version = "1.0.0", .interfaces = kInterfaces};

}  // namespace

FORGE_PLUGIN(kPlugin)
