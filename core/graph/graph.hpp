// core/graph/graph.hpp: a model's graph as the host owns it: forge/abi/graph.h with storage.
//
// Value types, freely copied; thread-compatible.
#ifndef FORGE_CORE_GRAPH_GRAPH_HPP_
#define FORGE_CORE_GRAPH_GRAPH_HPP_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "forge/abi/arch.h"
#include "forge/abi/graph.h"

namespace forge::graph {

// Parameters of a node: any forge_<op>_params_v1, kept as bytes so that a node is a plain value.
class Params {
 public:
  static constexpr std::size_t kCapacity = 64;

  Params() = default;
  template <class T>
  explicit Params(const T& params) : size_(sizeof(T)) {
    static_assert(sizeof(T) <= kCapacity);
    std::memcpy(bytes_, &params, sizeof(T));
  }

  // Copies what a plugin handed over; bytes it does not know of stay 0.
  void assign(const void* data, std::size_t size) {
    size_ = size < kCapacity ? size : kCapacity;
    std::memset(bytes_, 0, kCapacity);
    std::memcpy(bytes_, data, size_);
  }

  template <class T>
  const T& as() const {
    return *reinterpret_cast<const T*>(bytes_);
  }
  template <class T>
  T& as() {
    return *reinterpret_cast<T*>(bytes_);
  }
  const void* data() const { return size_ == 0 ? nullptr : bytes_; }
  bool empty() const { return size_ == 0; }

 private:
  alignas(8) std::byte bytes_[kCapacity] = {};
  std::size_t size_ = 0;
};

// One operation; see forge_node_v1 for what the fields mean.
struct Node {
  std::uint32_t op = 0;
  std::uint32_t layer = FORGE_NONE;
  std::uint32_t state = FORGE_NONE;
  std::string name;
  std::vector<std::uint32_t> inputs;
  std::vector<std::uint32_t> outputs;
  std::vector<std::uint32_t> weights;
  Params params;
};

// A model, or a part of one. Weights are views: their names and data belong to the open file.
struct Graph {
  std::vector<forge_value_v1> values;
  std::vector<forge_tensor_v1> weights;
  std::vector<forge_state_v1> states;
  std::vector<Node> nodes;
  std::vector<std::uint32_t> inputs;   // values that come from outside
  std::vector<std::uint32_t> outputs;  // values that are wanted outside
  std::uint32_t token_arena = 0;       // elements per row, set by plan_memory()
  std::uint32_t output_arena = 0;
  forge_model_info_v1 info = {};
};

// "linear", "attention": for messages and tables. Unknown ops: "op 99".
std::string op_name(std::uint32_t op);

// The graph as C records. Borrows from `graph`, which must stay where it is and unchanged.
class GraphView {
 public:
  explicit GraphView(const Graph& graph);
  // The same values, weights and states with `only` as the one node.
  GraphView(const Graph& graph, const Node& only);
  GraphView(const GraphView&) = delete;
  GraphView& operator=(const GraphView&) = delete;

  const forge_graph_v1* get() const { return &view_; }

 private:
  GraphView(const Graph& graph, const Node* nodes, std::size_t n_nodes);

  std::vector<forge_node_v1> node_records_;
  std::vector<const forge_value_v1*> values_;
  std::vector<const forge_tensor_v1*> weights_;
  std::vector<const forge_state_v1*> states_;
  std::vector<const forge_node_v1*> nodes_;
  forge_graph_v1 view_ = {};
};

}  // namespace forge::graph

#endif  // FORGE_CORE_GRAPH_GRAPH_HPP_
