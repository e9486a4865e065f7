#include "core/graph/reference/pack.hpp"

#include <algorithm>
#include <chrono>
#include <string>

#include "core/base/host_services.hpp"
#include "core/graph/reference/context.hpp"
#include "core/graph/reference/state.hpp"
#include "forge/sdk/codec_lookup.hpp"
#include "forge/sdk/kernel_pack.hpp"

namespace forge::graph {
namespace reference {
namespace {

Status run_node(const sdk::NodeView& node, Context& context) {
  switch (node.op()) {
    case FORGE_OP_EMBED:
      run_embed(node, context);
      return {};
    case FORGE_OP_NORM:
      run_norm(node, context);
      return {};
    case FORGE_OP_LINEAR:
      run_linear(node, context);
      return {};
    case FORGE_OP_ROPE:
      run_rope(node, context);
      return {};
    case FORGE_OP_ATTENTION:
      return run_attention(node, context);
    case FORGE_OP_GATED:
      run_gated(node, context);
      return {};
    case FORGE_OP_UNARY:
      run_unary(node, context);
      return {};
    case FORGE_OP_BINARY:
      run_binary(node, context);
      return {};
    case FORGE_OP_SELECT_ROWS:
      run_select_rows(node, context);
      return {};
    case FORGE_OP_MOE_ROUTER:
      run_moe_router(node, context);
      return {};
    case FORGE_OP_MOE_EXPERTS:
      run_moe_experts(node, context);
      return {};
    case FORGE_OP_SHORT_CONV:
      run_short_conv(node, context);
      return {};
    case FORGE_OP_DELTA_RULE:
      run_delta_rule(node, context);
      return {};
    case FORGE_OP_TOP_K:
      run_top_k(node, context);
      return {};
    case FORGE_OP_DRAW:
      run_draw(node, context);
      return {};
    default:
      return unimplemented("unknown op " + std::to_string(node.op()));
  }
}

struct Counter {
  std::uint64_t calls = 0;
  std::uint64_t rows = 0;
  std::uint64_t nanoseconds = 0;
};

class Plan final : public sdk::PackPlan {
 public:
  Plan(const forge_graph_v1& graph, const forge_plan_options_v1& options, bool profile)
      : graph_(graph), options_(options), profile_(profile), counters_(graph.n_nodes) {
    arenas_[FORGE_ROWS_TOKENS].resize(std::size_t{graph.token_arena} * options.max_rows);
    arenas_[FORGE_ROWS_OUTPUTS].resize(std::size_t{graph.output_arena} * options.max_outputs);
  }

  Result<std::unique_ptr<sdk::PackState>> create_state(std::uint32_t n_blocks,
                                                       std::uint32_t n_slots) override {
    return ReferenceState::create(graph_, n_blocks, n_slots);
  }

  Status execute(sdk::PackState& state, const forge_batch_v1& batch) override {
    FORGE_ASSIGN(Context context, make_context(static_cast<ReferenceState&>(state), batch));
    for (std::uint32_t i = 0; i < graph_.n_nodes; ++i) {
      const auto start =
          profile_ ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point();
      const sdk::NodeView node(graph_, i);
      FORGE_TRY(run_node(node, context));
      ++counters_[i].calls;
      counters_[i].rows += context.n_rows(node.output(0));
      if (profile_)
        counters_[i].nanoseconds += static_cast<std::uint64_t>(
            std::chrono::nanoseconds(std::chrono::steady_clock::now() - start).count());
    }
    return {};
  }

  void visit_counters(const std::function<void(const forge_counter_v1&)>& visit) override {
    for (std::uint32_t i = 0; i < graph_.n_nodes; ++i) {
      forge_counter_v1 record = {};
      record.struct_size = sizeof(record);
      record.op = graph_.nodes[i]->op;
      record.name = graph_.nodes[i]->name;
      record.kernel = sdk::to_abi("reference");
      record.calls = counters_[i].calls;
      record.rows = counters_[i].rows;
      record.nanoseconds = counters_[i].nanoseconds;
      visit(record);
    }
  }

  void reset_counters() override { counters_.assign(graph_.n_nodes, {}); }

 private:
  bool is_output(std::uint32_t value) const {
    const auto* const end = graph_.outputs + graph_.n_outputs;
    return std::find(graph_.outputs, end, value) != end;
  }
  // Memory of the plan's own for an output that the batch leaves behind: other nodes may read it.
  float* place_for_unwanted(std::uint32_t v) {
    const forge_value_v1& value = *graph_.values[v];
    const bool tokens = value.rows == FORGE_ROWS_TOKENS;
    places_.resize(graph_.n_values);
    places_[v].resize(std::size_t{value.width} *
                      (tokens ? options_.max_rows : options_.max_outputs));
    return places_[v].data();
  }

  Result<Context> make_context(ReferenceState& state, const forge_batch_v1& batch) {
    std::vector<float*> values(graph_.n_values, nullptr);
    std::vector<std::uint32_t> strides(graph_.n_values, 0);
    for (std::uint32_t i = 0; i < batch.n_buffers; ++i) {
      const forge_buffer_v1& buffer = *batch.buffers[i];
      values[buffer.value] = static_cast<float*>(buffer.data);
      if (buffer.data == nullptr && is_output(buffer.value))
        values[buffer.value] = place_for_unwanted(buffer.value);
    }
    for (std::uint32_t v = 0; v < graph_.n_values; ++v) {
      const forge_value_v1& value = *graph_.values[v];
      strides[v] = value.width;
      if (value.arena_offset != FORGE_NONE) {
        const bool tokens = value.rows == FORGE_ROWS_TOKENS;
        const std::uint32_t max_rows = tokens ? options_.max_rows : options_.max_outputs;
        values[v] = arenas_[value.rows].data() + std::size_t{value.arena_offset} * max_rows;
      } else if (value.parent != FORGE_NONE) {  // its parent comes before it
        values[v] = values[value.parent] + value.offset;
        strides[v] = graph_.values[value.parent]->width;
      }
      const std::uint32_t n_rows =
          value.rows == FORGE_ROWS_TOKENS ? batch.n_rows : batch.n_output_rows;
      if (values[v] == nullptr && n_rows != 0)
        return invalid_argument("the batch brings no buffer for value " + std::to_string(v));
    }
    return Context(batch, state, std::move(values), std::move(strides));
  }

  const forge_graph_v1& graph_;
  forge_plan_options_v1 options_;
  bool profile_;
  std::vector<float> arenas_[2];
  std::vector<std::vector<float>> places_;  // by value, of outputs that a batch did not want
  std::vector<Counter> counters_;
};

class Device final : public sdk::PackDevice {
 public:
  explicit Device(bool profile) : profile_(profile) {}

  static Result<std::unique_ptr<sdk::PackDevice>> open(const forge_device_v1& /*device*/,
                                                       const forge_pack_options_v1& options) {
    const bool profile = (options.flags & FORGE_PACK_PROFILE) != 0;
    return std::unique_ptr<sdk::PackDevice>(std::make_unique<Device>(profile));
  }

  Status node_supported(const forge_graph_v1& graph, std::uint32_t index) override {
    const sdk::NodeView node(graph, index);
    if (node.op() < FORGE_OP_EMBED || node.op() > FORGE_OP_DRAW)
      return unimplemented("the reference executor does not know op " + std::to_string(node.op()));
    for (std::uint32_t i = 0; i < node.n_weights(); ++i) {
      const forge_tensor_v1* weight = node.weight(i);
      if (weight != nullptr && sdk::find_codec(weight->type) == nullptr)
        return unimplemented("no codec is registered for type " + std::to_string(weight->type) +
                             " of tensor '" + std::string(sdk::view(weight->name)) + "'");
    }
    return {};
  }

  Result<forge_plan_memory_v1> plan_memory(const forge_graph_v1& graph,
                                           const forge_plan_options_v1& options) override {
    forge_plan_memory_v1 memory = {};
    memory.struct_size = sizeof(memory);
    memory.scratch = sizeof(float) * (std::uint64_t{graph.token_arena} * options.max_rows +
                                      std::uint64_t{graph.output_arena} * options.max_outputs);
    FORGE_ASSIGN(memory.state_per_block, ReferenceState::block_bytes(graph));
    memory.state_per_slot = ReferenceState::slot_bytes(graph);
    return memory;
  }

  Result<std::unique_ptr<sdk::PackPlan>> compile(const forge_graph_v1& graph,
                                                 const forge_plan_options_v1& options,
                                                 const sdk::Progress& /*progress*/) override {
    return std::unique_ptr<sdk::PackPlan>(std::make_unique<Plan>(graph, options, profile_));
  }

 private:
  bool profile_;
};

constexpr forge_plugin_kernel_pack_v1 kRecord =
    sdk::kernel_pack_record<Device>(FORGE_KERNEL_PACK_OPTIONAL_OUTPUTS);

}  // namespace
}  // namespace reference

const forge_plugin_kernel_pack_v1& reference_pack() {
  core_services();  // messages and codecs go through it
  return reference::kRecord;
}

}  // namespace forge::graph
