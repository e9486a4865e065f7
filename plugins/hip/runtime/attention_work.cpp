#include "plugins/hip/runtime/attention_work.hpp"

#include <algorithm>
#include <bit>

namespace forge::hip {
namespace {

constexpr std::uint32_t kSegmentPositions = kSegmentBlocks * FORGE_KV_BLOCK_TOKENS;

// Columns of tiles that have work, of all: heads first, rows beside them.
double filling(std::uint32_t heads, std::uint32_t group, std::uint32_t columns) {
  const std::uint32_t rows = columns / heads;
  const double all_heads = ceil_div(group, heads) * heads;
  return static_cast<double>(rows * heads) * group / (columns * all_heads);
}

// Heads of a tile. With one row a sequence as many as fit, because all of them read the same keys;
// with more rows what fills tiles best.
std::uint32_t choose_heads(std::uint32_t group, std::uint32_t columns, bool single_rows) {
  const std::uint32_t most = std::min(group, columns);
  if (single_rows) return ceil_div(group, ceil_div(group, most));
  std::uint32_t best = most;
  for (std::uint32_t heads = most; heads > 0; --heads) {
    if (filling(heads, group, columns) > filling(best, group, columns)) best = heads;
  }
  return best;
}

std::uint32_t first_seen(std::uint32_t position, std::uint32_t window) {
  return window == 0 || position < window ? 0 : position - window + 1;
}

}  // namespace

AttentionCut cut_attention(const AttentionShape& shape, std::uint32_t columns, std::uint32_t n_full,
                           const forge_batch_v1& batch) {
  AttentionCut cut;
  const std::uint32_t group = shape.group();
  cut.rows_apart = batch.n_rows == batch.n_sequences;
  cut.heads_per_tile = choose_heads(group, columns, cut.rows_apart);
  cut.n_chunks = ceil_div(group, cut.heads_per_tile);
  const std::uint32_t rows_per_item = columns / cut.heads_per_tile;
  std::uint32_t n_segments = 1;
  for (std::uint32_t s = 0; s < batch.n_sequences; ++s) {
    const forge_sequence_v1& sequence = *batch.sequences[s];
    for (std::uint32_t i = 0; i < sequence.n_rows; i += rows_per_item) {
      const std::uint32_t n = std::min(rows_per_item, sequence.n_rows - i);
      const std::uint32_t first = sequence.n_past + i;
      cut.items.push_back({sequence.first_row + i, n});
      cut.merge_first.insert(cut.merge_first.end(), n, first);
      const std::uint32_t begin = first_seen(first, shape.window) / kSegmentPositions;
      n_segments = std::max(n_segments, (first + n - 1) / kSegmentPositions - begin + 1);
    }
  }
  // Without splits: one workgroup for each of these.
  const auto base = static_cast<std::uint32_t>(cut.items.size()) * shape.n_kv_heads * cut.n_chunks;
  const std::uint32_t max_segments = std::bit_ceil(n_segments);
  if (base >= n_full || n_segments == 1) return cut;
  if (std::uint64_t{batch.n_rows} * max_segments > kPartialSegments) return cut;
  cut.max_segments = max_segments;
  cut.n_splits = std::min(max_segments, std::bit_ceil(ceil_div(n_full, base)));
  return cut;
}

}  // namespace forge::hip
