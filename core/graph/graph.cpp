#include "core/graph/graph.hpp"

#include <fmt/core.h>

#include "forge/sdk/host.hpp"

namespace forge::graph {

std::string op_name(std::uint32_t op) {
  switch (op) {
    case FORGE_OP_EMBED:
      return "embed";
    case FORGE_OP_NORM:
      return "norm";
    case FORGE_OP_LINEAR:
      return "linear";
    case FORGE_OP_ROPE:
      return "rope";
    case FORGE_OP_ATTENTION:
      return "attention";
    case FORGE_OP_GATED:
      return "gated";
    case FORGE_OP_UNARY:
      return "unary";
    case FORGE_OP_BINARY:
      return "binary";
    case FORGE_OP_SELECT_ROWS:
      return "select_rows";
    case FORGE_OP_MOE_ROUTER:
      return "moe_router";
    case FORGE_OP_MOE_EXPERTS:
      return "moe_experts";
    case FORGE_OP_SHORT_CONV:
      return "short_conv";
    case FORGE_OP_DELTA_RULE:
      return "delta_rule";
    case FORGE_OP_TOP_K:
      return "top_k";
    case FORGE_OP_DRAW:
      return "draw";
    default:
      return fmt::format("op {}", op);
  }
}

GraphView::GraphView(const Graph& graph)
    : GraphView(graph, graph.nodes.data(), graph.nodes.size()) {}

GraphView::GraphView(const Graph& graph, const Node& only) : GraphView(graph, &only, 1) {}

GraphView::GraphView(const Graph& graph, const Node* nodes, std::size_t n_nodes) {
  const auto point_at = [](const auto& records, auto& pointers) {
    pointers.reserve(records.size());
    for (const auto& record : records) pointers.push_back(&record);
  };
  point_at(graph.values, values_);
  point_at(graph.weights, weights_);
  point_at(graph.states, states_);
  node_records_.reserve(n_nodes);
  for (std::size_t i = 0; i < n_nodes; ++i) {
    const Node& node = nodes[i];
    forge_node_v1 record = {};
    record.struct_size = sizeof(record);
    record.op = node.op;
    record.layer = node.layer;
    record.state = node.state;
    record.name = sdk::to_abi(node.name);
    record.n_inputs = static_cast<std::uint32_t>(node.inputs.size());
    record.n_outputs = static_cast<std::uint32_t>(node.outputs.size());
    record.n_weights = static_cast<std::uint32_t>(node.weights.size());
    record.inputs = node.inputs.data();
    record.outputs = node.outputs.data();
    record.weights = node.weights.data();
    record.params = node.params.data();
    node_records_.push_back(record);
  }
  point_at(node_records_, nodes_);

  view_.struct_size = sizeof(view_);
  view_.n_values = static_cast<std::uint32_t>(values_.size());
  view_.values = values_.data();
  view_.weights = weights_.data();
  view_.n_weights = static_cast<std::uint32_t>(weights_.size());
  view_.n_states = static_cast<std::uint32_t>(states_.size());
  view_.states = states_.data();
  view_.nodes = nodes_.data();
  view_.n_nodes = static_cast<std::uint32_t>(nodes_.size());
  view_.n_inputs = static_cast<std::uint32_t>(graph.inputs.size());
  view_.inputs = graph.inputs.data();
  view_.outputs = graph.outputs.data();
  view_.n_outputs = static_cast<std::uint32_t>(graph.outputs.size());
  view_.token_arena = graph.token_arena;
  view_.output_arena = graph.output_arena;
}

}  // namespace forge::graph
