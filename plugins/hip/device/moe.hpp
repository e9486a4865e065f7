// plugins/hip/device/moe.hpp: mixture of experts, by the kernels of gemv.hpp and gemm.hpp.
#ifndef FORGE_PLUGINS_HIP_DEVICE_MOE_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_MOE_HPP_

#include "plugins/hip/device/gemm.hpp"
#include "plugins/hip/device/gemv.hpp"
#include "plugins/hip/device/moe_args.hpp"

namespace forge::hip::device {

// ---------------------------------------------------------------- router

// The largest of the wave's values and where it is; of equal ones the lowest place.
FORGE_DEVICE void keep_larger(float& best, uint32_t& at, float other, uint32_t other_at) {
  const bool take = other > best || (other == best && other_at < at);
  best = take ? other : best;
  at = take ? other_at : at;
}

template <int kMask>
FORGE_DEVICE void keep_larger_of(float& best, uint32_t& at) {
  const float other = shuffle_xor<kMask>(best);
  const uint32_t other_at = shuffle_xor<kMask>(at);
  keep_larger(best, at, other, other_at);
}

FORGE_DEVICE float least() { return float_of_bits(0xff800000u); }

// p = softmax(x) or sigmoid(x); lane l has elements l, l + 32, ...
FORGE_DEVICE void probabilities(const float* x, uint32_t n, bool sigmoid, float* p) {
  float largest = least();
  for (uint32_t i = lane(); i < n; i += kWave) largest = max_of(largest, x[i]);
  largest = wave_max(largest);
  float sum = 0;
  for (uint32_t i = lane(); i < n; i += kWave) {
    p[i] = sigmoid ? sigmoid_of(x[i]) : precise_exp(x[i] - largest);
    sum += p[i];
  }
  sum = wave_sum(sum);
  if (sigmoid) return;
  for (uint32_t i = lane(); i < n; i += kWave) p[i] = p[i] / sum;
}

FORGE_DEVICE void moe_router(const RouterArgs& a) {
  FORGE_LDS(float, p, kMaxExperts);
  FORGE_LDS(float, rank, kMaxExperts);
  FORGE_LDS(float, chosen, kMaxExpertsUsed);
  const uint32_t row = block_x();
  const uint32_t n = a.x.width;
  const uint32_t n_used = a.ids.width;
  const float* x = a.x.base + uint64_t{row} * a.x.stride;
  const float* bias = a.bias;
  uint32_t* ids = reinterpret_cast<uint32_t*>(a.ids.base + uint64_t{row} * a.ids.stride);
  float* weights = a.weights.base + uint64_t{row} * a.weights.stride;
  probabilities(x, n, a.gating == FORGE_GATING_SIGMOID, p);
  const bool top = a.gating == FORGE_GATING_SOFTMAX_TOP;
  for (uint32_t i = lane(); i < n; i += kWave) {
    rank[i] = bias == nullptr ? p[i] : p[i] + bias[i];
    if (top) p[i] = x[i];  // what the weights are made of
  }
  wave_barrier();
  float largest = least();
  for (uint32_t u = 0; u < n_used; ++u) {
    float best = least();
    uint32_t at = n;
    for (uint32_t i = lane(); i < n; i += kWave) keep_larger(best, at, rank[i], i);
    keep_larger_of<16>(best, at);
    keep_larger_of<8>(best, at);
    keep_larger_of<4>(best, at);
    keep_larger_of<2>(best, at);
    keep_larger_of<1>(best, at);
    at = smaller(at, n - 1);  // what is no number is no expert
    if (at % kWave == lane()) rank[at] = least();
    largest = max_of(largest, p[at]);
    if (lane() == 0) {
      chosen[u] = p[at];
      ids[u] = at;
    }
  }
  wave_barrier();
  float sum = 0;
  for (uint32_t u = 0; u < n_used; ++u) sum += top ? precise_exp(chosen[u] - largest) : chosen[u];
  for (uint32_t u = lane(); u < n_used; u += kWave) {
    float weight = chosen[u];
    if (top) weight = precise_exp(weight - largest) / sum;
    // A softmax's sum is 1 already.
    if (a.normalise != 0 && !top) weight = weight / sum;
    weights[u] = weight * a.scale;
  }
}

// ---------------------------------------------------------------- groups

FORGE_DEVICE uint32_t expert_of(const Rows& ids, uint32_t pair, uint32_t n_experts) {
  const float* row = ids.base + uint64_t{pair / ids.width} * ids.stride;
  return smaller(bits_of_float(row[pair % ids.width]), n_experts - 1);
}

// A workgroup counts the pairs of its expert and of those before it: a thread has a run of pairs.
FORGE_DEVICE void moe_group(const GroupArgs& a) {
  FORGE_LDS(uint32_t, mine, kThreads);
  FORGE_LDS(uint32_t, before, kThreads);
  const Rows ids = a.ids;
  const ExpertGroups groups = a.groups;
  const uint32_t expert = block_x();
  const uint32_t n_pairs = a.n_rows * ids.width;
  const uint32_t per = (n_pairs + kThreads - 1) / kThreads;
  const uint32_t begin = smaller(thread() * per, n_pairs);
  const uint32_t end = smaller(begin + per, n_pairs);
  uint32_t n_mine = 0, n_before = 0;
  for (uint32_t pair = begin; pair < end; ++pair) {
    const uint32_t e = expert_of(ids, pair, a.n_experts);
    n_mine += e == expert ? 1 : 0;
    n_before += e < expert ? 1 : 0;
  }
  mine[thread()] = n_mine;
  before[thread()] = n_before;
  barrier();
  uint32_t first = 0, count = 0, slot = 0;
  for (uint32_t t = 0; t < kThreads; ++t) {
    slot = t == thread() ? count : slot;
    first += before[t];
    count += mine[t];
  }
  slot += first;
  for (uint32_t pair = begin; pair < end; ++pair) {
    if (expert_of(ids, pair, a.n_experts) != expert) continue;
    groups.slot_of[pair] = slot;
    groups.pair_of[slot] = pair;
    ++slot;
  }
  if (thread() != 0) return;
  groups.first[expert] = first;
  groups.count[expert] = count;
}

FORGE_DEVICE void moe_gather(const GatherArgs& a) {
  const Quantized to = a.to;
  const uint32_t slot = block_x();
  const uint32_t row = a.pair_of[slot] / a.n_used;
  const uint32_t n_blocks = a.from.k / kBlock;
  const Words4* q = reinterpret_cast<const Words4*>(a.from.q + uint64_t{row} * a.from.k);
  const BlockMeta* meta = a.from.meta + uint64_t{row} * n_blocks;
  Words4* to_q = reinterpret_cast<Words4*>(to.q + uint64_t{slot} * to.k);
  BlockMeta* to_meta = to.meta + uint64_t{slot} * n_blocks;
  for (uint32_t i = thread(); i < 2 * n_blocks; i += kThreads) to_q[i] = q[i];
  for (uint32_t i = thread(); i < n_blocks; i += kThreads) to_meta[i] = meta[i];
}

// ---------------------------------------------------------------- experts

// Planes from tile `tile` on.
template <Format kF>
FORGE_DEVICE Planes planes_from(const Planes& planes, uint32_t n_blocks, uint64_t tile) {
  const uint64_t blocks = tile * n_blocks * kTileRows;
  Planes p = planes;
  p.codes += blocks * kF.code_bytes();
  p.singles += blocks * kF.single_bytes();
  p.pairs += blocks * kF.pair_bytes();
  p.scales += blocks * scale_bytes(kF.scale);
  p.super += blocks / kSuperBlocks * super_bytes(kF.scale);
  return p;
}

// The product with one expert's matrices, of rows from x_row on that go to y_row on.
template <Format kF>
FORGE_DEVICE MatmulArgs product_with(const ExpertsArgs& a, uint32_t expert, uint32_t x_row,
                                     uint32_t y_row, uint32_t n_rows) {
  const uint32_t n_blocks = a.x.k / kBlock;
  MatmulArgs m = {};
  m.x = {a.x.q + uint64_t{x_row} * a.x.k, a.x.meta + uint64_t{x_row} * n_blocks, a.x.k};
  m.n_rows = n_rows;
  m.n_parts = 1;
  m.n_tiles = a.n_out / kTileRows;
  m.activation = a.activation;
  m.part[0].weight = planes_from<kF>(a.weight, n_blocks, uint64_t{expert} * m.n_tiles);
  m.part[0].n_out = a.n_out;
  m.part[0].y = {a.y.base + uint64_t{y_row} * a.y.stride, a.y.stride, a.n_out};
  return m;
}

// Of a pair, one row.
template <Format kF, bool kGated>
FORGE_DEVICE void experts(const ExpertsArgs& a) {
  const uint32_t pair = block_z() * a.ids.width + block_y();
  const uint32_t expert = expert_of(a.ids, pair, a.n_experts);
  MatmulArgs m = product_with<kF>(a, expert, kGated ? block_z() : pair, pair, 1);
  if constexpr (kGated) {
    const uint32_t n_blocks = a.x.k / kBlock;
    m.part[0].up = planes_from<kF>(a.up, n_blocks, uint64_t{expert} * m.n_tiles);
    m.part[0].y.base = nullptr;
    m.to = {a.to.q + uint64_t{pair} * a.to.k, a.to.meta + uint64_t{pair} * (a.to.k / kBlock),
            a.to.k};
  }
  gemv_of<kF, kGated, false>(m, m.x.q, m.x.meta);
}

template <Format kF>
FORGE_DEVICE void experts_gemm(const ExpertsArgs& a) {
  const uint32_t expert = block_z();
  const uint32_t count = a.groups.count[expert];
  if (block_y() * kGemmRows >= count) return;
  const uint32_t first = a.groups.first[expert];
  gemm<kF, kGemmRows>(product_with<kF>(a, expert, first, first, count));
}

FORGE_DEVICE void experts_sum(const ExpertsSumArgs& a) {
  const uint32_t i = block_x() * kThreads + thread();
  const uint32_t row = block_y();
  if (i >= a.y.width) return;
  const float* weights = a.weights.base + uint64_t{row} * a.weights.stride;
  float sum = 0;
  for (uint32_t u = 0; u < a.weights.width; ++u) {
    const uint32_t pair = row * a.weights.width + u;
    const uint32_t slot = a.slot_of == nullptr ? pair : a.slot_of[pair];
    sum = fma_of(weights[u], a.z.base[uint64_t{slot} * a.z.stride + i], sum);
  }
  a.y.base[uint64_t{row} * a.y.stride + i] = sum;
}

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_MOE_HPP_
