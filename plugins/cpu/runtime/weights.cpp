#include "plugins/cpu/runtime/weights.hpp"

#include "plugins/cpu/runtime/repack.hpp"

namespace forge::cpu {
namespace {

std::uint32_t n_tiles(const MatmulKernel& kernel, const forge_tensor_v1& weight) {
  const auto rows = kernel.format.tile_rows;
  return static_cast<std::uint32_t>((weight.shape[1] + rows - 1) / rows);
}

// Which weights become BF16: a gate and its up both or neither.
std::vector<bool> fitting(const forge_graph_v1& graph, const std::vector<bool>& is_matrix,
                          const Repacking& work) {
  std::vector<bool> fit(graph.n_weights, false);
  for (std::uint32_t w = 0; w < graph.n_weights; ++w) fit[w] = is_matrix[w] && work.all_fit(w);
  for (bool again = true; again;) {
    again = false;
    for (std::uint32_t i = 0; i < graph.n_nodes; ++i) {
      const sdk::NodeView node(graph, i);
      if (node.op() != FORGE_OP_LINEAR) continue;
      if (node.params<forge_linear_params_v1>().activation == FORGE_ACT_NONE) continue;
      const std::uint32_t gate = node.weight_id(0), up = node.weight_id(2);
      if (fit[gate] == fit[up]) continue;
      fit[gate] = fit[up] = false;
      again = true;
    }
  }
  return fit;
}

}  // namespace

const MatmulKernel* find_matmul(const KernelTable& kernels, std::uint32_t type) {
  for (const MatmulKernel& kernel : kernels.matmul) {
    if (kernel.type == type) return &kernel;
  }
  return nullptr;
}

std::uint64_t packed_bytes(const KernelTable& kernels, const forge_tensor_v1& weight) {
  const MatmulKernel* kernel = find_matmul(kernels, weight.type);
  if (kernel == nullptr) return 0;
  return std::uint64_t{n_tiles(*kernel, weight)} * kernel->format.tile_size(weight.shape[0]);
}

std::vector<bool> PackedWeights::matrices_of(const forge_graph_v1& graph) {
  std::vector<bool> is_matrix(graph.n_weights, false);
  for (std::uint32_t i = 0; i < graph.n_nodes; ++i) {
    const sdk::NodeView node(graph, i);
    if (node.op() != FORGE_OP_LINEAR) continue;
    for (std::uint32_t w = 0; w < node.n_weights(); w += 2) is_matrix[node.weight_id(w)] = true;
  }
  return is_matrix;
}

Result<PackedWeights> PackedWeights::pack(const KernelTable& kernels, const forge_graph_v1& graph,
                                          ThreadPool& pool, const sdk::Progress& progress) {
  PackedWeights packed;
  packed.offsets_.assign(graph.n_weights, kNone);
  packed.kernels_.assign(graph.n_weights, nullptr);
  const std::vector<bool> is_matrix = matrices_of(graph);
  std::uint64_t total = 0;
  for (std::uint32_t w = 0; w < graph.n_weights; ++w) {
    if (!is_matrix[w]) continue;
    packed.offsets_[w] = total;
    total += packed_bytes(kernels, *graph.weights[w]);
  }
  FORGE_ASSIGN(packed.buffer_, Buffer::allocate(total));
  Repacking work;
  for (std::uint32_t w = 0; w < graph.n_weights; ++w) {
    if (!is_matrix[w]) continue;
    const forge_tensor_v1& weight = *graph.weights[w];
    packed.kernels_[w] = find_matmul(kernels, weight.type);
    work.add(w, weight, *packed.kernels_[w], packed.buffer_.data() + packed.offsets_[w],
             weight.type == FORGE_TYPE_F16 ? kernels.bfloat16.fits : nullptr);
  }
  FORGE_TRY(work.run(pool, progress));
  const std::vector<bool> fit = fitting(graph, is_matrix, work);
  for (std::uint32_t w = 0; w < graph.n_weights; ++w) {
    if (!fit[w]) continue;
    packed.kernels_[w] = find_matmul(kernels, FORGE_TYPE_BF16);
    FORGE_TRY(work.convert(pool, w, kernels.bfloat16.convert, progress));
  }
  return packed;
}

}  // namespace forge::cpu
