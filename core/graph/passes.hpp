// core/graph/passes.hpp: what happens to a graph between the architecture and the packs.
//
// Order: assign nodes to packs -> fuse -> split into parts -> plan_memory for each part.
#ifndef FORGE_CORE_GRAPH_PASSES_HPP_
#define FORGE_CORE_GRAPH_PASSES_HPP_

#include <cstdint>
#include <functional>
#include <vector>

#include "core/graph/graph.hpp"

namespace forge::graph {

// Asks whether pack number `pack` would run `node`, whose operands are those of `graph`.
using CanRun = std::function<bool(std::uint32_t pack, const Graph& graph, const Node& node)>;

// Replaces neighbours of one pack by a single node wherever the pack says it can run that:
//   linear, linear, ... of one input          -> grouped linear (Q, K, V; gate, up)
//   grouped linear of two + gated activation  -> linear with activation
//   linear + addition                         -> linear with residual
// `packs` holds the pack of each node and is kept in step.
void fuse(Graph& graph, std::vector<std::uint32_t>& packs, const CanRun& can_run);

// A part of a graph that one pack runs: nodes [first, last) of the whole, with its own numbering.
struct Part {
  std::uint32_t pack = 0;
  Graph graph;                        // values, weights, states renumbered; inputs and outputs set
  std::vector<std::uint32_t> values;  // part value -> value of the whole graph
};

// Cuts the graph where the pack changes. A value that crosses a cut becomes an output of one part
// and an input of the others.
std::vector<Part> split(const Graph& graph, const std::vector<std::uint32_t>& packs);

// Gives every value that is not an input, an output or a view its place in an arena; sets
// token_arena and output_arena. Values that are alive at the same time do not overlap, a node's
// outputs never overlap its inputs, and what consecutive row ops (norm, rope, gated, unary, binary,
// ...) touch does not overlap at all, so that a pack may run them row by row instead of node by
// node.
void plan_memory(Graph& graph);

}  // namespace forge::graph

#endif  // FORGE_CORE_GRAPH_PASSES_HPP_
