// plugins/cpu/runtime/weights.hpp: the weights of a graph, repacked for the kernels.
#ifndef FORGE_PLUGINS_CPU_RUNTIME_WEIGHTS_HPP_
#define FORGE_PLUGINS_CPU_RUNTIME_WEIGHTS_HPP_

#include <cstdint>
#include <vector>

#include "forge/sdk/graph.hpp"
#include "forge/sdk/kernel_pack.hpp"
#include "plugins/cpu/kernels/api.hpp"
#include "plugins/cpu/runtime/buffer.hpp"
#include "plugins/cpu/runtime/thread_pool.hpp"

namespace forge::cpu {

// The kernel for weights of a type, or nullptr.
const MatmulKernel* find_matmul(const KernelTable& kernels, std::uint32_t type);

// Bytes a matrix takes as tiles.
std::uint64_t packed_bytes(const KernelTable& kernels, const forge_tensor_v1& weight);

// Weights of the matrices of a graph, by weight number. A weight is packed once, however many nodes
// use it. F16 whose values are all BF16, as those of models that were trained in it, becomes BF16
// where the processor multiplies that: nothing is lost of the weights, and inputs are rounded as
// for weights of BF16.
class PackedWeights {
 public:
  // Which weights the linear nodes of the graph multiply with.
  static std::vector<bool> matrices_of(const forge_graph_v1& graph);

  static Result<PackedWeights> pack(const KernelTable& kernels, const forge_graph_v1& graph,
                                    ThreadPool& pool, const sdk::Progress& progress);

  // The kernel for the tiles of weight number w, a matrix.
  const MatmulKernel& kernel(std::uint32_t w) const { return *kernels_[w]; }

  // The tiles of weight number w; nullptr when it is not a matrix.
  const std::uint8_t* tiles(std::uint32_t w) const {
    return offsets_[w] == kNone ? nullptr : buffer_.data() + offsets_[w];
  }

 private:
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};
  Buffer buffer_;
  std::vector<std::uint64_t> offsets_;
  std::vector<const MatmulKernel*> kernels_;
};

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_RUNTIME_WEIGHTS_HPP_
