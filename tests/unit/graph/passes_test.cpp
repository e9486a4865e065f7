// fuse, split and plan_memory, by what must hold of their results: on graphs made for it and on
// random ones.
#include "core/graph/passes.hpp"

#include <algorithm>
#include <random>
#include <set>

#include "core/graph/check.hpp"
#include "tests/catch.hpp"
#include "tests/support/tiny_graph.hpp"

namespace forge::graph {
namespace {

using test::GraphMaker;

constexpr auto kAnything = [](std::uint32_t, const Graph&, const Node&) { return true; };

std::vector<std::string> names(const Graph& graph) {
  std::vector<std::string> list;
  for (const Node& node : graph.nodes) list.push_back(op_name(node.op));
  return list;
}

Graph fused(Graph graph, const CanRun& can_run = kAnything) {
  std::vector<std::uint32_t> packs(graph.nodes.size(), 0);
  fuse(graph, packs, can_run);
  REQUIRE(packs.size() == graph.nodes.size());
  for (const Node& node : graph.nodes) {
    const Status status = check_node(graph, node);
    INFO(status.message());
    CHECK(status.ok());
  }
  return graph;
}

// x with gate, up and down: the whole feed-forward network.
Graph feed_forward(GraphMaker& g) {
  const std::uint32_t x = g.embed(g.weight("table", {8, 19}), 8);
  const std::uint32_t h = g.norm(x);
  const std::uint32_t gate = g.linear(h, g.weight("gate", {8, 12}));
  const std::uint32_t up = g.linear(h, g.weight("up", {8, 12}));
  const std::uint32_t down = g.linear(g.gated(gate, up), g.weight("down", {12, 8}));
  const std::uint32_t y = g.add(down, x);
  return g.finish(g.linear(g.select_rows(y), g.weight("out", {8, 19})), 19);
}

TEST_CASE("fuse: gate, up and their activation become one node, down takes the residual in") {
  GraphMaker g;
  const Graph graph = fused(feed_forward(g));
  CHECK(names(graph) ==
        std::vector<std::string>{"embed", "norm", "linear", "linear", "select_rows", "linear"});
  const Node& gate_up = graph.nodes[2];
  CHECK(gate_up.outputs.size() == 1);
  CHECK(gate_up.weights.size() == 4);
  CHECK(gate_up.params.as<forge_linear_params_v1>().activation == FORGE_ACT_SILU);
  CHECK(graph.nodes[3].inputs.size() == 2);
}

TEST_CASE("fuse: only what the pack says it can run") {
  GraphMaker g;
  const Graph original = feed_forward(g);
  const Graph none = fused(original, [](auto, const Graph&, const Node&) { return false; });
  CHECK(names(none) == names(original));
  const Graph no_residual =
      fused(original, [](auto, const Graph&, const Node& node) { return node.inputs.size() == 1; });
  CHECK(names(no_residual) == std::vector<std::string>{"embed", "norm", "linear", "linear",
                                                       "binary", "select_rows", "linear"});
  const Graph no_activation = fused(original, [](auto, const Graph&, const Node& node) {
    return node.params.as<forge_linear_params_v1>().activation == FORGE_ACT_NONE;
  });
  CHECK(names(no_activation)[2] == "linear");
  CHECK(names(no_activation)[3] == "gated");
  CHECK(no_activation.nodes[2].outputs.size() == 2);
}

TEST_CASE("fuse: never across packs") {
  GraphMaker g;
  Graph graph = feed_forward(g);
  std::vector<std::uint32_t> packs = {0, 0, 0, 1, 0, 1, 0, 1, 0};
  const std::size_t before = graph.nodes.size();
  REQUIRE(packs.size() == before);
  fuse(graph, packs, kAnything);
  CHECK(graph.nodes.size() == before);
}

TEST_CASE("fuse: what somebody else reads stays a value of its own") {
  SECTION("the gate is read again") {
    GraphMaker g;
    const std::uint32_t x = g.embed(g.weight("table", {8, 19}), 8);
    const std::uint32_t gate = g.linear(x, g.weight("gate", {8, 8}));
    const std::uint32_t up = g.linear(x, g.weight("up", {8, 8}));
    const std::uint32_t y = g.add(g.gated(gate, up), gate);
    const Graph graph = fused(g.finish(g.select_rows(y), 8));
    CHECK(names(graph) ==
          std::vector<std::string>{"embed", "linear", "gated", "binary", "select_rows"});
  }
  SECTION("a view of the product is read") {
    GraphMaker g;
    const std::uint32_t x = g.embed(g.weight("table", {8, 19}), 8);
    const std::uint32_t y = g.linear(x, g.weight("w", {8, 8}));
    const std::uint32_t part = g.view(y, 0, 8);
    const std::uint32_t sum = g.add(y, x);
    const Graph graph = fused(g.finish(g.select_rows(g.add(sum, part)), 8));
    CHECK(names(graph) ==
          std::vector<std::string>{"embed", "linear", "binary", "binary", "select_rows"});
  }
  SECTION("the product is an output of the graph") {
    GraphMaker g;
    const std::uint32_t x = g.select_rows(g.embed(g.weight("table", {8, 19}), 8));
    const std::uint32_t y = g.linear(x, g.weight("w", {8, 8}));
    const std::uint32_t sum = g.add(y, x);
    const Graph graph = fused(g.finish(sum, 8, y));
    CHECK(names(graph) == std::vector<std::string>{"embed", "select_rows", "linear", "binary"});
  }
  SECTION("the product is added to itself") {
    GraphMaker g;
    const std::uint32_t x = g.embed(g.weight("table", {8, 19}), 8);
    const std::uint32_t y = g.linear(x, g.weight("w", {8, 8}));
    const Graph graph = fused(g.finish(g.select_rows(g.add(y, y)), 8));
    CHECK(names(graph) == std::vector<std::string>{"embed", "linear", "binary", "select_rows"});
  }
  SECTION("gate and up the other way round") {
    GraphMaker g;
    const std::uint32_t x = g.embed(g.weight("table", {8, 19}), 8);
    const std::uint32_t up = g.linear(x, g.weight("up", {8, 8}));
    const std::uint32_t gate = g.linear(x, g.weight("gate", {8, 8}));
    const Graph graph = fused(g.finish(g.select_rows(g.gated(gate, up)), 8));
    CHECK(names(graph) == std::vector<std::string>{"embed", "linear", "gated", "select_rows"});
  }
  SECTION("a product instead of a sum") {
    GraphMaker g;
    const std::uint32_t x = g.embed(g.weight("table", {8, 19}), 8);
    const std::uint32_t y = g.linear(x, g.weight("w", {8, 8}));
    const std::uint32_t z = g.add(y, x);
    g.graph.nodes.back().params.as<forge_binary_params_v1>().kind = FORGE_BINARY_MUL;
    const Graph graph = fused(g.finish(g.select_rows(z), 8));
    CHECK(names(graph) == std::vector<std::string>{"embed", "linear", "binary", "select_rows"});
  }
}

// ---------------------------------------------------------------- random graphs

// Nodes that read any earlier values, views among them, token and output rows.
Graph random_graph(GraphMaker& g, std::mt19937& random) {
  const auto below = [&](std::size_t n) { return static_cast<std::uint32_t>(random() % n); };
  const std::uint32_t widths[] = {4, 8, 12, 20, 40};
  std::vector<std::uint32_t> tokens = {g.embed(g.weight("table", {8, 19}), 8)};
  std::vector<std::uint32_t> outputs;
  const std::uint32_t n_nodes = 3 + below(25);
  for (std::uint32_t i = 0; i < n_nodes; ++i) {
    const bool on_outputs = !outputs.empty() && below(3) == 0;
    std::vector<std::uint32_t>& pool = on_outputs ? outputs : tokens;
    const std::uint32_t x = pool[below(pool.size())];
    const std::uint32_t width = g.graph.values[x].width;
    switch (below(7)) {
      case 0:
        pool.push_back(g.linear(x, g.weight("w", {width, widths[below(5)]})));
        break;
      case 1: {  // two of one input
        const std::uint32_t w = widths[below(5)];
        pool.push_back(g.linear(x, g.weight("a", {width, w})));
        pool.push_back(g.linear(x, g.weight("b", {width, w})));
        if (below(2) == 0) pool.push_back(g.gated(pool[pool.size() - 2], pool.back()));
        break;
      }
      case 2:
        pool.push_back(g.norm(x));
        break;
      case 3: {
        std::vector<std::uint32_t> same;
        for (const std::uint32_t v : pool) {
          if (g.graph.values[v].width == width) same.push_back(v);
        }
        pool.push_back(g.add(x, same[below(same.size())]));
        break;
      }
      case 4:
        if (g.graph.values[x].parent == FORGE_NONE && width >= 8)
          pool.push_back(g.view(x, below(2) * width / 2, width / 2));
        break;
      case 5:
        outputs.push_back(g.select_rows(tokens[below(tokens.size())]));
        break;
      default: {
        const std::uint32_t t = tokens[below(tokens.size())];
        tokens.push_back(g.conv(t, g.weight("taps", {3, g.graph.values[t].width})));
      }
    }
  }
  if (outputs.empty()) outputs.push_back(g.select_rows(tokens.back()));
  std::uint32_t logits = outputs[0];
  for (const std::uint32_t v : outputs) {
    if (g.graph.values[v].parent == FORGE_NONE) logits = v;
  }
  for (const Node& node : g.graph.nodes) REQUIRE(check_node(g.graph, node).ok());
  return g.finish(logits, g.graph.values[logits].width);
}

std::uint32_t owner(const Graph& graph, std::uint32_t v) {
  return graph.values[v].parent == FORGE_NONE ? v : graph.values[v].parent;
}

// Row ops, in the words of passes.hpp.
bool works_row_by_row(std::uint32_t op) {
  static const std::set<std::uint32_t> kOps = {FORGE_OP_EMBED,      FORGE_OP_NORM,  FORGE_OP_ROPE,
                                               FORGE_OP_GATED,      FORGE_OP_UNARY, FORGE_OP_BINARY,
                                               FORGE_OP_MOE_ROUTER, FORGE_OP_TOP_K, FORGE_OP_DRAW};
  return kOps.count(op) != 0;
}

// Nodes [first, last] during which each value is alive, as its own users see it; with `runs`, the
// nodes of a run of row ops count as one.
struct Life {
  std::size_t first = ~std::size_t{0}, last = 0;
};
std::vector<Life> lives(const Graph& graph, bool runs) {
  std::vector<std::size_t> time(graph.nodes.size());
  for (std::size_t i = 1; i < time.size(); ++i) {
    const bool together =
        runs && works_row_by_row(graph.nodes[i].op) && works_row_by_row(graph.nodes[i - 1].op);
    time[i] = time[i - 1] + (together ? 0 : 1);
  }
  std::vector<Life> list(graph.values.size());
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const auto* operands : {&graph.nodes[i].inputs, &graph.nodes[i].outputs}) {
      for (const std::uint32_t v : *operands) {
        Life& life = list[owner(graph, v)];
        life.first = std::min(life.first, time[i]);
        life.last = std::max(life.last, time[i]);
      }
    }
  }
  return list;
}

void check_memory(const Graph& graph) {
  std::set<std::uint32_t> bound(graph.inputs.begin(), graph.inputs.end());
  bound.insert(graph.outputs.begin(), graph.outputs.end());
  const std::vector<Life> uses = lives(graph, false);
  std::vector<std::uint32_t> placed;
  for (std::uint32_t v = 0; v < graph.values.size(); ++v) {
    const forge_value_v1& value = graph.values[v];
    const bool own = value.parent == FORGE_NONE && bound.count(v) == 0 &&
                     uses[v].first <= uses[v].last;  // fuse() leaves values that nobody touches
    REQUIRE((value.arena_offset != FORGE_NONE) == own);
    if (!own) continue;
    placed.push_back(v);
    const std::uint32_t arena =
        value.rows == FORGE_ROWS_TOKENS ? graph.token_arena : graph.output_arena;
    REQUIRE(value.arena_offset + value.width <= arena);
    REQUIRE(value.arena_offset % 16 == 0);  // rows of the arena start on cache lines
  }
  for (const bool runs : {false, true}) {
    const std::vector<Life> life = lives(graph, runs);
    for (std::size_t i = 0; i < placed.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        const forge_value_v1& a = graph.values[placed[i]];
        const forge_value_v1& b = graph.values[placed[j]];
        if (a.rows != b.rows) continue;
        const Life& la = life[placed[i]];
        const Life& lb = life[placed[j]];
        if (la.first > lb.last || lb.first > la.last) continue;
        const bool apart = a.arena_offset + a.width <= b.arena_offset ||
                           b.arena_offset + b.width <= a.arena_offset;
        INFO("values " << placed[i] << " and " << placed[j]);
        REQUIRE(apart);
      }
    }
  }
}

TEST_CASE("plan_memory: values alive at the same time never share bytes, on random graphs") {
  std::mt19937 random(11);
  std::uint64_t arena = 0;
  std::uint64_t sum = 0;
  for (int round = 0; round < 400; ++round) {
    GraphMaker g(static_cast<std::uint32_t>(round));
    Graph graph = random_graph(g, random);
    if (round % 2 == 1) {
      std::vector<std::uint32_t> packs(graph.nodes.size(), 0);
      fuse(graph, packs, kAnything);
    }
    plan_memory(graph);
    INFO("round " << round);
    check_memory(graph);
    arena += graph.token_arena;
    for (const forge_value_v1& v : graph.values)
      sum += v.arena_offset == FORGE_NONE || v.rows != FORGE_ROWS_TOKENS ? 0
                                                                         : (v.width + 15) / 16 * 16;
  }
  CHECK(arena < sum * 8 / 10);  // and bytes are used again
}

TEST_CASE("plan_memory: a chain of layers needs no more than one layer") {
  const auto arena_of = [](int layers) {
    GraphMaker g;
    std::uint32_t x = g.embed(g.weight("table", {16, 19}), 16);
    for (int i = 0; i < layers; ++i) {
      const std::uint32_t h = g.linear(g.norm(x), g.weight("a", {16, 64}));
      x = g.add(g.linear(h, g.weight("b", {64, 16})), x);
    }
    Graph graph = g.finish(g.select_rows(x), 16);
    plan_memory(graph);
    check_memory(graph);
    return graph.token_arena;
  };
  CHECK(arena_of(20) == arena_of(3));
}

// ---------------------------------------------------------------- split

TEST_CASE("split: parts together are the graph, and what crosses a cut is said on both sides") {
  std::mt19937 random(12);
  for (int round = 0; round < 400; ++round) {
    INFO("round " << round);
    GraphMaker g(static_cast<std::uint32_t>(round));
    const Graph graph = random_graph(g, random);
    std::vector<std::uint32_t> packs(graph.nodes.size());
    for (std::uint32_t& pack : packs) pack = static_cast<std::uint32_t>(random() % 2);
    std::vector<Part> parts = split(graph, packs);
    std::size_t node = 0;
    std::set<std::uint32_t> known;  // values of the whole that earlier parts gave away
    std::set<std::uint32_t> given;
    for (std::size_t p = 0; p < parts.size(); ++p) {
      Part& part = parts[p];
      REQUIRE(part.graph.values.size() == part.values.size());
      if (p > 0) REQUIRE(part.pack != parts[p - 1].pack);
      std::set<std::uint32_t> written;
      for (const std::uint32_t v : part.graph.inputs) {
        REQUIRE(known.count(part.values[v]) == 1);
        written.insert(v);
      }
      REQUIRE(written.size() == part.graph.inputs.size());  // each once
      for (const Node& n : part.graph.nodes) {
        const Node& original = graph.nodes[node];
        REQUIRE(packs[node] == part.pack);
        REQUIRE(n.op == original.op);
        REQUIRE(check_node(part.graph, n).ok());
        for (std::size_t i = 0; i < n.inputs.size(); ++i) {
          REQUIRE(part.values[n.inputs[i]] == original.inputs[i]);
          REQUIRE(written.count(owner(part.graph, n.inputs[i])) == 1);
        }
        for (std::size_t i = 0; i < n.outputs.size(); ++i) {
          REQUIRE(part.values[n.outputs[i]] == original.outputs[i]);
          written.insert(n.outputs[i]);
        }
        for (std::size_t i = 0; i < n.weights.size(); ++i) {
          if (original.weights[i] == FORGE_NONE) continue;
          REQUIRE(part.graph.weights[n.weights[i]].data == graph.weights[original.weights[i]].data);
        }
        ++node;
      }
      for (const std::uint32_t v : part.graph.outputs) {
        REQUIRE(written.count(v) == 1);
        REQUIRE(part.graph.values[v].parent == FORGE_NONE);
        REQUIRE(given.insert(part.values[v]).second);  // by one part only
        known.insert(part.values[v]);
      }
      plan_memory(part.graph);
      check_memory(part.graph);
    }
    REQUIRE(node == graph.nodes.size());
    for (const std::uint32_t v : graph.outputs) REQUIRE(given.count(v) == 1);
  }
}

TEST_CASE("split: one pack, one part, and states go with their nodes") {
  GraphMaker g;
  const Graph graph = test::tiny_graph(g, true);
  const std::vector<Part> whole = split(graph, std::vector<std::uint32_t>(graph.nodes.size(), 3));
  REQUIRE(whole.size() == 1);
  CHECK(whole[0].pack == 3);
  CHECK(whole[0].graph.inputs.empty());
  CHECK(whole[0].graph.states.size() == 2);
  std::vector<std::uint32_t> packs(graph.nodes.size(), 0);
  for (std::size_t i = 0; i < packs.size(); ++i)
    packs[i] = graph.nodes[i].op == FORGE_OP_ATTENTION ? 1 : 0;
  const std::vector<Part> parts = split(graph, packs);
  REQUIRE(parts.size() == 3);
  CHECK(parts[0].graph.states.size() == 1);
  CHECK(parts[0].graph.states[0].kind == FORGE_STATE_RECURRENT);
  CHECK(parts[1].graph.states[0].kind == FORGE_STATE_KV);
  CHECK(parts[2].graph.states.empty());
}

}  // namespace
}  // namespace forge::graph
