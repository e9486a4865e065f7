// plugins/hip/device/heads.hpp: what happens to the heads of Q, K and V between their projection
// and attention.
#ifndef FORGE_PLUGINS_HIP_DEVICE_HEADS_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_HEADS_HPP_

#include "plugins/hip/device/kv.hpp"
#include "plugins/hip/device/rows.hpp"

namespace forge::hip::device {

// Element i of a head, i = lane + 32 * e, is in v[e] of the lane.
struct Head {
  float v[kMaxHeadElements];
};

FORGE_DEVICE Head load_head(const float* x, uint32_t n) {
  Head head = {};
  FORGE_UNROLL_ALL
  for (uint32_t e = 0; e < kMaxHeadElements; ++e) {
    const uint32_t i = lane() + e * kWave;
    if (i < n) head.v[e] = x[i];
  }
  return head;
}

FORGE_DEVICE void normalise(Head& head, uint32_t n, const float* weight, float eps) {
  float squares = 0;
  FORGE_UNROLL_ALL
  for (uint32_t e = 0; e < kMaxHeadElements; ++e) squares = fma_of(head.v[e], head.v[e], squares);
  const float factor = 1.0f / sqrt_of(wave_sum(squares) / static_cast<float>(n) + eps);
  FORGE_UNROLL_ALL
  for (uint32_t e = 0; e < kMaxHeadElements; ++e) {
    const uint32_t i = lane() + e * kWave;
    if (i < n) head.v[e] = head.v[e] * factor * weight[i];
  }
}

// Cosines and signed sines of the elements that a lane holds of every head of a row.
struct Angles {
  float cos[kMaxHeadElements], sin[kMaxHeadElements];
};

// The pair of element i, and whether it is the pair's first.
FORGE_DEVICE uint32_t pair_of(const HeadsArgs& a, uint32_t i) {
  return a.interleaved != 0 ? i / 2 : i % (a.n_rot / 2);
}
FORGE_DEVICE bool is_first(const HeadsArgs& a, uint32_t i) {
  return a.interleaved != 0 ? i % 2 == 0 : i < a.n_rot / 2;
}

FORGE_DEVICE Angles load_angles(const HeadsArgs& a, uint32_t row) {
  Angles angles = {};
  if (a.rope == nullptr) return angles;
  const float* cos = a.rope + uint64_t{row} * 2 * a.table_pairs;
  const float* sin = cos + a.table_pairs;
  FORGE_UNROLL_ALL
  for (uint32_t e = 0; e < kMaxHeadElements; ++e) {
    const uint32_t i = lane() + e * kWave;
    if (i >= a.n_rot) continue;
    angles.cos[e] = cos[pair_of(a, i)];
    angles.sin[e] = is_first(a, i) ? -sin[pair_of(a, i)] : sin[pair_of(a, i)];
  }
  return angles;
}

// Turns pairs of the head; `other` is where the wave can put the head to reach its partners.
FORGE_DEVICE void turn(Head& head, uint32_t n, const HeadsArgs& a, const Angles& angles,
                       float* other) {
  FORGE_UNROLL_ALL
  for (uint32_t e = 0; e < kMaxHeadElements; ++e) {
    const uint32_t i = lane() + e * kWave;
    if (i < n) other[i] = head.v[e];
  }
  wave_barrier();
  const uint32_t half = a.n_rot / 2;
  FORGE_UNROLL_ALL
  for (uint32_t e = 0; e < kMaxHeadElements; ++e) {
    const uint32_t i = lane() + e * kWave;
    if (i >= a.n_rot) continue;
    const uint32_t partner = a.interleaved != 0 ? i ^ 1u : (is_first(a, i) ? i + half : i - half);
    head.v[e] = fma_of(other[partner], angles.sin[e], head.v[e] * angles.cos[e]);
  }
  wave_barrier();
}

FORGE_DEVICE void store_head(float* y, const Head& head, uint32_t n) {
  FORGE_UNROLL_ALL
  for (uint32_t e = 0; e < kMaxHeadElements; ++e) {
    const uint32_t i = lane() + e * kWave;
    if (i < n) y[i] = head.v[e];
  }
}

FORGE_DEVICE Head load_query(const HeadsArgs& a, uint32_t row, uint32_t head) {
  return load_head(a.q.base + uint64_t{row} * a.q.stride + head * a.dk, a.dk);
}
FORGE_DEVICE Head load_key(const HeadsArgs& a, uint32_t row, uint32_t head) {
  return load_head(a.k.base + uint64_t{row} * a.k.stride + head * a.dk, a.dk);
}
FORGE_DEVICE Head load_value(const HeadsArgs& a, uint32_t row, uint32_t head) {
  return load_head(a.v.base + uint64_t{row} * a.v.stride + head * a.dv, a.dv);
}

// A query head as it goes into attention.
FORGE_DEVICE void prepare_query(const HeadsArgs& a, const Angles& angles, Head& x, float* other) {
  if (a.q_norm != nullptr) normalise(x, a.dk, a.q_norm, a.q_eps);
  if (a.rope != nullptr) turn(x, a.dk, a, angles, other);
}

// K's head: into the state, or back where there is none.
FORGE_DEVICE void store_key(const HeadsArgs& a, const Angles& angles, uint32_t row, uint32_t head,
                            Head& x, float* other) {
  if (a.k_norm != nullptr) normalise(x, a.dk, a.k_norm, a.k_eps);
  if (a.rope != nullptr) turn(x, a.dk, a, angles, other);
  if (a.cache.k == nullptr)
    store_head(a.k.base + uint64_t{row} * a.k.stride + head * a.dk, x, a.dk);
  else
    write_k(a.cache, a.rows[row], a.tables, head, x.v);
}

// A wave a head: first the query heads, then K's, then V's.
FORGE_DEVICE void heads(const HeadsArgs& a) {
  FORGE_LDS(float, partners, kThreads / kWave * 256);
  const uint32_t row = block_x();
  const uint32_t head = block_y() * (kThreads / kWave) + wave();
  float* other = partners + wave() * 256;
  if (head < a.n_heads) {
    if (a.q.base == nullptr) return;
    Head x = load_query(a, row, head);
    prepare_query(a, load_angles(a, row), x, other);
    store_head(a.q.base + uint64_t{row} * a.q.stride + head * a.dk, x, a.dk);
  } else if (head < a.n_heads + a.n_kv_heads) {
    if (a.k.base == nullptr) return;
    Head x = load_key(a, row, head - a.n_heads);
    store_key(a, load_angles(a, row), row, head - a.n_heads, x, other);
  } else if (head < a.n_heads + 2 * a.n_kv_heads) {
    if (a.v.base == nullptr || a.cache.v == nullptr) return;
    const uint32_t h = head - a.n_heads - a.n_kv_heads;
    write_v(a.cache, a.rows[row], a.tables, h, load_value(a, row, h).v);
  }
}

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_HEADS_HPP_
