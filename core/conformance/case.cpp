#include "core/conformance/case.hpp"

#include <fmt/core.h>

#include "core/graph/check.hpp"
#include "core/graph/passes.hpp"

namespace forge::conformance {

std::int32_t token_of(const Case& c, RowId row) {
  return static_cast<std::int32_t>(Random(7, {row.sequence, row.position}).below(c.n_vocab));
}

CaseBuilder::CaseBuilder(std::uint32_t op, std::string type, std::string shape) {
  case_.op = op;
  case_.type = std::move(type);
  case_.shape = std::move(shape);
}

std::uint32_t CaseBuilder::value(std::uint32_t width, std::uint32_t rows, std::uint32_t type) {
  forge_value_v1 value = {};
  value.struct_size = sizeof(value);
  value.type = type;
  value.rows = rows;
  value.width = width;
  value.parent = FORGE_NONE;
  value.arena_offset = FORGE_NONE;
  case_.graph.values.push_back(value);
  return static_cast<std::uint32_t>(case_.graph.values.size() - 1);
}

std::uint32_t CaseBuilder::input(std::uint32_t width, std::uint32_t rows, std::uint32_t type) {
  case_.graph.inputs.push_back(value(width, rows, type));
  return case_.graph.inputs.back();
}

std::uint32_t CaseBuilder::output(std::uint32_t width, std::uint32_t rows, std::uint32_t type) {
  case_.graph.outputs.push_back(value(width, rows, type));
  return case_.graph.outputs.back();
}

std::uint32_t CaseBuilder::weight(std::shared_ptr<const Weight> weight) {
  case_.graph.weights.push_back(weight->tensor());
  case_.weights.push_back(std::move(weight));
  return static_cast<std::uint32_t>(case_.graph.weights.size() - 1);
}

std::uint32_t CaseBuilder::kv_state(const forge_attention_params_v1& params, std::uint32_t type_k,
                                    std::uint32_t type_v) {
  forge_state_v1 state = {};
  state.struct_size = sizeof(state);
  state.kind = FORGE_STATE_KV;
  state.type_k = type_k;
  state.type_v = type_v;
  state.n_kv_heads = params.n_kv_heads;
  state.head_dim_k = params.head_dim_k;
  state.head_dim_v = params.head_dim_v;
  case_.graph.states.push_back(state);
  return static_cast<std::uint32_t>(case_.graph.states.size() - 1);
}

std::uint32_t CaseBuilder::recurrent_state(std::uint32_t n_elements) {
  forge_state_v1 state = {};
  state.struct_size = sizeof(state);
  state.kind = FORGE_STATE_RECURRENT;
  state.n_elements = n_elements;
  case_.graph.states.push_back(state);
  return static_cast<std::uint32_t>(case_.graph.states.size() - 1);
}

void CaseBuilder::add_node(std::uint32_t op, std::vector<std::uint32_t> inputs,
                           std::vector<std::uint32_t> outputs, std::vector<std::uint32_t> weights,
                           graph::Params params, std::uint32_t state) {
  graph::Node node;
  node.op = op;
  node.state = state;
  node.name = fmt::format("{} {}", graph::op_name(op), case_.graph.nodes.size());
  node.inputs = std::move(inputs);
  node.outputs = std::move(outputs);
  node.weights = std::move(weights);
  node.params = params;
  case_.graph.nodes.push_back(std::move(node));
}

Result<Case> CaseBuilder::finish() {
  for (const graph::Node& node : case_.graph.nodes)
    FORGE_TRY(graph::check_node(case_.graph, node).with_prefix("a case of the suite is wrong: "));
  graph::plan_memory(case_.graph);
  return std::move(case_);
}

}  // namespace forge::conformance
