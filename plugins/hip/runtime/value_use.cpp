#include "plugins/hip/runtime/value_use.hpp"

namespace forge::hip {

Columns columns_of(const forge_graph_v1& graph, std::uint32_t value) {
  Columns columns = {value, 0, graph.values[value]->width};
  while (graph.values[columns.root]->parent != FORGE_NONE) {
    columns.first += graph.values[columns.root]->offset;
    columns.root = graph.values[columns.root]->parent;
  }
  return columns;
}

ValueUse::ValueUse(const forge_graph_v1& graph)
    : graph_(graph),
      producers_(graph.n_values, FORGE_NONE),
      reads_(graph.n_values),
      bound_(graph.n_values, false) {
  for (std::uint32_t i = 0; i < graph.n_nodes; ++i) {
    const forge_node_v1& node = *graph.nodes[i];
    for (std::uint32_t o = 0; o < node.n_outputs; ++o) producers_[node.outputs[o]] = i;
    for (std::uint32_t n = 0; n < node.n_inputs; ++n) {
      const Columns columns = columns_of(graph, node.inputs[n]);
      reads_[columns.root].push_back(columns);
    }
  }
  for (std::uint32_t i = 0; i < graph.n_inputs; ++i)
    bound_[columns_of(graph, graph.inputs[i]).root] = true;
  for (std::uint32_t i = 0; i < graph.n_outputs; ++i)
    bound_[columns_of(graph, graph.outputs[i]).root] = true;
}

std::uint32_t ValueUse::n_reads(std::uint32_t value) const {
  const Columns columns = columns_of(graph_, value);
  std::uint32_t n = 0;
  for (const Columns& read : reads_[columns.root]) n += read.overlaps(columns) ? 1 : 0;
  return n;
}

bool ValueUse::is_bound(std::uint32_t value) const {
  return bound_[columns_of(graph_, value).root];
}

std::vector<std::uint32_t> ValueUse::serves(std::uint32_t node) const {
  std::vector<bool> made(graph_.n_values, false);  // of it, by root
  for (std::uint32_t i = node; i < graph_.n_nodes; ++i) {
    const forge_node_v1& n = *graph_.nodes[i];
    bool reads = i == node;
    for (std::uint32_t v = 0; v < n.n_inputs; ++v)
      reads = reads || made[columns_of(graph_, n.inputs[v]).root];
    if (!reads) continue;
    if (n.state != FORGE_NONE) return {};
    for (std::uint32_t v = 0; v < n.n_outputs; ++v)
      made[columns_of(graph_, n.outputs[v]).root] = true;
  }
  std::vector<std::uint32_t> ends;
  for (std::uint32_t i = 0; i < graph_.n_outputs; ++i) {
    if (made[columns_of(graph_, graph_.outputs[i]).root]) ends.push_back(graph_.outputs[i]);
  }
  return ends;
}

}  // namespace forge::hip
