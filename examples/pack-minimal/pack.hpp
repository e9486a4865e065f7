// A kernel pack of one op: RMS norm, in plain C++. Three classes of forge/sdk/kernel_pack.hpp are
// derived from: the device says what it can run and compiles, the plan runs, the state is empty
// because a norm remembers nothing.
#ifndef PACK_MINIMAL_PACK_HPP_
#define PACK_MINIMAL_PACK_HPP_

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "forge/sdk/graph.hpp"
#include "forge/sdk/kernel_pack.hpp"

namespace minimal {

using forge::Result;
using forge::Status;
using forge::sdk::NodeView;
using forge::sdk::PackDevice;
using forge::sdk::PackPlan;
using forge::sdk::PackState;

// The kernel: y = x / sqrt(mean(x^2) + eps) * weight for each run of `group` elements of a row.
// Elements are added in the order they have. That order must depend on the shape alone, never on
// what else is in the batch: the same row gives the same bits in every company.
inline void rms_norm(const float* x, float* y, std::uint32_t width, std::uint32_t group, float eps,
                     const float* weight, std::uint64_t n_weights) {
  for (std::uint32_t start = 0; start < width; start += group) {
    double squares = 0;
    for (std::uint32_t i = start; i < start + group; ++i) squares += double{x[i]} * double{x[i]};
    const double scale = 1 / std::sqrt(squares / group + double{eps});
    for (std::uint32_t i = start; i < start + group; ++i)
      y[i] = static_cast<float>(double{x[i]} * scale * double{weight[i % n_weights]});
  }
}

class NoState final : public PackState {
 public:
  using Indices = std::span<const std::uint32_t>;
  Status copy_blocks(Indices, Indices) override { return {}; }
  Status copy_slots(Indices, Indices) override { return {}; }
  Status read_blocks(Indices, void*) override { return {}; }
  Status write_blocks(Indices, const void*) override { return {}; }
  Status read_slots(Indices, void*) override { return {}; }
  Status write_slots(Indices, const void*) override { return {}; }
};

// A graph whose every node is a norm this pack said yes to. It may borrow the graph and its weights
// for as long as it lives.
class Plan final : public PackPlan {
 public:
  Plan(const forge_graph_v1& graph, const forge_plan_options_v1& options)
      : graph_(graph), options_(options), calls_(graph.n_nodes), rows_(graph.n_nodes) {
    arenas_[FORGE_ROWS_TOKENS].resize(std::size_t{graph.token_arena} * options.max_rows);
    arenas_[FORGE_ROWS_OUTPUTS].resize(std::size_t{graph.output_arena} * options.max_outputs);
  }

  Result<std::unique_ptr<PackState>> create_state(std::uint32_t, std::uint32_t) override {
    return std::unique_ptr<PackState>(std::make_unique<NoState>());
  }

  Status execute(PackState&, const forge_batch_v1& batch) override {
    for (std::uint32_t n = 0; n < graph_.n_nodes; ++n) {
      const NodeView node(graph_, n);
      const auto& params = node.params<forge_norm_params_v1>();
      const forge_tensor_v1& weight = *node.weight(0);
      const Rows x = rows_of(node.input_id(0), batch);
      const Rows y = rows_of(node.output_id(0), batch);
      for (std::uint32_t r = 0; r < x.count; ++r)
        rms_norm(x.data + r * x.stride, y.data + r * y.stride, node.input(0).width, params.group,
                 params.eps, static_cast<const float*>(weight.data), weight.shape[0]);
      ++calls_[n];
      rows_[n] += x.count;
    }
    return {};
  }

  void visit_counters(const std::function<void(const forge_counter_v1&)>& visit) override {
    for (std::uint32_t n = 0; n < graph_.n_nodes; ++n) {
      forge_counter_v1 counter = {};
      counter.struct_size = sizeof(counter);
      counter.op = graph_.nodes[n]->op;
      counter.name = graph_.nodes[n]->name;
      counter.kernel = forge::sdk::to_abi("rms_norm_f32_plain");
      counter.calls = calls_[n];
      counter.rows = rows_[n];
      visit(counter);
    }
  }
  void reset_counters() override {
    calls_.assign(graph_.n_nodes, 0);
    rows_.assign(graph_.n_nodes, 0);
  }

 private:
  struct Rows {
    float* data = nullptr;
    std::size_t stride = 0;  // elements from row to row
    std::uint32_t count = 0;
  };

  // A value is in a buffer that came with the batch, at its place in an arena, or a view: some
  // columns of another value.
  Rows rows_of(std::uint32_t id, const forge_batch_v1& batch) {
    const forge_value_v1& value = *graph_.values[id];
    const bool tokens = value.rows == FORGE_ROWS_TOKENS;
    if (value.parent != FORGE_NONE) {
      Rows rows = rows_of(value.parent, batch);
      rows.data += value.offset;
      return rows;
    }
    Rows rows{nullptr, value.width, tokens ? batch.n_rows : batch.n_output_rows};
    if (value.arena_offset != FORGE_NONE) {
      const std::uint32_t most = tokens ? options_.max_rows : options_.max_outputs;
      rows.data = arenas_[value.rows].data() + std::size_t{value.arena_offset} * most;
    }
    for (std::uint32_t b = 0; b < batch.n_buffers; ++b)
      if (batch.buffers[b]->value == id) rows.data = static_cast<float*>(batch.buffers[b]->data);
    return rows;
  }

  const forge_graph_v1& graph_;
  const forge_plan_options_v1 options_;
  std::vector<float> arenas_[2];  // FORGE_ROWS_TOKENS, FORGE_ROWS_OUTPUTS
  std::vector<std::uint64_t> calls_, rows_;
};

class Device final : public PackDevice {
 public:
  static Result<std::unique_ptr<PackDevice>> open(const forge_device_v1&,
                                                  const forge_pack_options_v1&) {
    return std::unique_ptr<PackDevice>(std::make_unique<Device>());
  }

  // A no carries its reason: the planner repeats it when it gives the node to another pack.
  Status node_supported(const forge_graph_v1& graph, std::uint32_t index) override {
    const NodeView node(graph, index);
    if (node.op() != FORGE_OP_NORM) return forge::unimplemented("this pack has norms only");
    if (node.params<forge_norm_params_v1>().kind != FORGE_NORM_RMS)
      return forge::unimplemented("this pack has RMS norms only");
    if (node.weight(0) == nullptr || node.weight(1) != nullptr)
      return forge::unimplemented("this pack has norms with a weight and without a bias only");
    if (node.weight(0)->type != FORGE_TYPE_F32)
      return forge::unimplemented("this pack reads norm weights in F32 only");
    return {};
  }

  Result<forge_plan_memory_v1> plan_memory(const forge_graph_v1& graph,
                                           const forge_plan_options_v1& options) override {
    forge_plan_memory_v1 memory = {};
    memory.struct_size = sizeof(memory);
    memory.scratch = sizeof(float) * (std::uint64_t{graph.token_arena} * options.max_rows +
                                      std::uint64_t{graph.output_arena} * options.max_outputs);
    return memory;
  }

  Result<std::unique_ptr<PackPlan>> compile(const forge_graph_v1& graph,
                                            const forge_plan_options_v1& options,
                                            const forge::sdk::Progress&) override {
    return std::unique_ptr<PackPlan>(std::make_unique<Plan>(graph, options));
  }
};

}  // namespace minimal

#endif  // PACK_MINIMAL_PACK_HPP_
