// core/graph/reference/context.hpp: what one op of the reference executor sees while it runs.
#ifndef FORGE_CORE_GRAPH_REFERENCE_CONTEXT_HPP_
#define FORGE_CORE_GRAPH_REFERENCE_CONTEXT_HPP_

#include <cstdint>
#include <span>
#include <vector>

#include "core/graph/reference/state.hpp"
#include "forge/abi/kernel_pack.h"
#include "forge/sdk/graph.hpp"
#include "forge/sdk/status.hpp"

namespace forge::graph::reference {

// The batch, the state and where every value lies, for the duration of one step.
class Context {
 public:
  Context(const forge_batch_v1& batch, ReferenceState& state, std::vector<float*> values,
          std::vector<std::uint32_t> strides)
      : batch_(batch), state_(state), values_(std::move(values)), strides_(std::move(strides)) {}

  const forge_batch_v1& batch() const { return batch_; }
  ReferenceState& state() { return state_; }

  std::uint32_t n_rows(const forge_value_v1& value) const {
    return value.rows == FORGE_ROWS_TOKENS ? batch_.n_rows : batch_.n_output_rows;
  }

  // Row r of a value, `width` elements.
  float* row(std::uint32_t value, std::uint32_t r) const {
    return values_[value] + std::size_t{r} * strides_[value];
  }
  std::int32_t* int_row(std::uint32_t value, std::uint32_t r) const {
    return reinterpret_cast<std::int32_t*>(row(value, r));
  }
  std::span<const float> in(const sdk::NodeView& node, std::uint32_t i, std::uint32_t r) const {
    return {row(node.input_id(i), r), node.input(i).width};
  }
  std::span<float> out(const sdk::NodeView& node, std::uint32_t i, std::uint32_t r) const {
    return {row(node.output_id(i), r), node.output(i).width};
  }

 private:
  const forge_batch_v1& batch_;
  ReferenceState& state_;
  std::vector<float*> values_;
  std::vector<std::uint32_t> strides_;
};

// Row `row` of a weight as f32, out [shape[0]]. Rows are counted over all outer dimensions.
void weight_row(const forge_tensor_v1& weight, std::uint64_t row, float* out);
// A whole small weight.
std::vector<float> weight_vector(const forge_tensor_v1* weight);

float activate(std::uint32_t activation, float value);

// One function per op; operands were checked when the graph was built.
void run_embed(const sdk::NodeView& node, Context& context);
void run_norm(const sdk::NodeView& node, Context& context);
void run_linear(const sdk::NodeView& node, Context& context);
void run_rope(const sdk::NodeView& node, Context& context);
Status run_attention(const sdk::NodeView& node, Context& context);
void run_gated(const sdk::NodeView& node, Context& context);
void run_unary(const sdk::NodeView& node, Context& context);
void run_binary(const sdk::NodeView& node, Context& context);
void run_select_rows(const sdk::NodeView& node, Context& context);
void run_moe_router(const sdk::NodeView& node, Context& context);
void run_moe_experts(const sdk::NodeView& node, Context& context);
void run_short_conv(const sdk::NodeView& node, Context& context);
void run_delta_rule(const sdk::NodeView& node, Context& context);
void run_top_k(const sdk::NodeView& node, Context& context);
void run_draw(const sdk::NodeView& node, Context& context);

}  // namespace forge::graph::reference

#endif  // FORGE_CORE_GRAPH_REFERENCE_CONTEXT_HPP_
