// forge/sdk/dense_decoder.hpp: the pre-norm decoder that the llama and qwen families are variations
// of.
//
//   x = embed(token)
//   per layer:  x += W_o attention(rope(norm(W_q n)), rope(norm(W_k n)), W_v n),  n = rms_norm(x)
//               x += W_down (silu(W_gate m) * (W_up m)),                          m = rms_norm(x)
//   logits = W_out rms_norm(x)
//
// An architecture that fits is a DenseDecoder: data. Tensor names and shapes are GGUF's
// (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md); axes are listed in kLayerTensors.
#ifndef FORGE_SDK_DENSE_DECODER_HPP_
#define FORGE_SDK_DENSE_DECODER_HPP_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "forge/sdk/graph_builder.hpp"
#include "forge/sdk/model.hpp"

namespace forge::sdk {

enum class Presence { kAbsent, kOptional, kRequired };

// How one family differs from the next.
struct DenseDecoder {
  std::uint32_t rope_mode = FORGE_ROPE_NEOX;  // the file's pairing, see forge/abi/graph.h
  Presence qkv_bias = Presence::kOptional;    // blk.*.attn_{q,k,v}.bias
  Presence qk_norm = Presence::kAbsent;       // blk.*.attn_{q,k}_norm.weight, per head
  Presence rope_factors = Presence::kAbsent;  // rope_freqs.weight
  bool sliding_window = false;                // honours attention.sliding_window
};

namespace dense {

// Sizes of one model, as its metadata has them.
struct Sizes {
  std::uint32_t n_embd = 0, n_vocab = 0, n_layers = 0, n_ctx = 0;
  std::uint32_t n_heads = 0, n_kv_heads = 0, head_dim_k = 0, head_dim_v = 0;
  std::uint32_t n_ff = 0, n_rot = 0, window = 0;
  float eps = 0;
  forge_rope_params_v1 rope = {};
};

// Upper limits for metadata: far above any model, low enough that products fit 64 bits.
inline constexpr std::uint32_t kMaxWidth = 1u << 20;
inline constexpr std::uint32_t kMaxLayers = 4096;
inline constexpr std::uint32_t kMaxHeads = 4096;
inline constexpr std::uint32_t kMaxContext = 1u << 28;

// A number that files may give once or per layer; layers that differ are another architecture.
inline Result<std::uint32_t> uniform(const Model& model, std::string_view name,
                                     std::uint32_t fallback, std::uint32_t high) {
  FORGE_ASSIGN(const std::vector<double> values, model.numbers(name));
  if (values.empty()) {
    if (fallback != 0) return fallback;
    return model.u32(name, 1, high);  // absent or not a number: the message says which
  }
  for (const double value : values) {
    if (value != values[0])
      return unimplemented("metadata key '" + model.key(name) +
                           "' differs between layers, which this architecture does not have");
  }
  if (!(values[0] >= 1 && values[0] <= high))
    return invalid_argument("metadata key '" + model.key(name) + "' is " +
                            std::to_string(values[0]) + "; it must be between 1 and " +
                            std::to_string(high));
  return static_cast<std::uint32_t>(values[0]);
}

// rope.*: base, partial dimensions, and the scaling the file asks for (none, linear or YaRN).
inline Status read_rope(const Model& model, const DenseDecoder& family, Sizes& s) {
  forge_rope_params_v1& rope = s.rope;
  rope.struct_size = sizeof(rope);
  rope.mode = family.rope_mode;
  rope.head_dim = s.head_dim_k;
  FORGE_ASSIGN(rope.n_rot, model.u32_or("rope.dimension_count", s.head_dim_k, 2, s.head_dim_k));
  FORGE_ASSIGN(rope.base, model.f32_or("rope.freq_base", 10000.0f));
  rope.freq_scale = 1.0f;
  rope.attn_factor = 1.0f;
  FORGE_ASSIGN(const std::string scaling, model.string_or("rope.scaling.type", "none"));
  if (scaling == "none") return {};
  if (scaling != "linear" && scaling != "yarn")
    return unimplemented("metadata key '" + model.key("rope.scaling.type") + "' is '" + scaling +
                         "'; this build knows none, linear and yarn");
  FORGE_ASSIGN(const float factor, model.f32_or("rope.scaling.factor", 1.0f));
  if (!(factor > 0))
    return invalid_argument("metadata key '" + model.key("rope.scaling.factor") +
                            "' is not positive");
  rope.freq_scale = 1.0f / factor;
  if (scaling == "linear") return {};
  FORGE_ASSIGN(rope.n_ctx_orig,
               model.u32_or("rope.scaling.original_context_length", s.n_ctx, 1, kMaxContext));
  FORGE_ASSIGN(rope.attn_factor, model.f32_or("rope.scaling.attn_factor", 1.0f));
  FORGE_ASSIGN(rope.ext_factor, model.f32_or("rope.scaling.yarn_ext_factor", 1.0f));
  FORGE_ASSIGN(rope.beta_fast, model.f32_or("rope.scaling.yarn_beta_fast", 32.0f));
  FORGE_ASSIGN(rope.beta_slow, model.f32_or("rope.scaling.yarn_beta_slow", 1.0f));
  return {};
}

inline Result<Sizes> read_sizes(const Model& model, const DenseDecoder& family) {
  Sizes s;
  FORGE_ASSIGN(s.n_embd, model.u32("embedding_length", 1, kMaxWidth));
  FORGE_ASSIGN(s.n_layers, model.u32("block_count", 1, kMaxLayers));
  FORGE_ASSIGN(s.n_ctx, model.u32_or("context_length", 0, 0, kMaxContext));
  FORGE_ASSIGN(s.n_heads, uniform(model, "attention.head_count", 0, kMaxHeads));
  FORGE_ASSIGN(s.n_kv_heads, uniform(model, "attention.head_count_kv", s.n_heads, kMaxHeads));
  FORGE_ASSIGN(s.n_ff, uniform(model, "feed_forward_length", 0, kMaxWidth));
  if (s.n_heads % s.n_kv_heads != 0)
    return invalid_argument("metadata: " + std::to_string(s.n_kv_heads) +
                            " KV heads do not divide " + std::to_string(s.n_heads) +
                            " heads (attention.head_count_kv)");
  const std::uint32_t usual = std::max(1u, s.n_embd / s.n_heads);
  FORGE_ASSIGN(s.head_dim_k, model.u32_or("attention.key_length", usual, 1, kMaxWidth));
  FORGE_ASSIGN(s.head_dim_v, model.u32_or("attention.value_length", usual, 1, kMaxWidth));
  FORGE_ASSIGN(s.eps, model.f32("attention.layer_norm_rms_epsilon"));
  if (family.sliding_window) {
    FORGE_ASSIGN(s.window, model.u32_or("attention.sliding_window", 0, 0, kMaxContext));
  }
  FORGE_ASSIGN(const std::uint32_t n_experts, model.u32_or("expert_count", 0, 0, kMaxWidth));
  if (n_experts > 0)
    return unimplemented("this is a mixture-of-experts model (" + model.key("expert_count") +
                         " = " + std::to_string(n_experts) + "); the '" + model.architecture() +
                         "' architecture here is dense");
  const std::uint32_t table = model.find_tensor("token_embd.weight");
  if (table != FORGE_NONE) {
    const std::uint64_t rows = model.tensor(table).shape[1];
    if (rows == 0 || rows > (1u << 24))
      return invalid_argument("tensor 'token_embd.weight' has " + std::to_string(rows) + " rows");
    s.n_vocab = static_cast<std::uint32_t>(rows);
  }
  FORGE_TRY(read_rope(model, family, s));
  return s;
}

// One layer under construction: names with the layer's prefix, weights by their short name.
class Layer {
 public:
  Layer(GraphBuilder& g, std::uint32_t index)
      : g_(g), prefix_("blk." + std::to_string(index) + ".") {
    g_.set_layer(index);
  }
  ~Layer() { g_.set_layer(FORGE_NONE); }
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  std::string name(std::string_view stem) const { return prefix_ + std::string(stem); }

  Weight weight(std::string_view stem, std::initializer_list<std::uint64_t> shape,
                std::string_view meaning, Presence presence = Presence::kRequired) {
    if (presence == Presence::kAbsent) return {};
    return presence == Presence::kRequired ? g_.weight(name(stem), shape, meaning)
                                           : g_.optional_weight(name(stem), shape, meaning);
  }

  // W x + b with the tensors stem.weight [n_in, n_out] and stem.bias [n_out].
  Value linear(std::string_view stem, Value x, std::uint64_t n_out, std::string_view meaning,
               Presence bias = Presence::kAbsent) {
    const std::string full(stem);
    const Weight w = weight(full + ".weight", {x.width, n_out}, meaning);
    return g_.linear(name(stem), x, w, weight(full + ".bias", {n_out}, meaning, bias));
  }

 private:
  GraphBuilder& g_;
  std::string prefix_;
};

inline Value attention_block(GraphBuilder& g, Layer& layer, const DenseDecoder& family,
                             const Sizes& s, Value x, Weight factors, bool last) {
  const Weight norm = layer.weight("attn_norm.weight", {s.n_embd}, "embedding_length");
  const Value h = g.rms_norm(layer.name("attn_norm"), x, norm, s.eps);
  const std::uint64_t n_q = std::uint64_t{s.n_heads} * s.head_dim_k;
  const std::uint64_t n_k = std::uint64_t{s.n_kv_heads} * s.head_dim_k;
  const std::uint64_t n_v = std::uint64_t{s.n_kv_heads} * s.head_dim_v;
  Value q = layer.linear("attn_q", h, n_q, "embedding_length, heads x key length", family.qkv_bias);
  Value k =
      layer.linear("attn_k", h, n_k, "embedding_length, KV heads x key length", family.qkv_bias);
  const Value v =
      layer.linear("attn_v", h, n_v, "embedding_length, KV heads x value length", family.qkv_bias);
  if (family.qk_norm != Presence::kAbsent) {
    const auto head_norm = [&](std::string_view stem, Value value) {
      const Weight w =
          layer.weight(std::string(stem) + ".weight", {s.head_dim_k}, "key length", family.qk_norm);
      return w.index == FORGE_NONE ? value
                                   : g.rms_norm(layer.name(stem), value, w, s.eps, s.head_dim_k);
    };
    q = head_norm("attn_q_norm", q);
    k = head_norm("attn_k_norm", k);
  }
  forge_rope_params_v1 rope = s.rope;
  rope.n_heads = s.n_heads;
  q = g.rope(layer.name("rope_q"), q, rope, factors);
  rope.n_heads = s.n_kv_heads;
  k = g.rope(layer.name("rope_k"), k, rope, factors);
  const forge_attention_params_v1 params = {
      sizeof(params), s.n_heads,    s.n_kv_heads,
      s.head_dim_k,   s.head_dim_v, 1.0f / std::sqrt(static_cast<float>(s.head_dim_k)),
      0.0f,           s.window};
  Value mixed = g.attention(layer.name("attn"), q, k, v, params);
  if (last) {  // rows that nobody asked about end here: what follows does not mix rows
    mixed = g.select_rows(layer.name("attn_rows"), mixed);
    x = g.select_rows(layer.name("rows"), x);
  }
  const Value out = layer.linear("attn_output", mixed, s.n_embd,
                                 "heads x value length, embedding_length", Presence::kOptional);
  return g.add(layer.name("attn_residual"), out, x);
}

inline Value feed_forward_block(GraphBuilder& g, Layer& layer, const Sizes& s, Value x) {
  const Weight norm = layer.weight("ffn_norm.weight", {s.n_embd}, "embedding_length");
  const Value h = g.rms_norm(layer.name("ffn_norm"), x, norm, s.eps);
  const std::string_view meaning = "embedding_length, feed_forward_length";
  const Value gate = layer.linear("ffn_gate", h, s.n_ff, meaning, Presence::kOptional);
  const Value up = layer.linear("ffn_up", h, s.n_ff, meaning, Presence::kOptional);
  const Value hidden = g.gated(layer.name("ffn_act"), gate, up, FORGE_ACT_SILU);
  const Value out = layer.linear("ffn_down", hidden, s.n_embd,
                                 "feed_forward_length, embedding_length", Presence::kOptional);
  return g.add(layer.name("ffn_residual"), out, x);
}

}  // namespace dense

// Builds the whole graph; forge_plugin_architecture_v1::build for such a family.
inline Status build_dense_decoder(const DenseDecoder& family, const forge_host_model_v1& file,
                                  const forge_host_graph_builder_v1& record,
                                  forge_message* message) {
  const Model model(file, message);
  FORGE_ASSIGN(const dense::Sizes s, dense::read_sizes(model, family));
  GraphBuilder g(model, record);
  const Weight table =
      g.weight("token_embd.weight", {s.n_embd, s.n_vocab}, "embedding_length, vocabulary");
  const Weight factors =
      family.rope_factors == Presence::kAbsent
          ? Weight{}
          : g.optional_weight("rope_freqs.weight", {s.rope.n_rot / 2}, "rotated pairs");
  Value x = g.embed("token_embd", table, s.n_embd);
  for (std::uint32_t l = 0; l < s.n_layers && g.ok(); ++l) {
    dense::Layer layer(g, l);
    x = dense::attention_block(g, layer, family, s, x, factors, l + 1 == s.n_layers);
    x = dense::feed_forward_block(g, layer, s, x);
  }
  const Weight norm = g.weight("output_norm.weight", {s.n_embd}, "embedding_length");
  const Value hidden = g.rms_norm("output_norm", x, norm, s.eps);
  Weight output =
      g.optional_weight("output.weight", {s.n_embd, s.n_vocab}, "embedding_length, vocabulary");
  if (output.index == FORGE_NONE) output = table;  // tied
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

}  // namespace forge::sdk

#endif  // FORGE_SDK_DENSE_DECODER_HPP_
