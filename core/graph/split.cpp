#include <algorithm>
#include <limits>

#include "core/graph/passes.hpp"

namespace forge::graph {
namespace {

// Copies nodes of a graph into a part, giving everything they touch numbers of the part's own.
class PartMaker {
 public:
  PartMaker(const Graph& whole, std::uint32_t pack)
      : whole_(whole),
        value_map_(whole.values.size(), FORGE_NONE),
        weight_map_(whole.weights.size(), FORGE_NONE),
        state_map_(whole.states.size(), FORGE_NONE) {
    part_.pack = pack;
    part_.graph.info = whole.info;
  }

  void add(Node node) {
    for (std::uint32_t& v : node.inputs) v = value(v);
    for (std::uint32_t& v : node.outputs) v = value(v);
    for (std::uint32_t& w : node.weights) {
      if (w != FORGE_NONE) w = renumber(w, weight_map_, whole_.weights, part_.graph.weights);
    }
    if (node.state != FORGE_NONE)
      node.state = renumber(node.state, state_map_, whole_.states, part_.graph.states);
    part_.graph.nodes.push_back(std::move(node));
  }

  // The part's number of a value it has, else FORGE_NONE.
  std::uint32_t number_of(std::uint32_t whole_value) const { return value_map_[whole_value]; }
  Part& part() { return part_; }

 private:
  std::uint32_t value(std::uint32_t v) {
    if (value_map_[v] != FORGE_NONE) return value_map_[v];
    forge_value_v1 copy = whole_.values[v];
    if (copy.parent != FORGE_NONE) copy.parent = value(copy.parent);
    value_map_[v] = static_cast<std::uint32_t>(part_.graph.values.size());
    part_.graph.values.push_back(copy);
    part_.values.push_back(v);
    return value_map_[v];
  }

  template <class T>
  static std::uint32_t renumber(std::uint32_t i, std::vector<std::uint32_t>& map,
                                const std::vector<T>& from, std::vector<T>& to) {
    if (map[i] == FORGE_NONE) {
      map[i] = static_cast<std::uint32_t>(to.size());
      to.push_back(from[i]);
    }
    return map[i];
  }

  const Graph& whole_;
  std::vector<std::uint32_t> value_map_, weight_map_, state_map_;
  Part part_;
};

std::uint32_t owner_of(const Graph& graph, std::uint32_t v) {
  return graph.values[v].parent == FORGE_NONE ? v : graph.values[v].parent;
}

}  // namespace

std::vector<Part> split(const Graph& graph, const std::vector<std::uint32_t>& packs) {
  std::vector<PartMaker> makers;
  std::vector<std::size_t> writer(graph.values.size(), std::numeric_limits<std::size_t>::max());
  // Which values leave the part that writes them: (value, reading part), outputs of the graph
  // included.
  std::vector<std::vector<std::size_t>> readers(graph.values.size());
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (i == 0 || packs[i] != packs[i - 1]) makers.emplace_back(graph, packs[i]);
    const std::size_t part = makers.size() - 1;
    const Node& node = graph.nodes[i];
    for (const std::uint32_t v : node.inputs) {
      auto& list = readers[owner_of(graph, v)];
      if (list.empty() || list.back() != part) list.push_back(part);
    }
    for (const std::uint32_t v : node.outputs) writer[v] = part;
    makers[part].add(node);
  }
  std::vector<Part> parts;
  for (std::uint32_t v = 0; v < graph.values.size(); ++v) {
    if (writer[v] >= makers.size()) {
      if (std::find(graph.inputs.begin(), graph.inputs.end(), v) == graph.inputs.end()) continue;
      for (const std::size_t reader : readers[v])
        makers[reader].part().graph.inputs.push_back(makers[reader].number_of(v));
      continue;
    }
    bool leaves = std::find(graph.outputs.begin(), graph.outputs.end(), v) != graph.outputs.end();
    for (const std::size_t reader : readers[v]) {
      if (reader == writer[v]) continue;
      leaves = true;
      makers[reader].part().graph.inputs.push_back(makers[reader].number_of(v));
    }
    if (leaves) {
      PartMaker& maker = makers[writer[v]];
      maker.part().graph.outputs.push_back(maker.number_of(v));
    }
  }
  parts.reserve(makers.size());
  for (PartMaker& maker : makers) parts.push_back(std::move(maker.part()));
  return parts;
}

}  // namespace forge::graph
