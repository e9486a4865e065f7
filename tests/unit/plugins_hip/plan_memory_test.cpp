// What a plan says it will take, against sums made by hand.
#include "plugins/hip/runtime/plan.hpp"

#include "core/graph/graph.hpp"
#include "core/graph/passes.hpp"
#include "tests/catch.hpp"
#include "tests/support/tiny_model.hpp"

namespace forge::hip {
namespace {

std::uint64_t up(std::uint64_t n, std::uint64_t unit) { return (n + unit - 1) / unit * unit; }

// A matrix of Q8_0: 32 bytes and a scale of 2 for each block of 16 rows, in two planes.
std::uint64_t q8_bytes(std::uint64_t n_in, std::uint64_t n_out) {
  const std::uint64_t rows = up(n_out, 16);
  return up(rows * n_in, 256) + up(rows * n_in / 32 * 2, 256);
}
std::uint64_t f32_bytes(std::uint64_t n) { return up(n * 4, 256); }

TEST_CASE("hip plan memory: weights and state of a small model") {
  test::TinyModel shape;  // 64 wide, 96 hidden, 4 heads and 2 KV heads of 16, 2 layers
  shape.matrix_type = FORGE_TYPE_Q8_0;
  const auto model = test::open_tiny_model(shape);
  const graph::GraphView view(model->graph());
  const forge_plan_options_v1 options = {sizeof(options), 64, 4, 4};
  const forge_plan_memory_v1 memory = GpuPlan::memory(*view.get(), options);

  const std::uint64_t layer = f32_bytes(64) * 2 + f32_bytes(16) * 2 +    // norms, of Q and K too
                              q8_bytes(64, 64) + 2 * q8_bytes(64, 32) +  // Q, K and V
                              q8_bytes(64, 64) +                         // output
                              2 * q8_bytes(64, 96) + q8_bytes(96, 64);   // feed-forward
  const std::uint64_t head = f32_bytes(64) + q8_bytes(64, test::kTinyTokens);
  CHECK(memory.weights == up(2 * layer + head, 4096));

  // K and V, 2 heads of 16 halves at 32 positions, in 2 layers.
  CHECK(memory.state_per_block == 2 * 2 * (2 * 16 * 32 * 2));
  CHECK(memory.state_per_slot == 0);
}

TEST_CASE("hip plan memory: a quantized state, and embeddings that stay in the file") {
  test::TinyModel shape;
  shape.n_layers = 1;
  shape.head_dim = 32;
  shape.matrix_type = FORGE_TYPE_Q8_0;
  const auto model = test::open_tiny_model(shape);
  graph::Graph graph = model->graph();
  for (forge_state_v1& state : graph.states) state.type_v = FORGE_TYPE_Q8_0;
  const graph::GraphView view(graph);
  const forge_plan_options_v1 options = {sizeof(options), 1, 1, 1};
  const std::uint64_t k = 2 * 32 * 32 * 2;
  const std::uint64_t v = 2 * 32 * 32 + 2 * 32 * 2;  // bytes, and a half for each 32 of them
  CHECK(GpuPlan::memory(*view.get(), options).state_per_block == k + v);
}

TEST_CASE("hip plan memory: prompts in FP8 take a byte more for each element of a row") {
  test::TinyModel shape;
  shape.matrix_type = FORGE_TYPE_Q8_0;
  const auto model = test::open_tiny_model(shape);
  const graph::GraphView view(model->graph());
  const forge_plan_options_v1 options = {sizeof(options), 512, 4, 4};
  const forge_plan_memory_v1 int8 = GpuPlan::memory(*view.get(), options);
  const forge_plan_memory_v1 fp8 = GpuPlan::memory(*view.get(), options, PromptType::kFp8);
  // The longest rows are the hidden layer's, of 96 elements; a float for each row.
  CHECK(fp8.scratch - int8.scratch == up(512 * 96, 4096) + up(512 * 4, 4096));
  CHECK(fp8.weights == int8.weights);
  CHECK(GpuPlan::memory(*view.get(), options, PromptType::kF16).scratch == int8.scratch);
}

TEST_CASE("hip plan memory: scratch holds every row of the step at once") {
  const auto model = test::open_tiny_model();
  const graph::GraphView view(model->graph());
  const auto scratch = [&](std::uint32_t rows, std::uint32_t outputs) {
    const forge_plan_options_v1 options = {sizeof(options), rows, outputs, 1};
    return GpuPlan::memory(*view.get(), options).scratch;
  };
  // 1000 rows more: at least the residual, Q and the embedding of 64 floats each, and positions.
  CHECK(scratch(1001, 1) - scratch(1, 1) >= 1000u * (3 * 64 * 4 + 8));
  // 1000 outputs more: at least the logits.
  CHECK(scratch(1, 1001) - scratch(1, 1) >= 1000u * test::kTinyTokens * 4);
}

}  // namespace
}  // namespace forge::hip
