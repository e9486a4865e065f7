// core/graph/check.hpp: does a node make sense in its graph?
#ifndef FORGE_CORE_GRAPH_CHECK_HPP_
#define FORGE_CORE_GRAPH_CHECK_HPP_

#include "core/graph/graph.hpp"
#include "forge/sdk/status.hpp"

namespace forge::graph {

// Bytes of the parameter record of an op as of this ABI; 0 for ops without one.
std::size_t params_size(std::uint32_t op);

// Checks counts, indices, widths, types, weight shapes and parameters of one node against the
// values, weights and states of `graph`. Messages name the node: "node 'blk.0.ffn_down' (linear):
// ...". That inputs are written before they are read is the builder's business.
Status check_node(const Graph& graph, const Node& node);

}  // namespace forge::graph

#endif  // FORGE_CORE_GRAPH_CHECK_HPP_
