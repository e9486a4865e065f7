// 'rocmforge plan' against the packs' own figures, and against a calculation by hand.
#include "host/plan/prediction.hpp"

#include <string>

#include "core/graph/graph.hpp"
#include "core/graph/passes.hpp"
#include "plugins/gfx1100/traits.hpp"
#include "plugins/hip/runtime/matrix.hpp"
#include "plugins/hip/runtime/plan.hpp"
#include "plugins/hip/runtime/program.hpp"
#include "tests/catch.hpp"
#include "tests/support/tiny_graph.hpp"
#include "tests/support/tiny_model.hpp"

namespace forge::plan {
namespace {

test::TinyModel quantized_shape() {
  test::TinyModel shape;
  shape.matrix_type = FORGE_TYPE_Q8_0;
  shape.n_embd = 256;
  shape.n_ff = 512;
  shape.head_dim = 64;
  return shape;
}

PredictionOptions on(std::string_view card) {
  PredictionOptions options;
  options.card = find_card(card).value();
  return options;
}

Work work_of(const StepPrediction& step, const std::string& kernel) {
  for (const Work& work : step.work) {
    if (work.kernel == kernel) return work;
  }
  FAIL("no " + kernel);
  return {};
}

// As graph::Plan has the best tokens picked.
void add_candidates(graph::Graph& graph) {
  const std::uint32_t logits = graph.info.logits;
  forge_value_v1 value = graph.values[logits];
  value.width = 128;
  graph.values.insert(graph.values.end(), 2, value);
  const auto last = static_cast<std::uint32_t>(graph.values.size()) - 1;
  graph.values[last - 1].type = FORGE_TYPE_I32;
  graph::Node node;
  node.op = FORGE_OP_TOP_K;
  node.inputs = {logits};
  node.outputs = {last - 1, last};
  graph.nodes.push_back(node);
  graph.outputs.insert(graph.outputs.end(), {last - 1, last});
  value.type = FORGE_TYPE_I32;
  for (const std::uint32_t width : {FORGE_DRAW_SETTINGS, 1u}) {
    value.width = width;
    graph.values.push_back(value);
  }
  node.op = FORGE_OP_DRAW;
  node.inputs = {logits, last - 1, last, last + 1};
  node.outputs = {last + 2};
  graph.nodes.push_back(node);
  graph.inputs.push_back(last + 1);
  graph.outputs.push_back(last + 2);
}

TEST_CASE("plan: cards are found as people write them") {
  CHECK(find_card("9070xt").value().name == "Radeon RX 9070 XT");
  CHECK(find_card("AMD Radeon RX 7900 XTX").value().id == "7900xtx");
  CHECK(find_card("AI PRO R9700").value().id == "r9700");
  const Status wrong = find_card("9070tx").status();
  CHECK(wrong.code() == Code::kNotFound);
  CHECK(wrong.message().find("did you mean '9070xt'?; known are 7600, ") != std::string::npos);
  CHECK(find_card("").status().code() == Code::kNotFound);
  for (const Card& card : kCards) CHECK(find_card(card.name).value().id == card.id);
}

TEST_CASE("plan: the table of kernels") {
  const KernelTable& table = KernelTable::builtin();
  for (const char* gfx : {"gfx1100", "gfx1201"}) {
    for (const char* kernel : {"gemv_q4_0", "skinny_q6_k", "gemm_mxfp4"}) {
      REQUIRE(table.find(gfx, kernel).has_value());
      CHECK(table.find(gfx, kernel)->products() > 0);
    }
  }
  CHECK(table.find("gfx1100", "gemm_q4_k")->matrix > 0);
  CHECK_FALSE(table.find("gfx1100", "gemm_q9").has_value());

  const auto parsed =
      KernelTable::parse("# x\ntarget\tkernel\tdot\tmatrix\tvalu\ngfx1\tk\t3\t2\t1\n");
  REQUIRE(parsed.ok());
  CHECK(parsed.value().find("gfx1", "k")->products() == 3 * 128 + 2 * 4096);
  for (const char* wrong :
       {"target\tkernel\tdot\n", "target\tkernel\tdot\tmatrix\tvalu\na\tb\t1\t2\n",
        "target\tkernel\tdot\tmatrix\tvalu\na\tb\t1\t2\tx\n"}) {
    CAPTURE(wrong);
    CHECK(KernelTable::parse(wrong).status().code() == Code::kDataLoss);
  }
}

TEST_CASE("plan: bits of weights are those of the packs' planes") {
  for (std::uint32_t type = 0; type < 64; ++type) {
    const hip::MatrixType* known = hip::find_matrix_type(type);
    if (known == nullptr) continue;
    forge_tensor_v1 weight = {};
    weight.type = type;
    weight.n_dims = 2;
    weight.shape[0] = weight.shape[1] = 4096;
    CAPTURE(known->name);
    CHECK(device_bits(known->name) * 4096 * 4096 / 8 ==
          static_cast<double>(hip::MatrixLayout::of(weight).bytes));
  }
  CHECK(device_bits("iq2_s") == 0);
}

TEST_CASE("plan: memory and launches are what the packs say") {
  const auto model = test::open_tiny_model(quantized_shape());
  PredictionOptions options = on("7900xt");
  options.n_ctx = 64;
  options.n_sequences = 3;
  const auto predicted = predict(model->graph(), options, KernelTable::builtin());
  REQUIRE(predicted.ok());
  const MemoryPrediction& memory = predicted.value().memory;

  graph::Graph graph = model->graph();
  graph.outputs = {graph.info.logits};
  std::vector<std::uint32_t> packs(graph.nodes.size(), 0);
  graph::fuse(graph, packs, [](auto, const auto&, const auto&) { return true; });
  add_candidates(graph);
  const graph::GraphView view(graph);
  const forge_plan_options_v1 plan_options = {sizeof(plan_options), 512, 3, 3};
  const forge_plan_memory_v1 said = hip::GpuPlan::memory(*view.get(), plan_options);
  // The packs round every plane up to 256 bytes and the sum to a page.
  CHECK(memory.weights <= said.weights);
  CHECK(memory.weights > said.weights - said.weights / 32);
  CHECK(memory.kv_per_position * FORGE_KV_BLOCK_TOKENS == said.state_per_block);
  CHECK(memory.kv == 3 * 2 * said.state_per_block);
  CHECK(memory.total == memory.weights + memory.kv + memory.scratch);
  CHECK(memory.fits());

  // One sequence, one row, its history in several parts.
  const hip::Program program = hip::Program::build(*view.get(), plan_options);
  hip::AttentionCut cut;
  cut.rows_apart = true;
  cut.n_splits = 4;
  hip::Execution x;  // all outputs are wanted
  x.traits = &hip::kTraits;
  x.n_rows[FORGE_ROWS_TOKENS] = x.n_rows[FORGE_ROWS_OUTPUTS] = 1;
  x.attention.assign(program.attention.size(), {&cut, nullptr, nullptr});
  std::uint32_t launches = 0;
  for (const auto& step : program.steps) launches += step->n_launches(x);
  options.n_sequences = 1;
  CHECK(predict(model->graph(), options, KernelTable::builtin()).value().answer_last.launches ==
        launches);
}

TEST_CASE("plan: a roofline by hand") {
  const auto model = test::open_tiny_model(quantized_shape());
  PredictionOptions options = on("9070xt");  // 640 GB/s, 128 SIMDs at 2.97 GHz
  options.n_ctx = 256;
  options.n_batch = 128;
  // One turn: 10 vector instructions, 5 dots, 2 matrix products of 8 cycles.
  const auto table = KernelTable::parse(
                         "target\tkernel\tdot\tmatrix\tvalu\n"
                         "gfx1201\tgemv_q8_0\t5\t0\t10\ngfx1201\tgemm_q8_0\t0\t2\t10\n")
                         .value();
  const auto predicted = predict(model->graph(), options, table);
  REQUIRE(predicted.ok());
  // Two layers: Q and output 256 x 256, K and V 256 x 128, three matrices 256 x 512; and the head.
  const double layers = 2 * (2 * 256.0 * 256 + 2 * 256.0 * 128 + 3 * 256.0 * 512);
  const double head = 256.0 * test::kTinyTokens;
  const Work one = work_of(predicted.value().answer_last, "gemv_q8_0");
  CHECK(one.bytes == Approx((layers + head) * 8.5 / 8));
  CHECK(one.memory_seconds == Approx(one.bytes / 640e9));
  CHECK(one.issue_seconds == Approx((layers + head) / (5 * 128) * 15 / (128 * 2.97e9)));
  CHECK(one.limit_seconds == Approx(one.memory_seconds));
  const Work many = work_of(predicted.value().prompt, "gemm_q8_0");
  // Behind the last attention only the last row goes on.
  const double of_all_rows = layers / 2 + 256.0 * 256 + 2 * 256.0 * 128;
  CHECK(many.issue_seconds ==
        Approx(of_all_rows * 128 / (2 * 4096) * (10 + 2 * 8) / (128 * 2.97e9)));
  // Keys and values of 255 positions and the own one, two KV heads of 64 halves, two layers.
  const Work attention = work_of(predicted.value().answer_last, "attention");
  CHECK(attention.bytes == Approx(256.0 * 2 * 2 * 64 * 2 * 2));
  // A rate is of all sequences.
  options.n_sequences = 4;
  const auto four = predict(model->graph(), options, KernelTable::builtin());
  CHECK(four.value().answer_last.n_rows == 4);
  CHECK(work_of(four.value().answer_last, "skinny_q8_0").bytes == Approx(one.bytes));
}

TEST_CASE("plan: prompts in f16 and in FP8") {
  const auto model = test::open_tiny_model(quantized_shape());
  const auto table = KernelTable::parse(
                         "target\tkernel\tdot\tmatrix\tvalu\n"
                         "gfx1201\tgemv_q8_0\t5\t0\t10\ngfx1201\tgemm_q8_0\t0\t2\t10\n"
                         "gfx1201\thalf_gemm_q8_0\t0\t2\t4\ngfx1201\tfp8_gemm_q8_0\t0\t2\t5\n"
                         "gfx1100\tgemm_q8_0\t0\t2\t10\n")
                         .value();
  const auto predicted = [&](std::string_view card, graph::PromptType prompts) {
    PredictionOptions options = on(card);
    options.n_ctx = 256;
    options.prompts = prompts;
    auto result = predict(model->graph(), options, table);
    REQUIRE(result.ok());
    return *std::move(result);
  };
  using graph::PromptType;
  const Prediction int8 = predicted("9070xt", PromptType::kInt8);
  const double base = work_of(int8.prompt, "gemm_q8_0").issue_seconds / (10 + 2 * 8);
  const Prediction f16 = predicted("9070xt", PromptType::kF16);
  CHECK(work_of(f16.prompt, "half_gemm_q8_0").issue_seconds == Approx(base * (4 + 2 * 16)));
  CHECK(f16.prompt.launches == int8.prompt.launches);
  const Prediction fp8 = predicted("9070xt", PromptType::kFp8);
  const Work work = work_of(fp8.prompt, "fp8_gemm_q8_0");
  CHECK(work.issue_seconds == Approx(base * (5 + 2 * 8)));
  CHECK(fp8.prompt.launches == int8.prompt.launches + work.launches);
  CHECK(fp8.notes.empty());
  // A card without FP8 says so, and does what the pack does.
  const Prediction none = predicted("7900xt", PromptType::kFp8);
  CHECK(work_of(none.prompt, "gemm_q8_0").launches > 0);
  REQUIRE(none.notes.size() == 1);
  CHECK(none.notes[0].find("no matrix units for FP8") != std::string::npos);
}

TEST_CASE("plan: of experts those are read that rows pick") {
  test::GraphMaker g;
  const std::vector<std::uint32_t> weights = {g.weight("gate", {256, 512, 8}),
                                              g.weight("up", {256, 512, 8}),
                                              g.weight("down", {512, 256, 8})};
  for (const std::uint32_t w : weights) g.graph.weights[w].type = FORGE_TYPE_Q8_0;
  const std::vector<std::uint32_t> inputs = {
      g.value(256), g.value(2, FORGE_ROWS_TOKENS, FORGE_TYPE_I32), g.value(2)};
  const forge_activation_params_v1 params = {sizeof(params), FORGE_ACT_SILU};
  const std::uint32_t y = g.value(256);
  g.node(FORGE_OP_MOE_EXPERTS, inputs, {y}, weights, params);
  g.graph.inputs = inputs;
  g.graph.outputs = {y};
  PredictionOptions options = on("7900xt");
  options.n_ctx = 64;
  const auto predicted = predict(g.graph, options, KernelTable::builtin());
  REQUIRE(predicted.ok());
  CHECK(predicted.value().notes.empty());
  const double expert = 256.0 * 512 * 34 / 32;  // a byte each, and a half for 32 of them
  const StepPrediction& one = predicted.value().answer_last;
  CHECK(work_of(one, "experts_gated_q8_0").bytes == Approx(2 * 2 * expert));
  CHECK(work_of(one, "experts_q8_0").bytes == Approx(2 * expert));
  CHECK(work_of(predicted.value().prompt, "experts_gemm_q8_0").bytes == Approx(3 * 8 * expert));

  // Launches and memory are the packs'.
  // Of every model: the best of at most 2048 tokens, and one is drawn; of a prompt: rows are
  // selected, twice, and quantized.
  constexpr std::uint32_t kFixed = 2, kOfPrompt = 3;
  const graph::GraphView view(g.graph);
  const forge_plan_options_v1 plan_options = {sizeof(plan_options), 64, 1, 1};
  const hip::Program program = hip::Program::build(*view.get(), plan_options);
  hip::Execution x;
  x.traits = &hip::kTraits;
  const auto launches = [&](std::uint32_t n_rows) {
    x.n_rows[FORGE_ROWS_TOKENS] = n_rows;
    std::uint32_t sum = 0;
    for (const auto& step : program.steps) sum += step->n_launches(x);
    return sum;
  };
  CHECK(one.launches == launches(1) + kFixed);
  CHECK(predicted.value().prompt.launches == launches(64) + kFixed + kOfPrompt);
  const forge_plan_memory_v1 said = hip::GpuPlan::memory(*view.get(), plan_options);
  CHECK(predicted.value().memory.weights == said.weights);
}

TEST_CASE("plan: Q, K and V of two types are one launch where the packs have a kernel for both") {
  const auto launches = [](std::uint32_t type_of_v) {
    test::GraphMaker g;
    std::vector<std::uint32_t> weights, outputs;
    for (const std::uint32_t type :
         {std::uint32_t{FORGE_TYPE_Q4_K}, std::uint32_t{FORGE_TYPE_Q4_K}, type_of_v}) {
      weights.insert(weights.end(),
                     {g.weight("w" + std::to_string(weights.size()), {256, 128}), FORGE_NONE});
      g.graph.weights[weights[weights.size() - 2]].type = type;
      outputs.push_back(g.value(128));
    }
    const std::vector<std::uint32_t> inputs = {g.value(256)};
    const forge_linear_params_v1 params = {sizeof(params), FORGE_ACT_NONE};
    g.node(FORGE_OP_LINEAR, inputs, outputs, weights, params);
    g.graph.inputs = inputs;
    g.graph.outputs = outputs;
    PredictionOptions options = on("7900xt");
    options.n_ctx = 64;
    const auto predicted = predict(g.graph, options, KernelTable::builtin());
    REQUIRE(predicted.ok());
    return predicted.value().answer_last.launches;
  };
  CHECK(launches(FORGE_TYPE_Q6_K) == launches(FORGE_TYPE_Q4_K));
  CHECK(launches(FORGE_TYPE_Q8_0) == launches(FORGE_TYPE_Q4_K) + 1);
}

TEST_CASE("plan: what does not fit, what cannot run") {
  const auto model = test::open_tiny_model(quantized_shape());
  PredictionOptions options = on("7600");
  options.n_ctx = 1u << 24;  // 1 KiB each: 16 GiB of 8
  const auto large = predict(model->graph(), options, KernelTable::builtin());
  REQUIRE(large.ok());
  CHECK_FALSE(large.value().memory.fits());
  const std::uint32_t longest = large.value().memory.longest_context;
  CHECK(longest > 0);
  options.n_ctx = longest;
  CHECK(predict(model->graph(), options, KernelTable::builtin()).value().memory.fits());
  options.n_ctx = longest + FORGE_KV_BLOCK_TOKENS;
  CHECK_FALSE(predict(model->graph(), options, KernelTable::builtin()).value().memory.fits());
  options.reserve_gib = 9;
  CHECK(predict(model->graph(), options, KernelTable::builtin()).value().memory.longest_context ==
        0);

  options = on("7600");
  options.type_k = FORGE_TYPE_Q4_0;
  const Status wrong = predict(model->graph(), options, KernelTable::builtin()).status();
  CHECK(wrong.message() == "the packs for GPUs keep keys and values in f16 or q8_0, not q4_0");

  graph::Graph graph = model->graph();
  for (forge_tensor_v1& weight : graph.weights) {
    if (weight.type == FORGE_TYPE_Q8_0) weight.type = FORGE_TYPE_IQ3_S;
  }
  const auto unknown = predict(graph, on("7600"), KernelTable::builtin());
  REQUIRE(unknown.ok());
  REQUIRE(unknown.value().notes.size() == 1);
  CHECK(unknown.value().notes[0] ==
        "the packs have no product for iq3_s: the processor would do it");
}

}  // namespace
}  // namespace forge::plan
