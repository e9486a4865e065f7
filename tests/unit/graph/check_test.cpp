#include "core/graph/check.hpp"

#include <cmath>
#include <functional>
#include <limits>

#include "tests/catch.hpp"
#include "tests/support/tiny_graph.hpp"

namespace forge::graph {
namespace {

using test::GraphMaker;

// A sound graph of one op, and ways to spoil it: each must be refused in words that name the node
// and say this.
struct Spoilt {
  const char* says;
  std::function<void(Graph&, Node&)> spoil;
};

void check_op(GraphMaker& g, const std::vector<Spoilt>& list) {
  const Node& sound = g.graph.nodes.back();
  const Status ok = check_node(g.graph, sound);
  INFO(ok.message());
  REQUIRE(ok.ok());
  for (const Spoilt& s : list) {
    Graph graph = g.graph;
    Node node = sound;
    s.spoil(graph, node);
    const Status status = check_node(graph, node);
    INFO("expected: " << s.says << "\n  got: " << status.message());
    CHECK(status.code() == Code::kInvalidArgument);
    CHECK(status.message().find(s.says) != std::string::npos);
    CHECK(status.message().find("'" + node.name + "'") != std::string::npos);
  }
  // What holds for every op.
  const auto refused = [&](auto change) {
    Graph graph = g.graph;
    Node node = sound;
    change(graph, node);
    const Status status = check_node(graph, node);
    INFO(status.message());
    CHECK(status.code() == Code::kInvalidArgument);
  };
  refused([](Graph&, Node& n) { n.op = 99; });
  refused([](Graph&, Node& n) { n.inputs.resize(70, 0); });
  refused([](Graph&, Node& n) { n.outputs.clear(); });
  refused([](Graph&, Node& n) { n.outputs[0] = 1000; });
  refused([](Graph& gr, Node& n) { gr.values[n.outputs[0]].width += 1; });
  refused([](Graph& gr, Node& n) { gr.values[n.outputs[0]].rows ^= 1; });
  refused([](Graph& gr, Node& n) { gr.values[n.outputs[0]].type ^= FORGE_TYPE_I32; });
  if (sound.state == FORGE_NONE) {
    refused([](Graph&, Node& n) { n.state = 0; });
  } else {
    refused([](Graph&, Node& n) { n.state = FORGE_NONE; });
    refused([](Graph&, Node& n) { n.state = 7; });
    refused([](Graph& gr, Node& n) { gr.states[n.state].kind ^= 1; });
  }
  if (!sound.params.empty()) refused([](Graph&, Node& n) { n.params = {}; });
  for (std::size_t i = 0; i < sound.inputs.size(); ++i) {
    refused([&](Graph&, Node& n) { n.inputs[i] = FORGE_NONE; });
    refused([&](Graph& gr, Node& n) { gr.values[n.inputs[i]].width += 1; });
    refused([&](Graph& gr, Node& n) { gr.values[n.inputs[i]].type ^= FORGE_TYPE_I32; });
  }
  for (std::size_t i = 0; i < sound.weights.size(); ++i) {
    if (sound.weights[i] == FORGE_NONE) continue;
    refused([&](Graph&, Node& n) { n.weights[i] = 55; });
    refused([&](Graph& gr, Node& n) { gr.weights[n.weights[i]].shape[0] += 1; });
    refused([&](Graph& gr, Node& n) { gr.weights[n.weights[i]].shape[3] = 2; });
  }
  if (!sound.weights.empty()) refused([](Graph&, Node& n) { n.weights.pop_back(); });
}

template <class Params>
std::function<void(Graph&, Node&)> with(void (*change)(Params&)) {
  return [change](Graph&, Node& n) { change(n.params.as<Params>()); };
}

const float kNan = std::nanf("");
constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST_CASE("graph check: embed") {
  GraphMaker g;
  g.embed(g.weight("tok.weight", {8, 20}), 8);
  check_op(g, {{"weight 'tok.weight' has shape [9, 20]; expected [8, 20]",
                [](Graph& gr, Node&) { gr.weights[0].shape[0] = 9; }},
               {"weight 0 is missing", [](Graph&, Node& n) { n.weights[0] = FORGE_NONE; }},
               {"scale", with<forge_embed_params_v1>([](auto& p) { p.scale = kNan; })}});
}

TEST_CASE("graph check: norm") {
  GraphMaker g;
  const std::uint32_t x = g.value(12);
  const forge_norm_params_v1 p = {sizeof(p), FORGE_NORM_LAYER, 4, 1e-5f};
  g.node(FORGE_OP_NORM, {x}, {g.value(12)}, {g.weight("n.weight", {4}), g.weight("n.bias", {12})},
         p);
  using P = forge_norm_params_v1;
  check_op(g, {{"weight 'n.weight' has shape [5]; expected [4]",
                [](Graph& gr, Node&) { gr.weights[0].shape[0] = 5; }},
               {"bias 'n.bias' has shape [3]; expected [4]",
                [](Graph& gr, Node&) { gr.weights[1].shape[0] = 3; }},
               {"group 5 does not divide the width 12", with<P>([](auto& q) { q.group = 5; })},
               {"group 0", with<P>([](auto& q) { q.group = 0; })},
               {"unknown kind 3", with<P>([](auto& q) { q.kind = 3; })},
               {"eps", with<P>([](auto& q) { q.eps = -1; })},
               {"eps", with<P>([](auto& q) { q.eps = kNan; })}});
}

TEST_CASE("graph check: linear, alone and grouped") {
  GraphMaker g;
  const std::uint32_t x = g.value(8);
  const std::uint32_t residual = g.value(5);
  const forge_linear_params_v1 p = {sizeof(p), FORGE_ACT_NONE};
  g.node(FORGE_OP_LINEAR, {x, residual}, {g.value(5)},
         {g.weight("a.weight", {8, 5}), g.weight("a.bias", {5})}, p);
  using P = forge_linear_params_v1;
  check_op(g, {{"weight 'a.weight' has shape [8, 6]; expected [8, 5]",
                [](Graph& gr, Node&) { gr.weights[0].shape[1] = 6; }},
               {"bias 'a.bias' has shape [6]; expected [5]",
                [](Graph& gr, Node&) { gr.weights[1].shape[0] = 6; }},
               {"the residual is 6 wide; expected 5",
                [](Graph& gr, Node& n) { gr.values[n.inputs[1]].width = 6; }},
               {"weight 0 is missing", [](Graph&, Node& n) { n.weights[0] = FORGE_NONE; }},
               {"unknown activation", with<P>([](auto& q) { q.activation = 6; })},
               {"two matrices", with<P>([](auto& q) { q.activation = FORGE_ACT_SILU; })}});
  GraphMaker grouped;
  const std::uint32_t y = grouped.value(8);
  grouped.node(FORGE_OP_LINEAR, {y}, {grouped.value(5), grouped.value(3)},
               {grouped.weight("a.weight", {8, 5}), FORGE_NONE, grouped.weight("b.weight", {8, 3}),
                FORGE_NONE},
               p);
  check_op(grouped, {{"weight 'b.weight' has shape [8, 4]; expected [8, 3]",
                      [](Graph& gr, Node&) { gr.weights[1].shape[1] = 4; }},
                     {"2 matrices but 1 outputs", [](Graph&, Node& n) { n.outputs.pop_back(); }},
                     {"with a residual it has one matrix",
                      [](Graph&, Node& n) { n.inputs.push_back(n.outputs[0]); }}});
  GraphMaker gated;
  const std::uint32_t z = gated.value(8);
  const forge_linear_params_v1 act = {sizeof(act), FORGE_ACT_SILU};
  gated.node(FORGE_OP_LINEAR, {z}, {gated.value(5)},
             {gated.weight("gate.weight", {8, 5}), FORGE_NONE, gated.weight("up.weight", {8, 5}),
              gated.weight("up.bias", {5})},
             act);
  check_op(gated, {{"weight 'up.weight' has shape [8, 4]; expected [8, 5]",
                    [](Graph& gr, Node&) { gr.weights[1].shape[1] = 4; }},
                   {"bias 'up.bias'", [](Graph& gr, Node&) { gr.weights[2].shape[0] = 4; }}});
}

TEST_CASE("graph check: rope") {
  GraphMaker g;
  const std::uint32_t x = g.value(24);
  forge_rope_params_v1 p = {};
  p.struct_size = sizeof(p);
  p.mode = FORGE_ROPE_NEOX;
  p.n_heads = 3;
  p.head_dim = 8;
  p.n_rot = 6;
  p.base = 10000;
  p.freq_scale = 1;
  g.node(FORGE_OP_ROPE, {x}, {g.value(24)}, {g.weight("rope_freqs.weight", {3})}, p);
  using P = forge_rope_params_v1;
  check_op(g, {{"factors 'rope_freqs.weight' has shape [4]; expected [3]",
                [](Graph& gr, Node&) { gr.weights[0].shape[0] = 4; }},
               {"unknown mode 4", with<P>([](auto& q) { q.mode = 4; })},
               {"its input is 24 wide; expected 32", with<P>([](auto& q) { q.n_heads = 4; })},
               {"n_rot 5", with<P>([](auto& q) { q.n_rot = 5; })},
               {"n_rot 10", with<P>([](auto& q) { q.n_rot = 10; })},
               {"n_rot 0", with<P>([](auto& q) { q.n_rot = 0; })},
               {"base", with<P>([](auto& q) { q.base = 0; })},
               {"base", with<P>([](auto& q) { q.base = kInfinity; })},
               {"freq_scale", with<P>([](auto& q) { q.freq_scale = kNan; })},
               {"output rows have no positions", [](Graph& gr, Node& n) {
                  gr.values[n.inputs[0]].rows = FORGE_ROWS_OUTPUTS;
                  gr.values[n.outputs[0]].rows = FORGE_ROWS_OUTPUTS;
                }}});
}

TEST_CASE("graph check: attention") {
  GraphMaker g;
  const std::uint32_t q = g.value(24);
  const std::uint32_t k = g.value(12);
  const std::uint32_t v = g.value(8);
  g.attention(q, k, v, 4, 2);
  g.graph.nodes.back().weights[0] = g.weight("sinks.weight", {4});
  using P = forge_attention_params_v1;
  check_op(
      g,
      {{"sinks 'sinks.weight' has shape [3]; expected [4]",
        [](Graph& gr, Node&) { gr.weights[0].shape[0] = 3; }},
       {"3 KV heads do not divide 4 heads", with<P>([](auto& p) { p.n_kv_heads = 3; })},
       {"0 KV heads", with<P>([](auto& p) { p.n_kv_heads = 0; })},
       {"its state has other dimensions", with<P>([](auto& p) { p.head_dim_k = 7; })},
       {"its state has other dimensions", [](Graph& gr, Node&) { gr.states[0].head_dim_v = 5; }},
       {"q is 25 wide; expected 24", [](Graph& gr, Node& n) { gr.values[n.inputs[0]].width = 25; }},
       {"k is 13 wide; expected 12", [](Graph& gr, Node& n) { gr.values[n.inputs[1]].width = 13; }},
       {"v is 9 wide; expected 8", [](Graph& gr, Node& n) { gr.values[n.inputs[2]].width = 9; }},
       {"scale", with<P>([](auto& p) { p.scale = kNan; })},
       {"soft_cap", with<P>([](auto& p) { p.soft_cap = -1; })}});
}

TEST_CASE("graph check: elementwise ops") {
  GraphMaker g;
  g.gated(g.value(5), g.value(5));
  check_op(g, {{"unknown activation",
                with<forge_activation_params_v1>([](auto& p) { p.activation = FORGE_ACT_NONE; })},
               {"up is 6 wide; expected 5",
                [](Graph& gr, Node& n) { gr.values[n.inputs[1]].width = 6; }}});
  GraphMaker u;
  const forge_unary_params_v1 cap = {sizeof(cap), FORGE_UNARY_SOFT_CAP, 30, 0};
  const std::uint32_t x = u.value(5);
  u.node(FORGE_OP_UNARY, {x}, {u.value(5)}, {}, cap);
  using U = forge_unary_params_v1;
  check_op(u, {{"unknown kind 3", with<U>([](auto& p) { p.kind = 3; })},
               {"the cap must be positive", with<U>([](auto& p) { p.argument = 0; })},
               {"argument", with<U>([](auto& p) { p.argument = kInfinity; })},
               {"unknown activation", with<U>([](auto& p) { p.kind = FORGE_UNARY_ACT; })}});
  GraphMaker b;
  const std::uint32_t left = b.value(5);
  b.add(left, b.value(5));
  check_op(b, {{"unknown kind", with<forge_binary_params_v1>([](auto& p) { p.kind = 2; })},
               {"its second input is 4 wide; expected 5",
                [](Graph& gr, Node& n) { gr.values[n.inputs[1]].width = 4; }}});
}

TEST_CASE("graph check: select_rows goes from token rows to output rows") {
  GraphMaker g;
  g.select_rows(g.value(5));
  const Node& node = g.graph.nodes.back();
  REQUIRE(check_node(g.graph, node).ok());
  for (const std::uint32_t in : {FORGE_ROWS_TOKENS, FORGE_ROWS_OUTPUTS}) {
    for (const std::uint32_t out : {FORGE_ROWS_TOKENS, FORGE_ROWS_OUTPUTS}) {
      Graph graph = g.graph;
      graph.values[node.inputs[0]].rows = in;
      graph.values[node.outputs[0]].rows = out;
      CHECK(check_node(graph, node).ok() == (in == FORGE_ROWS_TOKENS && out == FORGE_ROWS_OUTPUTS));
    }
  }
  g.graph.values[node.outputs[0]].width = 6;
  CHECK_FALSE(check_node(g.graph, node).ok());
}

TEST_CASE("graph check: mixture of experts") {
  GraphMaker g;
  const std::uint32_t x = g.value(6);
  const std::uint32_t ids = g.value(2, FORGE_ROWS_TOKENS, FORGE_TYPE_I32);
  const std::uint32_t weights = g.value(2);
  const forge_router_params_v1 p = {sizeof(p), FORGE_GATING_SOFTMAX, 1, 1.0f};
  g.node(FORGE_OP_MOE_ROUTER, {x}, {ids, weights}, {g.weight("bias", {6})}, p);
  using P = forge_router_params_v1;
  check_op(g, {{"unknown gating 3", with<P>([](auto& q) { q.gating = 3; })},
               {"scale", with<P>([](auto& q) { q.scale = kNan; })},
               {"it picks 7 of 6 experts",
                [](Graph& gr, Node& n) { gr.values[n.outputs[0]].width = 7; }},
               {"the weights' output is 3 wide; expected 2",
                [](Graph& gr, Node& n) { gr.values[n.outputs[1]].width = 3; }},
               {"selection bias 'bias' has shape [5]; expected [6]",
                [](Graph& gr, Node&) { gr.weights[0].shape[0] = 5; }}});
  GraphMaker e;
  const std::uint32_t in = e.value(8);
  const std::uint32_t chosen = e.value(2, FORGE_ROWS_TOKENS, FORGE_TYPE_I32);
  const std::uint32_t share = e.value(2);
  const forge_activation_params_v1 act = {sizeof(act), FORGE_ACT_SILU};
  e.node(FORGE_OP_MOE_EXPERTS, {in, chosen, share}, {e.value(8)},
         {e.weight("gate", {8, 5, 6}), e.weight("up", {8, 5, 6}), e.weight("down", {5, 8, 6})},
         act);
  check_op(e, {{"weight 'up' has shape [8, 5, 7]; expected [8, 5, 6]",
                [](Graph& gr, Node&) { gr.weights[1].shape[2] = 7; }},
               {"weight 'down' has shape [4, 8, 6]; expected [5, 8, 6]",
                [](Graph& gr, Node&) { gr.weights[2].shape[0] = 4; }},
               {"weight 0 is missing", [](Graph&, Node& n) { n.weights[0] = FORGE_NONE; }},
               {"the weights' input is 3 wide; expected 2",
                [](Graph& gr, Node& n) { gr.values[n.inputs[2]].width = 3; }},
               {"unknown activation",
                with<forge_activation_params_v1>([](auto& q) { q.activation = 0; })}});
}

TEST_CASE("graph check: recurrent ops") {
  GraphMaker g;
  g.conv(g.value(6), g.weight("taps.weight", {4, 6}));
  g.graph.nodes.back().weights[1] = g.weight("taps.bias", {6});
  using C = forge_conv_params_v1;
  check_op(g, {{"weight 'taps.weight' has shape [5, 6]; expected [4, 6]",
                [](Graph& gr, Node&) { gr.weights[0].shape[0] = 5; }},
               {"bias 'taps.bias' has shape [5]; expected [6]",
                [](Graph& gr, Node&) { gr.weights[1].shape[0] = 5; }},
               {"kernel 1 is too short", with<C>([](auto& p) { p.kernel = 1; })},
               {"unknown activation", with<C>([](auto& p) { p.activation = 6; })},
               {"its state has 17 elements; expected 18",
                [](Graph& gr, Node&) { gr.states[0].n_elements = 17; }}});
  GraphMaker d;
  forge_delta_params_v1 p = {};
  p.struct_size = sizeof(p);
  p.n_heads = 4;
  p.n_key_heads = 2;
  p.head_dim_k = 3;
  p.head_dim_v = 5;
  p.scale = 1;
  const std::vector<std::uint32_t> in = {d.value(6), d.value(6), d.value(20), d.value(4),
                                         d.value(4)};
  const std::uint32_t state = d.recurrent_state(60);
  d.node(FORGE_OP_DELTA_RULE, in, {d.value(20)}, {}, p, state);
  using D = forge_delta_params_v1;
  check_op(
      d,
      {{"3 key heads do not divide 4 heads", with<D>([](auto& q) { q.n_key_heads = 3; })},
       {"0 key heads", with<D>([](auto& q) { q.n_key_heads = 0; })},
       {"scale", with<D>([](auto& q) { q.scale = kInfinity; })},
       {"k is 7 wide; expected 6", [](Graph& gr, Node& n) { gr.values[n.inputs[1]].width = 7; }},
       {"beta is 5 wide; expected 4", [](Graph& gr, Node& n) { gr.values[n.inputs[4]].width = 5; }},
       {"its state has 61 elements; expected 60",
        [](Graph& gr, Node&) { gr.states[0].n_elements = 61; }}});
}

TEST_CASE("graph check: top_k") {
  GraphMaker g;
  const std::uint32_t x = g.value(9, FORGE_ROWS_OUTPUTS);
  g.node(FORGE_OP_TOP_K, {x},
         {g.value(3, FORGE_ROWS_OUTPUTS, FORGE_TYPE_I32), g.value(3, FORGE_ROWS_OUTPUTS)}, {},
         nullptr);
  const Node& node = g.graph.nodes.back();
  REQUIRE(check_node(g.graph, node).ok());
  Graph more = g.graph;
  more.values[node.outputs[0]].width = more.values[node.outputs[1]].width = 10;
  CHECK(check_node(more, node).message().find("it picks 10 of 9") != std::string::npos);
  Graph uneven = g.graph;
  uneven.values[node.outputs[1]].width = 2;
  CHECK(check_node(uneven, node).message().find("2 wide; expected 3") != std::string::npos);
}

TEST_CASE("graph check: draw") {
  GraphMaker g;
  const auto whole = [&](std::uint32_t width) {
    return g.value(width, FORGE_ROWS_OUTPUTS, FORGE_TYPE_I32);
  };
  const std::uint32_t x = g.value(9, FORGE_ROWS_OUTPUTS), values = g.value(3, FORGE_ROWS_OUTPUTS);
  g.node(FORGE_OP_DRAW, {x, whole(3), values, whole(FORGE_DRAW_SETTINGS)}, {whole(1)}, {}, nullptr);
  const Node& node = g.graph.nodes.back();
  REQUIRE(check_node(g.graph, node).ok());
  const auto refused = [&](std::uint32_t value, std::uint32_t width, const std::string& reason) {
    Graph other = g.graph;
    other.values[value].width = width;
    INFO(reason);
    CHECK(check_node(other, node).message().find(reason) != std::string::npos);
  };
  refused(node.inputs[1], 10, "it draws from 10 of 9");
  refused(node.inputs[1], 0, "it draws from 0 of 9");
  refused(x, (1u << 22) + 1, "it draws from 4194305 tokens");
  refused(values, 2, "the values' input is 2 wide; expected 3");
  refused(node.inputs[3], 4, "the settings' input is 4 wide; expected 5");
  refused(node.outputs[0], 2, "2 wide; expected 1");
  for (const std::uint32_t value : {node.inputs[1], node.inputs[3], node.outputs[0]}) {
    Graph floats = g.graph;
    floats.values[value].type = FORGE_TYPE_F32;
    CHECK(check_node(floats, node).message().find("has the wrong element type") !=
          std::string::npos);
  }
}

TEST_CASE("graph check: the sizes of parameter records are those of the ABI") {
  CHECK(params_size(FORGE_OP_ROPE) == sizeof(forge_rope_params_v1));
  CHECK(params_size(FORGE_OP_SELECT_ROWS) == 0);
  CHECK(params_size(0) == 0);
  CHECK(params_size(1000) == 0);
  CHECK(op_name(FORGE_OP_DELTA_RULE) == "delta_rule");
  CHECK(op_name(77) == "op 77");
}

}  // namespace
}  // namespace forge::graph
