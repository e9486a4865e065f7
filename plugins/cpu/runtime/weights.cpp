#include "plugins/cpu/runtime/weights.hpp"

#include "plugins/cpu/runtime/repack.hpp"

namespace forge::cpu {
namespace {

std::uint32_t n_tiles(const MatmulKernel& kernel, const forge_tensor_v1& weight) {
  const auto rows = kernel.format.tile_rows;
  return static_cast<std::uint32_t>((weight.shape[1] + rows - 1) / rows);
}

// All tiles of one matrix, by all threads.
void pack_matrix(const MatmulKernel& kernel, const forge_tensor_v1& weight,
                 std::uint8_t wide_offset, ThreadPool& pool, std::uint8_t* out) {
  const auto n_in = static_cast<std::uint32_t>(weight.shape[0]);
  const auto n_out = static_cast<std::uint32_t>(weight.shape[1]);
  const std::uint32_t tiles = n_tiles(kernel, weight);
  const std::size_t size = kernel.format.tile_size(n_in);
  const Phase all = {tiles, 1};
  pool.run({&all, 1}, [&](std::size_t, std::size_t begin, std::size_t end, std::uint32_t) {
    for (auto tile = static_cast<std::uint32_t>(begin); tile < end; ++tile) {
      repack_tile(weight.type, kernel.format, static_cast<const std::uint8_t*>(weight.data),
                  weight.n_bytes / n_out, n_in, n_out, tile, wide_offset, out + tile * size);
    }
  });
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
  const std::vector<bool> is_matrix = matrices_of(graph);
  std::uint64_t total = 0;
  std::uint64_t source_total = 0;
  for (std::uint32_t w = 0; w < graph.n_weights; ++w) {
    if (!is_matrix[w]) continue;
    packed.offsets_[w] = total;
    total += packed_bytes(kernels, *graph.weights[w]);
    source_total += graph.weights[w]->n_bytes;
  }
  FORGE_ASSIGN(packed.buffer_, Buffer::allocate(total));
  std::uint64_t done = 0;
  for (std::uint32_t w = 0; w < graph.n_weights; ++w) {
    if (!is_matrix[w]) continue;
    const forge_tensor_v1& weight = *graph.weights[w];
    pack_matrix(*find_matmul(kernels, weight.type), weight, kernels.unsigned_bytes ? 128 : 0, pool,
                packed.buffer_.data() + packed.offsets_[w]);
    done += weight.n_bytes;
    progress.weight_read(w);
    FORGE_TRY(progress.report(done, source_total));
  }
  return packed;
}

}  // namespace forge::cpu
