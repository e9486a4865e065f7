// plugins/hip/runtime/value_use.hpp: who reads which value of a graph.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_VALUE_USE_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_VALUE_USE_HPP_

#include <cstdint>
#include <vector>

#include "forge/abi/graph.h"

namespace forge::hip {

// The elements of a value: columns of the value that owns them.
struct Columns {
  std::uint32_t root;
  std::uint32_t first;
  std::uint32_t width;
  bool overlaps(const Columns& other) const {
    return root == other.root && first < other.first + other.width && other.first < first + width;
  }
};

Columns columns_of(const forge_graph_v1& graph, std::uint32_t value);

// Immutable.
class ValueUse {
 public:
  explicit ValueUse(const forge_graph_v1& graph);

  // The node that makes the value, or FORGE_NONE: it comes with the batch, or is a view.
  std::uint32_t producer(std::uint32_t value) const { return producers_[value]; }
  // How often nodes read any of the value's elements, through views too.
  std::uint32_t n_reads(std::uint32_t value) const;
  // Its elements come or go with the batch.
  bool is_bound(std::uint32_t value) const;
  // The graph's outputs that a node's results end in, its own and those of nodes that read them;
  // none: a state is among what they end in, so that the node always has to run.
  std::vector<std::uint32_t> serves(std::uint32_t node) const;
  // It owns its elements, one node reads them, and they do not come or go with the batch.
  bool is_private(std::uint32_t value) const { return !is_bound(value) && n_reads(value) == 1; }

 private:
  const forge_graph_v1& graph_;
  std::vector<std::uint32_t> producers_;
  std::vector<std::vector<Columns>> reads_;  // by root
  std::vector<bool> bound_;                  // by root
};

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_VALUE_USE_HPP_
