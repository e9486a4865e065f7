// forge/sdk/graph.hpp: reading a forge_graph_v1 without index arithmetic. For kernel packs.
//
// Views: they borrow the graph and check nothing; the host has checked the graph.
#ifndef FORGE_SDK_GRAPH_HPP_
#define FORGE_SDK_GRAPH_HPP_

#include <cstdint>
#include <string_view>

#include "forge/abi/graph.h"
#include "forge/abi/tensor.h"

namespace forge::sdk {

// One node with its operands.
class NodeView {
 public:
  NodeView(const forge_graph_v1& graph, std::uint32_t index)
      : graph_(&graph), node_(graph.nodes[index]) {}

  std::uint32_t op() const { return node_->op; }
  std::uint32_t layer() const { return node_->layer; }
  std::string_view name() const { return {node_->name.data, node_->name.size}; }

  std::uint32_t n_inputs() const { return node_->n_inputs; }
  std::uint32_t n_outputs() const { return node_->n_outputs; }
  std::uint32_t n_weights() const { return node_->n_weights; }

  std::uint32_t input_id(std::uint32_t i) const { return node_->inputs[i]; }
  std::uint32_t output_id(std::uint32_t i) const { return node_->outputs[i]; }
  const forge_value_v1& input(std::uint32_t i) const { return *graph_->values[input_id(i)]; }
  const forge_value_v1& output(std::uint32_t i) const { return *graph_->values[output_id(i)]; }

  // The weight, or nullptr where it is optional and absent.
  const forge_tensor_v1* weight(std::uint32_t i) const {
    const std::uint32_t w = node_->weights[i];
    return w == FORGE_NONE ? nullptr : graph_->weights[w];
  }
  // Index of the weight in the graph, or FORGE_NONE.
  std::uint32_t weight_id(std::uint32_t i) const { return node_->weights[i]; }

  std::uint32_t state_id() const { return node_->state; }
  const forge_state_v1& state() const { return *graph_->states[node_->state]; }

  template <class T>
  const T& params() const {
    return *static_cast<const T*>(node_->params);
  }

  const forge_graph_v1& graph() const { return *graph_; }

 private:
  const forge_graph_v1* graph_;
  const forge_node_v1* node_;
};

// KV blocks that hold n positions.
constexpr std::uint32_t blocks_for(std::uint32_t positions) {
  return positions / FORGE_KV_BLOCK_TOKENS + (positions % FORGE_KV_BLOCK_TOKENS != 0 ? 1 : 0);
}

}  // namespace forge::sdk

#endif  // FORGE_SDK_GRAPH_HPP_
