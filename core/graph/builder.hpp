// core/graph/builder.hpp: takes a graph from an architecture plugin, piece by piece.
#ifndef FORGE_CORE_GRAPH_BUILDER_HPP_
#define FORGE_CORE_GRAPH_BUILDER_HPP_

#include <cstdint>
#include <span>
#include <vector>

#include "core/graph/graph.hpp"
#include "forge/abi/arch.h"
#include "forge/sdk/status.hpp"

namespace forge::graph {

// Collects values, weights, states and nodes, checking each as it comes: a graph that was finished
// is sound. The C++ functions are what tests and core use; abi() is the same for plugins.
// Thread-compatible.
class Builder {
 public:
  // `tensors`: the model file's tensors, in file order; they outlive the graph.
  explicit Builder(std::span<const forge_tensor_v1> tensors);
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  Result<std::uint32_t> add_value(const forge_value_v1& value);
  Result<std::uint32_t> add_weight(std::uint32_t tensor_index);
  Result<std::uint32_t> add_state(const forge_state_v1& state);
  Status add_node(Node node);
  Status finish(const forge_model_info_v1& info);

  // The interface a plugin gets. Valid as long as the builder.
  const forge_host_graph_builder_v1* abi() const { return &abi_; }

  bool finished() const { return finished_; }
  // The graph; only after finish().
  Graph take() { return std::move(graph_); }
  // Per tensor of the file: was it made a weight?
  const std::vector<bool>& used_tensors() const { return used_; }

 private:
  Status check_written(const Node& node) const;
  Status check_experts(const Node& node) const;
  Status check_tables(const forge_model_info_v1& info) const;

  std::span<const forge_tensor_v1> tensors_;
  std::vector<std::uint32_t> weight_of_tensor_;
  std::vector<bool> used_;
  std::vector<bool> written_;  // per value
  Graph graph_;
  bool finished_ = false;
  forge_host_graph_builder_v1 abi_;
};

}  // namespace forge::graph

#endif  // FORGE_CORE_GRAPH_BUILDER_HPP_
