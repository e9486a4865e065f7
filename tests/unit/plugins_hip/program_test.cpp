// A graph as launches: what is fused, and that no two values share memory while both are needed.
#include "plugins/hip/runtime/program.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "core/graph/graph.hpp"
#include "core/graph/passes.hpp"
#include "plugins/gfx1100/traits.hpp"
#include "plugins/hip/runtime/matmul_step.hpp"
#include "plugins/hip/runtime/value_use.hpp"
#include "tests/catch.hpp"
#include "tests/support/tiny_graph.hpp"
#include "tests/support/tiny_model.hpp"

namespace forge::hip {
namespace {

constexpr forge_plan_options_v1 kOptions = {sizeof(kOptions), 64, 8, 4};

graph::Graph fused(graph::Graph graph) {
  std::vector<std::uint32_t> packs(graph.nodes.size(), 0);
  graph::fuse(graph, packs, [](auto, const auto&, const auto&) { return true; });
  return graph;
}

graph::Graph model_graph(const std::string& architecture, std::uint32_t type) {
  test::TinyModel shape;
  shape.architecture = architecture;
  shape.matrix_type = type;
  shape.head_dim = 32;
  shape.n_heads = 2;
  shape.n_kv_heads = 1;
  shape.n_layers = 2;
  graph::Graph graph = test::open_tiny_model(shape)->graph();
  graph.outputs = {graph.info.logits};  // and not the hidden state
  return fused(std::move(graph));
}

std::vector<std::string> kernels(const Program& program) {
  std::vector<std::string> list;
  for (const auto& step : program.steps) list.push_back(step->kernel);
  return list;
}

// Launches of each step for one row of one sequence.
std::vector<std::uint32_t> launches_of_one_row(const Program& program, std::uint32_t n_splits) {
  AttentionCut cut;
  cut.rows_apart = true;
  cut.n_splits = n_splits;
  Execution x;
  x.traits = &kTraits;
  x.n_rows[FORGE_ROWS_TOKENS] = x.n_rows[FORGE_ROWS_OUTPUTS] = 1;
  x.attention.assign(program.attention.size(), {&cut, nullptr, nullptr});
  std::vector<std::uint32_t> list;
  for (const auto& step : program.steps) list.push_back(step->n_launches(x));
  return list;
}

TEST_CASE("hip program: a layer of a quantized qwen3") {
  const graph::Graph graph = model_graph("qwen3", FORGE_TYPE_Q8_0);
  const graph::GraphView view(graph);
  const Program program = Program::build(*view.get(), kOptions);
  const std::string normed = "gemv_normed_q8_0|skinny|gemm";
  const std::string plain = "gemv_q8_0|skinny|gemm";
  const std::string gated = "gemv_normed_gated_q8_0|skinny|gemm";
  CHECK(kernels(program) == std::vector<std::string>{
                                // norms of Q and K, rope and the KV cache are attention's
                                "norm_quantize", normed, "attention_32|row", "quantize", plain,
                                "norm_quantize", gated, "quantize", plain,
                                // the last layer goes on with the rows that are wanted
                                "norm_quantize", normed, "attention_32|row", "select_rows",
                                "select_rows", "quantize", plain, "norm_quantize", gated,
                                "quantize", plain, "norm_quantize", normed});
  CHECK(program.embeddings.size() == 1);
  CHECK(program.rope_tables.size() == 1);
  CHECK(program.attention.size() == 1);
  CHECK(program.max_k == 96);
  // With one row matmuls normalise on the way, and attention and the gated one quantize what they
  // make.
  // The row is the one that is wanted, so that nothing is selected.
  CHECK(launches_of_one_row(program, 1) == std::vector<std::uint32_t>{0, 1, 1, 0, 1, 0, 1, 0,
                                                                      1, 0, 1, 1, 0, 0, 0, 1,
                                                                      0, 1, 0, 1, 0, 1});
  // Merging what splits made quantizes, too.
  CHECK(launches_of_one_row(program, 4)[2] == 2);
  CHECK(launches_of_one_row(program, 4)[3] == 0);
}

TEST_CASE("hip program: no kernel writes quantized rows over those it reads") {
  // A block beside another: what both read is quantized once, and the second reads it after the
  // first has quantized something of its own.
  test::GraphMaker g;
  const std::uint32_t x = g.embed(g.weight("table", {64, 19}), 64);
  const std::uint32_t one = g.linear(g.linear(x, g.weight("a", {64, 64})), g.weight("b", {64, 64}));
  const std::uint32_t gate = g.linear(x, g.weight("gate", {64, 96}));
  const std::uint32_t up = g.linear(x, g.weight("up", {64, 96}));
  const std::uint32_t two = g.linear(g.gated(gate, up), g.weight("down", {96, 64}));
  const std::uint32_t sum = g.select_rows(g.add(one, two));
  graph::Graph made = g.finish(g.linear(sum, g.weight("out", {64, 19})), 19);
  for (std::size_t w = 1; w < made.weights.size(); ++w) made.weights[w].type = FORGE_TYPE_Q8_0;
  const graph::Graph graph = fused(std::move(made));
  const graph::GraphView view(graph);
  const Program program = Program::build(*view.get(), kOptions);
  int n_quantizing = 0;
  for (const auto& step : program.steps) {
    const auto* matmul = dynamic_cast<const MatmulStep*>(step.get());
    if (matmul == nullptr || matmul->leaves().k == 0) continue;
    CAPTURE(step->name);
    CHECK(matmul->leaves().slot != matmul->reads().slot);
    ++n_quantizing;
  }
  CHECK(n_quantizing == 1);  // the gated one
}

TEST_CASE("hip program: float matrices are not quantized for") {
  const graph::Graph graph = model_graph("llama", FORGE_TYPE_F16);
  const graph::GraphView view(graph);
  const Program program = Program::build(*view.get(), kOptions);
  for (const std::string& kernel : kernels(program)) {
    INFO(kernel);
    CHECK(kernel.find("quantize") == std::string::npos);
    CHECK(kernel.find("gemv") == std::string::npos);
  }
  CHECK(program.max_k == 0);
}

TEST_CASE("hip program: picking takes one launch for a part of a row and one for all") {
  for (const std::uint32_t width : {kTopKPart, kTopKPart + 1}) {
    test::GraphMaker g;
    const std::uint32_t x = g.embed(g.weight("table", {64, 19}), 64);
    const std::uint32_t logits = g.linear(g.select_rows(x), g.weight("out", {64, width}));
    const auto whole = [&](std::uint32_t n) {
      return g.value(n, FORGE_ROWS_OUTPUTS, FORGE_TYPE_I32);
    };
    const std::uint32_t ids = whole(kTopKMost), values = g.value(kTopKMost, FORGE_ROWS_OUTPUTS);
    const std::uint32_t settings = whole(FORGE_DRAW_SETTINGS), token = whole(1);
    g.node(FORGE_OP_TOP_K, {logits}, {ids, values}, {}, nullptr);
    g.node(FORGE_OP_DRAW, {logits, ids, values, settings}, {token}, {}, nullptr);
    graph::Graph graph = g.finish(logits, width);
    graph.inputs = {settings};
    graph.outputs = {logits, ids, values, token};
    const graph::GraphView view(graph);
    const Program program = Program::build(*view.get(), kOptions);
    const Step& step = **(program.steps.end() - 2);
    const bool parts = width > kTopKPart;
    CHECK(step.kernel == (parts ? "top_k_parts|top_k" : "top_k_parts"));
    CHECK(*(launches_of_one_row(program, 1).end() - 2) == (parts ? 2 : 1));
    CHECK(launches_of_one_row(program, 1).back() == 1);
    CHECK(program.draw_settings == settings);
    // A draw needs what was picked; what was picked does not need a draw.
    CHECK(step.serves == std::vector<std::uint32_t>{ids, values, token});
    CHECK(program.steps.back()->serves == std::vector<std::uint32_t>{token});
    // For each of at most 8 output rows two lists of 8 bytes a number; or the part's sums.
    CHECK(program.partial_bytes == 8 * 8 * (parts ? 2 * kTopKMost : kDrawSums));
  }
}

TEST_CASE("hip program: what ends in a state serves nobody's output alone") {
  test::GraphMaker g;
  const std::uint32_t x = g.embed(g.weight("table", {64, 19}), 64);
  const std::uint32_t k = g.linear(x, g.weight("k", {64, 64}));
  const std::uint32_t y = g.attention(x, k, k, 1, 1);
  graph::Graph graph = g.finish(g.linear(g.select_rows(y), g.weight("out", {64, 19})), 19);
  graph.outputs.push_back(k);
  const graph::GraphView view(graph);
  const ValueUse use(*view.get());
  const auto last = static_cast<std::uint32_t>(graph.nodes.size()) - 1;
  CHECK(use.serves(last) == std::vector<std::uint32_t>{graph.info.logits});
  for (std::uint32_t i = 0; i < graph.nodes.size(); ++i) {
    const bool before = graph.nodes[i].op == FORGE_OP_LINEAR && i != last;
    if (before || graph.nodes[i].op == FORGE_OP_ATTENTION) CHECK(use.serves(i).empty());
  }
}

TEST_CASE("hip program: a heads' norm that somebody else reads stays a step of its own") {
  test::GraphMaker g;
  const std::uint32_t x = g.embed(g.weight("table", {64, 19}), 64);
  const std::uint32_t q = g.linear(x, g.weight("q", {64, 64}));
  const std::uint32_t k = g.linear(x, g.weight("k", {64, 32}));
  const std::uint32_t v = g.linear(x, g.weight("v", {64, 32}));
  const std::uint32_t weight = g.weight("norm", {32});
  const auto norm = [&](std::uint32_t from) {
    const forge_norm_params_v1 p = {sizeof(p), FORGE_NORM_RMS, 32, 1e-6f};
    const std::uint32_t to = g.value(g.graph.values[from].width);
    g.node(FORGE_OP_NORM, {from}, {to}, {weight, FORGE_NONE}, p);
    return to;
  };
  const std::uint32_t qn = norm(q);
  const std::uint32_t kn = norm(k);
  const std::uint32_t mixed = g.attention(qn, kn, v, 2, 1);
  const std::uint32_t sum = g.add(mixed, qn);
  const graph::Graph graph = g.finish(g.linear(sum, g.weight("out", {64, 19})), 19);
  const graph::GraphView view(graph);
  const Program program = Program::build(*view.get(), kOptions);
  const std::vector<std::string> list = kernels(program);
  CHECK(std::count(list.begin(), list.end(), "norm") == 1);  // that of q
}

TEST_CASE("hip program: rope of a graph's input turns a copy") {
  test::GraphMaker g;
  const std::uint32_t x = g.value(64);
  const std::uint32_t y = g.value(64);
  forge_rope_params_v1 p = {};
  p.struct_size = sizeof(p);
  p.n_heads = 2;
  p.head_dim = p.n_rot = 32;
  p.base = 10000;
  p.freq_scale = p.attn_factor = 1;
  g.node(FORGE_OP_ROPE, {x}, {y}, {FORGE_NONE}, p);
  g.graph.inputs = {x};
  g.graph.outputs = {y};
  const graph::GraphView view(g.graph);
  const Program program = Program::build(*view.get(), kOptions);
  CHECK(kernels(program) == std::vector<std::string>{"unary", "heads"});
  CHECK(program.placement.places[x].arena_offset == Place::kNowhere);
  CHECK(program.placement.places[y].arena_offset == 0);
}

// Steps between which a value's memory is in use.
struct Span {
  std::uint64_t begin, end;  // bytes
  std::size_t first, last;   // steps
};

void check_placement(const graph::Graph& graph) {
  const graph::GraphView view(graph);
  const Program program = Program::build(*view.get(), kOptions);
  std::vector<Span> spans;
  for (std::uint32_t root = 0; root < graph.values.size(); ++root) {
    const Place& place = program.placement.places[root];
    if (place.root != root || place.arena_offset == Place::kNowhere) continue;
    const forge_value_v1& value = graph.values[root];
    const std::uint64_t rows = value.rows == FORGE_ROWS_TOKENS ? 64 : 8;
    Span span = {place.arena_offset, place.arena_offset + rows * value.width * 4,
                 program.steps.size(), 0};
    for (std::size_t s = 0; s < program.steps.size(); ++s) {
      for (const std::uint32_t touched : program.steps[s]->touches) {
        if (program.placement.places[touched].root != root) continue;
        span.first = std::min(span.first, s);
        span.last = std::max(span.last, s);
      }
    }
    for (const std::uint32_t output : graph.outputs) {
      if (output == root) span.last = program.steps.size();
    }
    CHECK(span.end <= program.placement.arena_bytes);
    spans.push_back(span);
  }
  for (std::size_t a = 0; a < spans.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      const bool same_time = spans[a].first <= spans[b].last && spans[b].first <= spans[a].last;
      const bool same_place = spans[a].begin < spans[b].end && spans[b].begin < spans[a].end;
      CHECK_FALSE((same_time && same_place));
    }
  }
}

TEST_CASE("hip program: values that are needed at the same time have memory of their own") {
  for (const char* architecture : {"qwen3", "llama"}) {
    for (const std::uint32_t type : {FORGE_TYPE_Q8_0, FORGE_TYPE_F32}) {
      INFO(architecture << " type " << type);
      check_placement(model_graph(architecture, type));
    }
  }
}

TEST_CASE("hip program: K and V of attention are kept until it runs, Q is turned where it is") {
  const graph::Graph graph = model_graph("qwen3", FORGE_TYPE_Q8_0);
  const graph::GraphView view(graph);
  const Program program = Program::build(*view.get(), kOptions);
  for (const graph::Node& node : graph.nodes) {
    if (node.op != FORGE_OP_ATTENTION) continue;
    const Place& q = program.placement.places[node.inputs[0]];
    CHECK(q.root != node.inputs[0]);  // the projection's output
    const auto step = std::find_if(program.steps.begin(), program.steps.end(),
                                   [&](const auto& s) { return s->name == node.name; });
    REQUIRE(step != program.steps.end());
    const std::vector<std::uint32_t>& touches = (*step)->touches;
    // Q, K before its norm, V, the output.
    REQUIRE(touches.size() == 4);
    CHECK(touches[2] == node.inputs[2]);
    CHECK(std::find(touches.begin(), touches.end(), node.inputs[1]) == touches.end());
  }
}

}  // namespace
}  // namespace forge::hip
