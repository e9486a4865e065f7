// plugins/hip/device/moe_args.hpp: what the kernels of moe.hpp are launched with. Host and device.
//
// Row r of a batch and its u-th expert are pair r * n_used + u. Each pair has a row of its own in
// the workspaces, its slot. A few rows: slot and pair are the same number. Many: the pairs of an
// expert lie one behind the other, so that its matrices are read once for all of them.
#ifndef FORGE_PLUGINS_HIP_DEVICE_MOE_ARGS_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_MOE_ARGS_HPP_

#include "plugins/hip/device/args.hpp"

namespace forge::hip {

inline constexpr uint32_t kMaxExperts = 1024;
inline constexpr uint32_t kMaxExpertsUsed = 64;

// "moe_router": FORGE_OP_MOE_ROUTER. Grid (rows), 32 threads.
struct RouterArgs {
  Rows x;
  Rows ids;  // of int32
  Rows weights;
  const float* bias;  // [n_experts] or null
  uint32_t gating;    // FORGE_GATING_*
  uint32_t normalise;
  float scale;
};

// Where the pairs of each expert are, with many rows.
struct ExpertGroups {
  uint32_t* first;    // [n_experts] slot of its first pair
  uint32_t* count;    // [n_experts]
  uint32_t* slot_of;  // [pairs]
  uint32_t* pair_of;  // [slots]
};

// "moe_group": fills the groups, pairs of an expert in order of pairs. Grid (n_experts).
struct GroupArgs {
  Rows ids;
  ExpertGroups groups;
  uint32_t n_rows;
  uint32_t n_experts;
};

// "moe_gather": to row s = from row pair_of[s] / n_used. Grid (slots).
struct GatherArgs {
  Quantized from, to;
  const uint32_t* pair_of;
  uint32_t n_used;
};

// One matrix [n_in, n_out] of each expert, the tiles of one expert behind those of another, times
// the rows of its pairs.
//   "experts_gated_FORMAT": slots are pairs; x is the row's; act(weight x) * (up x), as quants
//   `to`.
//                           Grid (tiles / 2, n_used, rows)
//   "experts_FORMAT":       slots are pairs; x is the pair's: y.  Grid (tiles, n_used, rows)
//   "experts_gemm_FORMAT":  grouped; x is the slot's: y.  Grid (ceil(tiles / kGemmTiles),
//                           ceil(pairs / kGemmRows), n_experts)
// All give the same bits, which are those of LINEAR's kernels. Rows have a multiple of 32 elements.
struct ExpertsArgs {
  Quantized x;
  Planes weight, up;
  Quantized to;
  Rows y;
  Rows ids;
  ExpertGroups groups;
  uint32_t n_out;  // of one expert
  uint32_t n_experts;
  uint32_t activation;
};

// "experts_sum": y[row] = sum over u, in order, of weights[row][u] * z[slot of (row, u)]. Grid
// (ceil(width / 256), rows).
struct ExpertsSumArgs {
  Rows z, weights, y;
  const uint32_t* slot_of;  // null: slots are pairs
};

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_DEVICE_MOE_ARGS_HPP_
