#include "core/graph/builder.hpp"

#include <cstring>

#include "core/base/host_services.hpp"
#include "forge/sdk/host.hpp"
#include "tests/catch.hpp"
#include "tests/support/tiny_graph.hpp"

namespace forge::graph {
namespace {

// Replays a made graph through a builder.
class Replay {
 public:
  explicit Replay(bool recurrent = true) : graph(test::tiny_graph(maker, recurrent)) {
    graph.info.n_embd = 8;
  }

  Status add_values(Builder& b) const {
    for (const forge_value_v1& v : graph.values) FORGE_TRY(b.add_value(v).status());
    for (std::uint32_t w = 0; w < graph.weights.size(); ++w) FORGE_TRY(b.add_weight(w).status());
    for (const forge_state_v1& s : graph.states) FORGE_TRY(b.add_state(s).status());
    return {};
  }
  Status add_nodes(Builder& b, std::size_t n = ~std::size_t{0}) const {
    for (std::size_t i = 0; i < std::min(n, graph.nodes.size()); ++i)
      FORGE_TRY(b.add_node(graph.nodes[i]));
    return {};
  }

  test::GraphMaker maker;
  Graph graph;
};

void check_refused(const Status& status, std::string_view says) {
  INFO("expected: " << says << "\n  got: " << status.message());
  CHECK_FALSE(status.ok());
  CHECK(status.message().find(says) != std::string::npos);
}

TEST_CASE("graph builder: a sound graph comes out as it went in") {
  const Replay r;
  Builder b(r.graph.weights);
  REQUIRE(r.add_values(b).ok());
  REQUIRE(r.add_nodes(b).ok());
  CHECK_FALSE(b.finished());
  REQUIRE(b.finish(r.graph.info).ok());
  CHECK(b.finished());
  CHECK(b.used_tensors() == std::vector<bool>(r.graph.weights.size(), true));
  check_refused(b.finish(r.graph.info), "finished already");
  check_refused(b.add_node(r.graph.nodes[0]), "finished");
  const Graph graph = b.take();
  CHECK(graph.nodes.size() == r.graph.nodes.size());
  CHECK(graph.outputs == std::vector<std::uint32_t>{r.graph.info.logits, r.graph.info.hidden});
}

TEST_CASE("graph builder: a tensor is one weight however often it is added") {
  const Replay r;
  Builder b(r.graph.weights);
  CHECK(*b.add_weight(2) == 0);
  CHECK(*b.add_weight(0) == 1);
  CHECK(*b.add_weight(2) == 0);
  check_refused(b.add_weight(99).status(), "tensor 99 does not exist");
  CHECK(b.used_tensors()[1] == false);
}

TEST_CASE("graph builder: values") {
  Builder b({});
  forge_value_v1 v = {};
  v.struct_size = sizeof(v);
  v.width = 8;
  v.parent = FORGE_NONE;
  v.arena_offset = 17;  // the host's own business
  REQUIRE(*b.add_value(v) == 0);
  const auto refused = [&](auto change, const char* says) {
    forge_value_v1 wrong = v;
    change(wrong);
    check_refused(b.add_value(wrong).status(), says);
  };
  refused([](auto& w) { w.width = 0; }, "width 0");
  refused([](auto& w) { w.width = 0xffffffff; }, "width 4294967295");
  refused([](auto& w) { w.type = FORGE_TYPE_F16; }, "type 1");
  refused([](auto& w) { w.rows = 2; }, "rows 2");
  refused([](auto& w) { w.parent = 1; }, "parent");
  refused([](auto& w) { w.parent = 0, w.offset = 1; }, "columns 1..9 leave its parent's 8");
  refused([](auto& w) { w.parent = 0, w.offset = 0xffffffff, w.width = 2; }, "leave its parent's");
  refused([](auto& w) { w.parent = 0, w.type = FORGE_TYPE_I32; }, "another type");
  refused([](auto& w) { w.parent = 0, w.rows = FORGE_ROWS_OUTPUTS; }, "other rows");
  v.parent = 0;
  v.width = 4;
  v.offset = 4;
  REQUIRE(*b.add_value(v) == 1);
  refused([](auto& w) { w.parent = 1, w.offset = 0; }, "itself a view");
}

TEST_CASE("graph builder: states") {
  Builder b({});
  forge_state_v1 s = {};
  s.struct_size = sizeof(s);
  s.kind = FORGE_STATE_KV;
  s.n_kv_heads = s.head_dim_k = s.head_dim_v = 2;
  REQUIRE(b.add_state(s).ok());
  const auto refused = [&](auto change, const char* says) {
    forge_state_v1 wrong = s;
    change(wrong);
    check_refused(b.add_state(wrong).status(), says);
  };
  refused([](auto& w) { w.n_kv_heads = 0; }, "needs heads");
  refused([](auto& w) { w.head_dim_v = 0; }, "needs heads");
  refused([](auto& w) { w.n_kv_heads = 1u << 20, w.head_dim_k = 1u << 20; }, "too wide");
  refused([](auto& w) { w.kind = 2; }, "unknown kind 2");
  refused([](auto& w) { w.kind = FORGE_STATE_RECURRENT; }, "needs elements");
}

TEST_CASE("graph builder: values are written once and before they are read") {
  const Replay r;
  Builder b(r.graph.weights);
  REQUIRE(r.add_values(b).ok());
  check_refused(b.add_node(r.graph.nodes[1]), "before any node has written it");
  REQUIRE(r.add_nodes(b, 3).ok());
  check_refused(b.add_node(r.graph.nodes[2]), "a second time");
  Node again = r.graph.nodes[1];  // the convolution: another output, the same state
  forge_value_v1 v = r.graph.values[again.outputs[0]];
  again.outputs[0] = *b.add_value(v);
  check_refused(b.add_node(again), "share one state");
  v.parent = 0;
  Node into_view = r.graph.nodes[2];
  into_view.outputs[0] = *b.add_value(v);
  check_refused(b.add_node(into_view), "which is a view");
}

TEST_CASE("graph builder: a node does not write one value twice") {
  test::GraphMaker g;
  const std::uint32_t x = g.embed(g.weight("table", {8, 19}), 8);
  const std::uint32_t y = g.value(4);
  const forge_linear_params_v1 p = {sizeof(p), FORGE_ACT_NONE};
  g.node(FORGE_OP_LINEAR, {x}, {y, y},
         {g.weight("a", {8, 4}), FORGE_NONE, g.weight("b", {8, 4}), FORGE_NONE}, p);
  Builder b(g.graph.weights);
  for (const forge_value_v1& v : g.graph.values) REQUIRE(b.add_value(v).ok());
  for (std::uint32_t w = 0; w < 3; ++w) REQUIRE(b.add_weight(w).ok());
  REQUIRE(b.add_node(g.graph.nodes[0]).ok());
  check_refused(b.add_node(g.graph.nodes[1]), "writes value 1 twice");
}

TEST_CASE("graph builder: the model's info is held against the graph") {
  const Replay r;
  const auto refused = [&](auto change, const char* says) {
    Builder b(r.graph.weights);
    REQUIRE(r.add_values(b).ok());
    REQUIRE(r.add_nodes(b).ok());
    forge_model_info_v1 info = r.graph.info;
    change(info);
    check_refused(b.finish(info), says);
    CHECK_FALSE(b.finished());
    CHECK(b.finish(r.graph.info).ok());  // a second try may be right
    CHECK(b.take().outputs.size() == 2);
  };
  refused([](auto& i) { i.logits = 999; }, "logits is not a value any node writes");
  refused([](auto& i) { i.logits = 0; }, "logits must be output rows");
  refused([](auto& i) { i.n_vocab = 18; }, "logits must be output rows, 18 wide");
  refused([](auto& i) { i.pos_dims = 3; }, "pos_dims is 3");
  refused([](auto& i) { i.hidden = 999; }, "hidden is not a value any node writes");
  // The caller's buffer is [output rows, n_embd]: anything larger would be written past its end.
  refused([](auto& i) { i.hidden = 0; }, "hidden must be output rows");
  refused([](auto& i) { i.n_embd = 7; }, "hidden must be output rows, 7 wide");
  refused([](auto& i) { i.hidden = i.logits; }, "hidden must be output rows");
}

TEST_CASE("graph builder: tokens must be in every table, positions in every rope") {
  test::GraphMaker g;
  const std::uint32_t x = g.embed(g.weight("table", {8, 18}), 8);  // one row short
  forge_rope_params_v1 rope = {};
  rope.struct_size = sizeof(rope);
  rope.mode = FORGE_ROPE_NEOX;
  rope.n_heads = 1;
  rope.head_dim = rope.n_rot = 8;
  rope.base = 10000;
  rope.freq_scale = 1;
  const std::uint32_t y = g.value(8);
  g.node(FORGE_OP_ROPE, {x}, {y}, {FORGE_NONE}, rope);
  const Graph graph = g.finish(g.linear(g.select_rows(y), g.weight("output", {8, 19})), 19);
  const auto build = [](const Graph& from, const forge_model_info_v1& info) {
    Builder b(from.weights);
    for (const forge_value_v1& v : from.values) REQUIRE(b.add_value(v).ok());
    for (std::uint32_t w = 0; w < from.weights.size(); ++w) REQUIRE(b.add_weight(w).ok());
    for (const Node& node : from.nodes) REQUIRE(b.add_node(node).ok());
    return b.finish(info);
  };
  check_refused(build(graph, graph.info), "the table of node 'embed_0' has 18 rows");
  Graph mrope = graph;
  mrope.weights[0].shape[1] = 19;
  CHECK(build(mrope, mrope.info).ok());
  mrope.nodes[1].params.as<forge_rope_params_v1>().mode = FORGE_ROPE_MROPE;
  check_refused(build(mrope, mrope.info), "pos_dims is 1, but node 'rope_1' turns by 4");
  forge_model_info_v1 four = mrope.info;
  four.pos_dims = 4;
  CHECK(build(mrope, four).ok());
}

TEST_CASE("graph builder: a router picks among the experts there are") {
  for (const std::uint32_t n_experts : {6u, 5u}) {
    test::GraphMaker g;
    const std::uint32_t x = g.embed(g.weight("table", {8, 19}), 8);
    const std::uint32_t scores = g.linear(x, g.weight("gate_inp", {8, 6}));
    const std::uint32_t ids = g.value(2, FORGE_ROWS_TOKENS, FORGE_TYPE_I32);
    const std::uint32_t shares = g.value(2);
    const forge_router_params_v1 p = {sizeof(p), FORGE_GATING_SOFTMAX, 1, 1.0f};
    g.node(FORGE_OP_MOE_ROUTER, {scores}, {ids, shares}, {FORGE_NONE}, p);
    const forge_activation_params_v1 act = {sizeof(act), FORGE_ACT_SILU};
    g.node(FORGE_OP_MOE_EXPERTS, {x, ids, shares}, {g.value(8)},
           {g.weight("gate", {8, 4, n_experts}), g.weight("up", {8, 4, n_experts}),
            g.weight("down", {4, 8, n_experts})},
           act);
    Builder b(g.graph.weights);
    for (const forge_value_v1& v : g.graph.values) REQUIRE(b.add_value(v).ok());
    for (std::uint32_t w = 0; w < g.graph.weights.size(); ++w) REQUIRE(b.add_weight(w).ok());
    for (std::size_t i = 0; i < 3; ++i) REQUIRE(b.add_node(g.graph.nodes[i]).ok());
    const Status status = b.add_node(g.graph.nodes[3]);
    if (n_experts == 6) {
      CHECK(status.ok());
    } else {
      check_refused(status, "has 5 experts, but 'moe_router_2' picks among 6");
    }
  }
}

// ---------------------------------------------------------------- the C side

TEST_CASE("graph builder: records of a plugin that is older, newer or wrong") {
  const Replay r;
  Builder b(r.graph.weights);
  const forge_host_graph_builder_v1& abi = *b.abi();
  forge_message message;
  const auto refused = [&](forge_status status, const char* says) {
    INFO(message.text);
    CHECK(status == FORGE_INVALID_ARGUMENT);
    CHECK(message.text.find(says) != std::string::npos);
  };
  refused(abi.add_value(abi.self, nullptr, nullptr, &message), "value record is missing");
  forge_value_v1 v = r.graph.values[0];
  v.struct_size = 4;
  refused(abi.add_value(abi.self, &v, nullptr, &message), "struct_size");
  // A longer record of a later version: what is known is read, the rest left alone.
  struct {
    forge_value_v1 v;
    std::uint64_t more = ~std::uint64_t{0};
  } newer = {r.graph.values[0]};
  newer.v.struct_size = sizeof(newer);
  std::uint32_t index = 77;
  CHECK(abi.add_value(abi.self, &newer.v, &index, &message) == FORGE_OK);
  CHECK(index == 0);
  CHECK(abi.add_weight(abi.self, 0, &index, &message) == FORGE_OK);
  refused(abi.add_weight(abi.self, 1000, &index, &message), "tensor 1000 does not exist");
  refused(abi.add_state(abi.self, nullptr, &index, &message), "state record");
  refused(abi.finish(abi.self, nullptr, &message), "model info record");

  const forge_embed_params_v1 params = {sizeof(params), 1};
  const std::uint32_t zero = 0;
  forge_node_v1 node = {};
  node.struct_size = sizeof(node);
  node.op = FORGE_OP_EMBED;
  node.state = FORGE_NONE;
  node.name = sdk::to_abi("tok");
  node.n_outputs = node.n_weights = 1;
  node.outputs = node.weights = &zero;
  node.params = &params;
  forge_node_v1 wrong = node;
  wrong.outputs = nullptr;
  refused(abi.add_node(abi.self, &wrong, &message), "'tok' counts operands but has no list");
  wrong = node;
  wrong.n_inputs = 5000;
  refused(abi.add_node(abi.self, &wrong, &message), "too many operands");
  wrong = node;
  wrong.params = nullptr;
  refused(abi.add_node(abi.self, &wrong, &message), "parameters are missing");
  refused(abi.add_node(abi.self, nullptr, &message), "node record");
  CHECK(abi.add_node(abi.self, &node, &message) == FORGE_OK);
}

}  // namespace
}  // namespace forge::graph
