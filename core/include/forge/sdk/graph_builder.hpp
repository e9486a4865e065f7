// forge/sdk/graph_builder.hpp: building a model's graph in the manner of formulas.
//
//   GraphBuilder g(model, record);
//   Value x = g.embed(g.weight("token_embd.weight", {n_embd, n_vocab}));
//   Value h = g.rms_norm("blk.0.attn_norm", x, g.weight("blk.0.attn_norm.weight", {n_embd}), eps);
//   ...
//   return g.finish(info);
//
// The first error sticks: later calls do nothing and finish() returns it, so formulas stay free of
// checks.
#ifndef FORGE_SDK_GRAPH_BUILDER_HPP_
#define FORGE_SDK_GRAPH_BUILDER_HPP_

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "forge/abi/arch.h"
#include "forge/sdk/host.hpp"
#include "forge/sdk/model.hpp"
#include "forge/sdk/status.hpp"

namespace forge::sdk {

// A value or weight of the graph under construction: an index.
struct Value {
  std::uint32_t index = FORGE_NONE;
  std::uint32_t width = 0;  // elements per row
  std::uint32_t rows = FORGE_ROWS_TOKENS;
};
struct Weight {
  std::uint32_t index = FORGE_NONE;  // FORGE_NONE: absent
  std::uint64_t rows = 0;            // shape[1]
};

// One matrix of a grouped linear.
struct Matrix {
  std::string_view name;  // of the node, for logs
  Weight weight;
  Weight bias;
};

// Not thread-safe; lives during one build().
class GraphBuilder {
 public:
  GraphBuilder(const Model& model, const forge_host_graph_builder_v1& record)
      : model_(model), record_(&record) {}

  // Layer that following nodes belong to; FORGE_NONE outside the layers.
  void set_layer(std::uint32_t layer) { layer_ = layer; }

  bool ok() const { return status_.ok(); }
  // Makes an error stick, unless one did before.
  void fail(Status status) {
    if (status_.ok()) status_ = std::move(status);
  }

  // A tensor that must be there with exactly this shape (shape[0] first). `meaning`: what the sizes
  // are, for the message.
  Weight weight(std::string_view name, std::initializer_list<std::uint64_t> shape,
                std::string_view meaning = {}) {
    const Weight found = optional_weight(name, shape, meaning);
    if (found.index == FORGE_NONE && ok())
      fail(not_found("tensor '" + std::string(name) + "' is missing; expected " +
                     describe(shape, meaning) + " for architecture '" + model_.architecture() +
                     "'"));
    return found;
  }

  // The same for a tensor that may be absent.
  Weight optional_weight(std::string_view name, std::initializer_list<std::uint64_t> shape,
                         std::string_view meaning = {}) {
    const std::uint32_t index = ok() ? model_.find_tensor(name) : FORGE_NONE;
    if (index == FORGE_NONE) return {};
    const forge_tensor_v1& tensor = model_.tensor(index);
    std::size_t d = 0;
    bool equal = true;
    for (const std::uint64_t size : shape) equal = equal && tensor.shape[d++] == size;
    for (; d < FORGE_MAX_DIMS; ++d) equal = equal && tensor.shape[d] == 1;
    if (!equal) {
      fail(invalid_argument("tensor '" + std::string(name) + "' has shape " +
                            text({tensor.shape, tensor.n_dims}) + "; expected " +
                            describe(shape, meaning)));
      return {};
    }
    Weight weight{FORGE_NONE, tensor.shape[1]};
    fail(passed(record_->add_weight(record_->self, index, &weight.index, model_.message())));
    return weight;
  }

  Value embed(std::string_view name, Weight table, std::uint32_t n_embd, float scale = 1.0f) {
    const forge_embed_params_v1 params = {sizeof(params), scale};
    return single(FORGE_OP_EMBED, name, {}, {table.index}, &params, n_embd);
  }

  // `group`: elements normalised together; 0 = the whole row.
  Value rms_norm(std::string_view name, Value x, Weight weight, float eps,
                 std::uint32_t group = 0) {
    const forge_norm_params_v1 params = {sizeof(params), FORGE_NORM_RMS,
                                         group == 0 ? x.width : group, eps};
    return single(FORGE_OP_NORM, name, {x}, {weight.index, FORGE_NONE}, &params, x.width);
  }

  Value linear(std::string_view name, Value x, Weight weight, Weight bias = {}) {
    const forge_linear_params_v1 params = {sizeof(params), FORGE_ACT_NONE};
    return single(FORGE_OP_LINEAR, name, {x}, {weight.index, bias.index}, &params,
                  static_cast<std::uint32_t>(weight.rows));
  }

  Value rope(std::string_view name, Value x, const forge_rope_params_v1& params,
             Weight factors = {}) {
    return single(FORGE_OP_ROPE, name, {x}, {factors.index}, &params, x.width);
  }

  // Makes the layer's KV state (element types as configured by the host) and attends.
  Value attention(std::string_view name, Value q, Value k, Value v,
                  const forge_attention_params_v1& params, Weight sinks = {}) {
    forge_state_v1 state = {};
    state.struct_size = sizeof(state);
    state.kind = FORGE_STATE_KV;
    state.layer = layer_;
    state.type_k = FORGE_TYPE_F16;
    state.type_v = FORGE_TYPE_F16;
    state.n_kv_heads = params.n_kv_heads;
    state.head_dim_k = params.head_dim_k;
    state.head_dim_v = params.head_dim_v;
    return single(FORGE_OP_ATTENTION, name, {q, k, v}, {sinks.index}, &params,
                  params.n_heads * params.head_dim_v, add_state(state));
  }

  Value gated(std::string_view name, Value gate, Value up, std::uint32_t activation) {
    const forge_activation_params_v1 params = {sizeof(params), activation};
    return single(FORGE_OP_GATED, name, {gate, up}, {}, &params, gate.width);
  }

  Value add(std::string_view name, Value a, Value b) {
    return binary(name, a, b, FORGE_BINARY_ADD);
  }
  Value multiply(std::string_view name, Value a, Value b) {
    return binary(name, a, b, FORGE_BINARY_MUL);
  }

  Value scale(std::string_view name, Value x, float factor) {
    const forge_unary_params_v1 params = {sizeof(params), FORGE_UNARY_SCALE, factor, 0};
    return single(FORGE_OP_UNARY, name, {x}, {}, &params, x.width);
  }
  Value soft_cap(std::string_view name, Value x, float cap) {
    const forge_unary_params_v1 params = {sizeof(params), FORGE_UNARY_SOFT_CAP, cap, 0};
    return single(FORGE_OP_UNARY, name, {x}, {}, &params, x.width);
  }

  // Rows whose logits are wanted.
  Value select_rows(std::string_view name, Value x) {
    return single(FORGE_OP_SELECT_ROWS, name, {x}, {}, nullptr, x.width, FORGE_NONE,
                  FORGE_ROWS_OUTPUTS);
  }

  // Anything else: one op with one output.
  Value single(std::uint32_t op, std::string_view name, std::initializer_list<Value> inputs,
               std::initializer_list<std::uint32_t> weights, const void* params,
               std::uint32_t width, std::uint32_t state = FORGE_NONE,
               std::uint32_t rows = FORGE_NONE) {
    const std::uint32_t out_rows =
        rows != FORGE_NONE ? rows : (inputs.size() == 0 ? kTokens : inputs.begin()->rows);
    const Value out = add_value(width, out_rows);
    std::vector<std::uint32_t> in;
    for (const Value& v : inputs) in.push_back(v.index);
    forge_node_v1 node = {};
    node.struct_size = sizeof(node);
    node.op = op;
    node.layer = layer_;
    node.state = state;
    node.name = to_abi(name);
    node.n_inputs = static_cast<std::uint32_t>(in.size());
    node.n_outputs = 1;
    node.n_weights = static_cast<std::uint32_t>(weights.size());
    node.inputs = in.data();
    node.outputs = &out.index;
    node.weights = weights.begin();
    node.params = params;
    if (ok()) fail(passed(record_->add_node(record_->self, &node, model_.message())));
    return out;
  }

  std::uint32_t add_state(const forge_state_v1& state) {
    std::uint32_t index = FORGE_NONE;
    if (ok()) fail(passed(record_->add_state(record_->self, &state, &index, model_.message())));
    return index;
  }

  // Ends the graph. The logits' and hidden state's indices are part of `info`.
  Status finish(const forge_model_info_v1& info) {
    if (ok()) fail(passed(record_->finish(record_->self, &info, model_.message())));
    return status_;
  }

 private:
  static constexpr std::uint32_t kTokens = FORGE_ROWS_TOKENS;

  Value add_value(std::uint32_t width, std::uint32_t rows) {
    forge_value_v1 value = {};
    value.struct_size = sizeof(value);
    value.type = FORGE_TYPE_F32;
    value.rows = rows;
    value.width = width;
    value.parent = FORGE_NONE;
    value.arena_offset = FORGE_NONE;
    Value out{FORGE_NONE, width, rows};
    if (ok()) fail(passed(record_->add_value(record_->self, &value, &out.index, model_.message())));
    return out;
  }

  Value binary(std::string_view name, Value a, Value b, std::uint32_t kind) {
    const forge_binary_params_v1 params = {sizeof(params), kind};
    return single(FORGE_OP_BINARY, name, {a, b}, {}, &params, a.width);
  }

  static std::string text(std::span<const std::uint64_t> shape) {
    std::string out = "[";
    for (const std::uint64_t size : shape)
      out += (out.size() > 1 ? ", " : "") + std::to_string(size);
    return out + "]";
  }
  static std::string describe(std::initializer_list<std::uint64_t> shape,
                              std::string_view meaning) {
    std::string out = text({shape.begin(), shape.size()});
    if (!meaning.empty()) out += " (" + std::string(meaning) + ")";
    return out;
  }

  const Model& model_;
  const forge_host_graph_builder_v1* record_;
  std::uint32_t layer_ = FORGE_NONE;
  Status status_;
};

}  // namespace forge::sdk

#endif  // FORGE_SDK_GRAPH_BUILDER_HPP_
