// plugins/hip/runtime/attention_work.hpp: how a batch is cut for attention.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_ATTENTION_WORK_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_ATTENTION_WORK_HPP_

#include <cstdint>
#include <vector>

#include "forge/abi/kernel_pack.h"
#include "plugins/hip/device/args.hpp"

namespace forge::hip {

constexpr std::uint32_t ceil_div(std::uint32_t a, std::uint32_t b) { return (a + b - 1) / b; }

// What decides the cut; nodes with the same share it.
struct AttentionShape {
  std::uint32_t n_heads, n_kv_heads, dv, window;
  bool operator==(const AttentionShape&) const = default;

  std::uint32_t group() const { return n_heads / n_kv_heads; }
  // Floats of one partial result of all heads of a row.
  std::uint64_t partial_floats() const { return std::uint64_t{n_heads} * (dv + 2); }
};

// Partial results that the workspace holds, rows times segments. 4096: one row of 262 144
// positions, or 16 rows of 16 384. What needs more is not split; then it has enough rows to be busy
// with, or a context beyond what models have.
inline constexpr std::uint32_t kPartialSegments = 4096;

// A batch as attention of one shape sees it.
struct AttentionCut {
  std::uint32_t heads_per_tile = 1;
  std::uint32_t n_chunks = 1;  // of a group
  std::uint32_t n_splits = 1;
  std::uint32_t max_segments = 1;
  bool rows_apart = false;  // every row is of another sequence
  std::vector<AttentionItem> items;
  std::vector<std::uint32_t> merge_first;  // by row: position of the first row of its item
};

// columns: of a tile. n_full: workgroups that keep the device busy.
AttentionCut cut_attention(const AttentionShape& shape, std::uint32_t columns, std::uint32_t n_full,
                           const forge_batch_v1& batch);

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_ATTENTION_WORK_HPP_
