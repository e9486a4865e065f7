// The pack by itself, through its C record: no host, no plugin. A graph of two norms, the second of
// a view of the first one's output, compared with the formula.
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

#include "pack.hpp"

namespace {

constexpr forge_plugin_kernel_pack_v1 kPack = forge::sdk::kernel_pack_record<minimal::Device>();
constexpr std::uint32_t kRows = 3, kWidth = 8, kViewed = 4;
constexpr float kEps = 0.01f;

// x -> [norm of all] -> a; columns 4..7 of a -> [norm of pairs] -> y
struct TwoNorms {
  forge_value_v1 x = value(kWidth), a = value(kWidth), view = value(kViewed), y = value(kViewed);
  const forge_value_v1* values[4] = {&x, &a, &view, &y};
  float all_weight[kWidth] = {1, 2, 3, 4, 5, 6, 7, 8}, pair_weight[2] = {0.5f, -3};
  forge_tensor_v1 all = tensor(all_weight, kWidth), pair = tensor(pair_weight, 2);
  const forge_tensor_v1* weights[2] = {&all, &pair};
  forge_norm_params_v1 params[2] = {{sizeof(params[0]), FORGE_NORM_RMS, kWidth, kEps},
                                    {sizeof(params[0]), FORGE_NORM_RMS, 2, kEps}};
  std::uint32_t ids[4] = {0, 1, 2, 3};
  std::uint32_t node_weights[2][2] = {{0, FORGE_NONE}, {1, FORGE_NONE}};
  forge_node_v1 nodes[2] = {node(0), node(1)};
  const forge_node_v1* node_pointers[2] = {&nodes[0], &nodes[1]};
  forge_graph_v1 graph = {};

  TwoNorms() {
    a.arena_offset = 0;
    view.parent = 1;
    view.offset = kWidth - kViewed;
    graph.struct_size = sizeof(graph);
    graph.n_values = 4;
    graph.values = values;
    graph.n_weights = 2;
    graph.weights = weights;
    graph.n_nodes = 2;
    graph.nodes = node_pointers;
    graph.n_inputs = graph.n_outputs = 1;
    graph.inputs = &ids[0];
    graph.outputs = &ids[3];
    graph.token_arena = kWidth;
  }
  TwoNorms(const TwoNorms&) = delete;
  TwoNorms& operator=(const TwoNorms&) = delete;

 private:
  static forge_value_v1 value(std::uint32_t width) {
    forge_value_v1 v = {};
    v.struct_size = sizeof(v);
    v.type = FORGE_TYPE_F32;
    v.rows = FORGE_ROWS_TOKENS;
    v.width = width;
    v.parent = v.arena_offset = FORGE_NONE;
    return v;
  }
  static forge_tensor_v1 tensor(const float* data, std::uint64_t n) {
    forge_tensor_v1 t = {};
    t.struct_size = sizeof(t);
    t.type = FORGE_TYPE_F32;
    t.shape[0] = n;
    t.shape[1] = t.shape[2] = t.shape[3] = 1;
    t.n_dims = 1;
    t.data = data;
    t.n_bytes = n * sizeof(float);
    return t;
  }
  forge_node_v1 node(std::uint32_t i) {
    forge_node_v1 n = {};
    n.struct_size = sizeof(n);
    n.op = FORGE_OP_NORM;
    n.layer = n.state = FORGE_NONE;
    n.n_inputs = n.n_outputs = 1;
    n.n_weights = 2;
    n.inputs = &ids[2 * i];
    n.outputs = &ids[2 * i + 1];
    n.weights = node_weights[i];
    n.params = &params[i];
    return n;
  }
};

// The formula, in long double.
std::vector<float> expected(const TwoNorms& g, const float* x) {
  std::vector<long double> a(x, x + kWidth);
  const auto norm = [](long double* v, std::size_t n, const float* weight) {
    long double squares = 0;
    for (std::size_t i = 0; i < n; ++i) squares += v[i] * v[i];
    const long double rms = std::sqrt(squares / static_cast<long double>(n) + kEps);
    for (std::size_t i = 0; i < n; ++i) v[i] = v[i] / rms * weight[i];
  };
  norm(a.data(), kWidth, g.all_weight);
  for (std::uint32_t i = kWidth - kViewed; i < kWidth; i += 2) norm(&a[i], 2, g.pair_weight);
  return {a.end() - kViewed, a.end()};
}

int fail(const char* what) {
  std::printf("failed: %s\n", what);
  return 1;
}

}  // namespace

int main() {
  TwoNorms g;
  const forge_plan_options_v1 options = {sizeof(options), kRows, kRows, 1};
  forge_pack_device* device = nullptr;
  forge_pack_plan* plan = nullptr;
  forge_pack_state* state = nullptr;
  const forge_device_v1 cpu = {sizeof(cpu), 0, "cpu", "", "", "", 0};
  const forge_pack_options_v1 pack_options = {sizeof(pack_options), 1, 0, 0};
  if (kPack.device_open(&cpu, &pack_options, &device, nullptr) != FORGE_OK) return fail("open");
  for (std::uint32_t n = 0; n < 2; ++n)
    if (kPack.node_supported(device, &g.graph, n, nullptr) != FORGE_OK) return fail("supported");
  g.nodes[0].op = FORGE_OP_LINEAR;
  if (kPack.node_supported(device, &g.graph, 0, nullptr) != FORGE_UNIMPLEMENTED)
    return fail("a linear is not a norm");
  g.nodes[0].op = FORGE_OP_NORM;
  if (kPack.plan_compile(device, &g.graph, &options, nullptr, &plan, nullptr) != FORGE_OK)
    return fail("compile");
  if (kPack.state_create(plan, 1, 1, &state, nullptr) != FORGE_OK) return fail("state");

  std::mt19937 engine(1);
  std::uniform_real_distribution<float> uniform(-10, 10);
  std::vector<float> x(kRows * kWidth), y(kRows * kViewed);
  for (float& v : x) v = uniform(engine);
  const forge_buffer_v1 buffers[] = {{sizeof(buffers[0]), 0, x.data(), x.size() * sizeof(float)},
                                     {sizeof(buffers[0]), 3, y.data(), y.size() * sizeof(float)}};
  const forge_buffer_v1* buffer_pointers[] = {&buffers[0], &buffers[1]};
  forge_batch_v1 batch = {};
  batch.struct_size = sizeof(batch);
  batch.n_rows = kRows;
  batch.n_buffers = 2;
  batch.buffers = buffer_pointers;
  if (kPack.execute(plan, state, &batch, nullptr) != FORGE_OK) return fail("execute");
  // a is rounded to f32 before the second norm, y after it: two relative errors of 2^-24, which the
  // norm of a pair can no more than double; numbers stay below 3 * sqrt(2).
  for (std::uint32_t r = 0; r < kRows; ++r) {
    const std::vector<float> right = expected(g, &x[r * kWidth]);
    for (std::uint32_t i = 0; i < kViewed; ++i)
      if (!(std::abs(y[r * kViewed + i] - right[i]) < 4 * 4.3 * 0x1p-24)) return fail("numbers");
  }
  kPack.state_destroy(state);
  kPack.plan_destroy(plan);
  kPack.device_close(device);
  std::puts("two norms of three rows agree with the formula");
  return 0;
}
