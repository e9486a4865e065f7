// tests/support/tiny_graph.hpp: a graph with KV and recurrent state, made without a file.
#ifndef FORGE_TESTS_SUPPORT_TINY_GRAPH_HPP_
#define FORGE_TESTS_SUPPORT_TINY_GRAPH_HPP_

#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/codec/host_codecs.hpp"
#include "core/graph/builder.hpp"
#include "core/graph/plan.hpp"
#include "tests/catch.hpp"

namespace forge::test {

// Adds values, weights and nodes of a graph, with F32 weights of seeded random numbers. Everything
// must be right: what the builder refuses fails the test.
class GraphMaker {
 public:
  explicit GraphMaker(std::uint32_t seed = 1) : random_(seed) {
    static_cast<void>(process_codecs());
  }

  std::uint32_t value(std::uint32_t width, std::uint32_t rows = FORGE_ROWS_TOKENS,
                      std::uint32_t type = FORGE_TYPE_F32) {
    forge_value_v1 v = {};
    v.struct_size = sizeof(v);
    v.type = type;
    v.rows = rows;
    v.width = width;
    v.parent = FORGE_NONE;
    v.arena_offset = FORGE_NONE;
    graph.values.push_back(v);
    return last(graph.values);
  }
  std::uint32_t view(std::uint32_t parent, std::uint32_t offset, std::uint32_t width) {
    forge_value_v1 v = graph.values[parent];
    v.parent = parent;
    v.offset = offset;
    v.width = width;
    graph.values.push_back(v);
    return last(graph.values);
  }
  std::uint32_t weight(const std::string& name, std::vector<std::uint64_t> shape,
                       float spread = 0.5f) {
    std::size_t n = 1;
    for (const std::uint64_t size : shape) n *= size;
    std::vector<float>& data = data_.emplace_back(n);
    std::normal_distribution<float> normal(0, spread);
    for (float& x : data) x = normal(random_);
    forge_tensor_v1 t = {};
    t.struct_size = sizeof(t);
    t.type = FORGE_TYPE_F32;
    const std::string& kept = names_.emplace_back(name);
    t.name = {kept.data(), kept.size()};
    for (std::size_t d = 0; d < FORGE_MAX_DIMS; ++d) t.shape[d] = d < shape.size() ? shape[d] : 1;
    t.n_dims = static_cast<std::uint32_t>(shape.size());
    t.data = data.data();
    t.n_bytes = n * sizeof(float);
    graph.weights.push_back(t);
    return last(graph.weights);
  }
  const std::vector<float>& data(std::uint32_t weight) const { return data_[weight]; }
  std::uint32_t kv_state(std::uint32_t n_kv_heads, std::uint32_t dim_k, std::uint32_t dim_v) {
    forge_state_v1 s = {};
    s.struct_size = sizeof(s);
    s.kind = FORGE_STATE_KV;
    s.type_k = s.type_v = FORGE_TYPE_F32;
    s.n_kv_heads = n_kv_heads;
    s.head_dim_k = dim_k;
    s.head_dim_v = dim_v;
    graph.states.push_back(s);
    return last(graph.states);
  }
  std::uint32_t recurrent_state(std::uint32_t n_elements) {
    forge_state_v1 s = {};
    s.struct_size = sizeof(s);
    s.kind = FORGE_STATE_RECURRENT;
    s.n_elements = n_elements;
    graph.states.push_back(s);
    return last(graph.states);
  }
  template <class Params>
  graph::Node& node(std::uint32_t op, std::vector<std::uint32_t> inputs,
                    std::vector<std::uint32_t> outputs, std::vector<std::uint32_t> weights,
                    const Params& params, std::uint32_t state = FORGE_NONE) {
    graph::Node n;
    n.op = op;
    n.state = state;
    n.name = graph::op_name(op) + "_" + std::to_string(graph.nodes.size());
    n.inputs = std::move(inputs);
    n.outputs = std::move(outputs);
    n.weights = std::move(weights);
    if constexpr (!std::is_same_v<Params, std::nullptr_t>) n.params = graph::Params(params);
    graph.nodes.push_back(std::move(n));
    return graph.nodes.back();
  }

  // The ops that most graphs need; each answers its output.
  std::uint32_t embed(std::uint32_t table, std::uint32_t width) {
    const forge_embed_params_v1 p = {sizeof(p), 1};
    const std::uint32_t y = value(width);
    node(FORGE_OP_EMBED, {}, {y}, {table}, p);
    return y;
  }
  std::uint32_t linear(std::uint32_t x, std::uint32_t w) {
    const forge_linear_params_v1 p = {sizeof(p), FORGE_ACT_NONE};
    const std::uint32_t y =
        value(static_cast<std::uint32_t>(graph.weights[w].shape[1]), graph.values[x].rows);
    node(FORGE_OP_LINEAR, {x}, {y}, {w, FORGE_NONE}, p);
    return y;
  }
  std::uint32_t norm(std::uint32_t x) {
    const std::uint32_t width = graph.values[x].width;
    const forge_norm_params_v1 p = {sizeof(p), FORGE_NORM_RMS, width, 1e-5f};
    const std::uint32_t y = value(width, graph.values[x].rows);
    node(FORGE_OP_NORM, {x}, {y}, {FORGE_NONE, FORGE_NONE}, p);
    return y;
  }
  std::uint32_t add(std::uint32_t a, std::uint32_t b) {
    const forge_binary_params_v1 p = {sizeof(p), FORGE_BINARY_ADD};
    const std::uint32_t y = value(graph.values[a].width, graph.values[a].rows);
    node(FORGE_OP_BINARY, {a, b}, {y}, {}, p);
    return y;
  }
  std::uint32_t gated(std::uint32_t gate, std::uint32_t up) {
    const forge_activation_params_v1 p = {sizeof(p), FORGE_ACT_SILU};
    const std::uint32_t y = value(graph.values[gate].width, graph.values[gate].rows);
    node(FORGE_OP_GATED, {gate, up}, {y}, {}, p);
    return y;
  }
  std::uint32_t select_rows(std::uint32_t x) {
    const std::uint32_t y = value(graph.values[x].width, FORGE_ROWS_OUTPUTS);
    node(FORGE_OP_SELECT_ROWS, {x}, {y}, {}, nullptr);
    return y;
  }
  std::uint32_t attention(std::uint32_t q, std::uint32_t k, std::uint32_t v, std::uint32_t n_heads,
                          std::uint32_t n_kv_heads) {
    forge_attention_params_v1 p = {};
    p.struct_size = sizeof(p);
    p.n_heads = n_heads;
    p.n_kv_heads = n_kv_heads;
    p.head_dim_k = graph.values[k].width / n_kv_heads;
    p.head_dim_v = graph.values[v].width / n_kv_heads;
    p.scale = 0.5f;
    const std::uint32_t y = value(n_heads * p.head_dim_v);
    const std::uint32_t state = kv_state(n_kv_heads, p.head_dim_k, p.head_dim_v);
    node(FORGE_OP_ATTENTION, {q, k, v}, {y}, {FORGE_NONE}, p, state);
    return y;
  }
  std::uint32_t conv(std::uint32_t x, std::uint32_t taps) {
    const std::uint32_t width = graph.values[x].width;
    const auto kernel = static_cast<std::uint32_t>(graph.weights[taps].shape[0]);
    const forge_conv_params_v1 p = {sizeof(p), kernel, FORGE_ACT_SILU};
    const std::uint32_t y = value(width);
    const std::uint32_t state = recurrent_state((kernel - 1) * width);
    node(FORGE_OP_SHORT_CONV, {x}, {y}, {taps, FORGE_NONE}, p, state);
    return y;
  }

  // Ends it: logits are `logits`.
  graph::Graph finish(std::uint32_t logits, std::uint32_t n_vocab,
                      std::uint32_t hidden = FORGE_NONE) {
    graph.outputs = {logits};
    if (hidden != FORGE_NONE) graph.outputs.push_back(hidden);
    graph.info = {};
    graph.info.struct_size = sizeof(graph.info);
    graph.info.n_vocab = n_vocab;
    graph.info.n_embd = hidden == FORGE_NONE ? 0 : graph.values[hidden].width;
    graph.info.pos_dims = 1;
    graph.info.logits = logits;
    graph.info.hidden = hidden;
    return graph;
  }

  graph::Graph graph;

 private:
  template <class T>
  static std::uint32_t last(const std::vector<T>& list) {
    return static_cast<std::uint32_t>(list.size() - 1);
  }

  std::mt19937 random_;
  std::deque<std::vector<float>> data_;
  std::deque<std::string> names_;
};

inline constexpr std::uint32_t kTinyVocab = 19;

// One layer of attention; with `recurrent`, of short convolution before it.
inline graph::Graph tiny_graph(GraphMaker& g, bool recurrent) {
  constexpr std::uint32_t kWidth = 8;
  std::uint32_t x = g.embed(g.weight("table", {kWidth, kTinyVocab}), kWidth);
  if (recurrent) x = g.add(x, g.conv(x, g.weight("taps", {4, kWidth})));
  const std::uint32_t h = g.norm(x);
  const std::uint32_t q = g.linear(h, g.weight("q", {kWidth, 8}));
  const std::uint32_t k = g.linear(h, g.weight("k", {kWidth, 4}));
  const std::uint32_t v = g.linear(h, g.weight("v", {kWidth, 4}));
  x = g.add(g.linear(g.attention(q, k, v, 2, 1), g.weight("o", {8, kWidth})), x);
  const std::uint32_t hidden = g.norm(g.select_rows(x));
  return g.finish(g.linear(hidden, g.weight("output", {kWidth, kTinyVocab})), kTinyVocab, hidden);
}

// Prepared and loaded on `packs` and the reference executor.
inline std::unique_ptr<graph::Plan> load_plan(
    graph::Graph graph, graph::PlanOptions options = {},
    std::vector<std::shared_ptr<graph::PackDevice>> packs = {}) {
  options.type_k = options.type_v = FORGE_TYPE_F32;
  auto plan = graph::Plan::prepare(std::move(graph), std::move(packs), options);
  INFO(plan.status().message());
  REQUIRE(plan.ok());
  const Status loaded = (*plan)->load({});
  INFO(loaded.message());
  REQUIRE(loaded.ok());
  return std::move(plan).value();
}

}  // namespace forge::test

#endif  // FORGE_TESTS_SUPPORT_TINY_GRAPH_HPP_
