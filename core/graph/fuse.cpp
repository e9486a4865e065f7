#include <algorithm>

#include "core/graph/passes.hpp"

namespace forge::graph {
namespace {

// How often each value is read, views counted for what they view; outputs of the graph count as
// read.
std::vector<std::uint32_t> count_reads(const Graph& graph) {
  std::vector<std::uint32_t> reads(graph.values.size(), 0);
  const auto read = [&](std::uint32_t v) {
    ++reads[v];
    if (graph.values[v].parent != FORGE_NONE) ++reads[graph.values[v].parent];
  };
  for (const Node& node : graph.nodes) std::for_each(node.inputs.begin(), node.inputs.end(), read);
  std::for_each(graph.outputs.begin(), graph.outputs.end(), read);
  return reads;
}

bool is_plain_linear(const Node& node) {
  return node.op == FORGE_OP_LINEAR && node.inputs.size() == 1 &&
         node.params.as<forge_linear_params_v1>().activation == FORGE_ACT_NONE;
}

// "blk.0.attn_q" and "blk.0.attn_k" -> "blk.0.attn_q+k": the common stem once.
std::string joined_name(const std::string& a, const std::string& b) {
  std::size_t common = 0;
  while (common < a.size() && common < b.size() && a[common] == b[common]) ++common;
  while (common > 0 && a[common - 1] != '.' && a[common - 1] != '_') --common;
  return a + "+" + b.substr(common);
}

void append(std::vector<std::uint32_t>& to, const std::vector<std::uint32_t>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

// a then b as one node, or nothing: the three patterns of the header.
bool group_linears(const Node& a, const Node& b, Node& out) {
  if (!is_plain_linear(a) || !is_plain_linear(b) || a.inputs != b.inputs) return false;
  out = a;
  out.name = joined_name(a.name, b.name);
  append(out.outputs, b.outputs);
  append(out.weights, b.weights);
  return true;
}

bool absorb_activation(const Graph& graph, const std::vector<std::uint32_t>& reads, const Node& a,
                       const Node& b, Node& out) {
  if (!is_plain_linear(a) || a.outputs.size() != 2 || b.op != FORGE_OP_GATED) return false;
  if (b.inputs != a.outputs || reads[a.outputs[0]] != 1 || reads[a.outputs[1]] != 1) return false;
  if (graph.values[b.outputs[0]].width != graph.values[a.outputs[0]].width) return false;
  out = a;
  out.outputs = b.outputs;
  out.params.as<forge_linear_params_v1>().activation =
      b.params.as<forge_activation_params_v1>().activation;
  return true;
}

bool absorb_residual(const std::vector<std::uint32_t>& reads, const Node& a, const Node& b,
                     Node& out) {
  if (!is_plain_linear(a) || a.outputs.size() != 1 || reads[a.outputs[0]] != 1) return false;
  if (b.op != FORGE_OP_BINARY || b.params.as<forge_binary_params_v1>().kind != FORGE_BINARY_ADD)
    return false;
  const bool first = b.inputs[0] == a.outputs[0];
  if (first == (b.inputs[1] == a.outputs[0])) return false;  // neither, or y + y
  out = a;
  out.inputs.push_back(b.inputs[first ? 1 : 0]);
  out.outputs = b.outputs;
  return true;
}

}  // namespace

void fuse(Graph& graph, std::vector<std::uint32_t>& packs, const CanRun& can_run) {
  const std::vector<std::uint32_t> reads = count_reads(graph);
  std::vector<Node> nodes;
  std::vector<std::uint32_t> kept_packs;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    Node& next = graph.nodes[i];
    if (!nodes.empty() && kept_packs.back() == packs[i]) {
      Node fused;
      const Node& last = nodes.back();
      const bool matches = group_linears(last, next, fused) ||
                           absorb_activation(graph, reads, last, next, fused) ||
                           absorb_residual(reads, last, next, fused);
      if (matches && can_run(packs[i], graph, fused)) {
        nodes.back() = std::move(fused);
        continue;
      }
    }
    nodes.push_back(std::move(next));
    kept_packs.push_back(packs[i]);
  }
  graph.nodes = std::move(nodes);
  packs = std::move(kept_packs);
}

}  // namespace forge::graph
