// plugins/hip/device/top_k.hpp: FORGE_OP_TOP_K. The largest kTopKMost of a row, sorted.
//
// An element is one number: the float's order in the upper half, its index turned round in the
// lower one, so that the larger number is the one that comes first and no two are equal. Every
// network below therefore has one result, whatever the order of waves.
//
// A list is kTopKMost numbers in a wave's registers; number e is v[e / 32] of lane e % 32. Lists
// are sorted by a bitonic network (Batcher 1968): strides below 32 are shuffles, those above stay
// in the lane. Of two falling lists a and b the larger of a[e] and b[last - e] are the largest of
// both, and bitonic: half a sort joins them. Nothing depends on what the numbers are, so the time
// does not either.
//
// "top_k_parts" has a workgroup for each kTopKPart elements, "top_k" one for a row. A vocabulary of
// 152064 is 75 parts; each reads 8 KB once and leaves 1 KB. LDS: 8 KB.
#ifndef FORGE_PLUGINS_HIP_DEVICE_TOP_K_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_TOP_K_HPP_

#include "plugins/hip/device/args.hpp"
#include "plugins/hip/device/target.hpp"

namespace forge::hip::device {

inline constexpr uint32_t kTopKEach = kTopKMost / kWave;  // numbers of a lane
inline constexpr uint32_t kTopKWaves = kThreads / kWave;

// 0 is behind every element and stands for none. -0 and 0 are equal, NaN is behind -inf.
FORGE_DEVICE uint64_t rank_of(float x, uint32_t index) {
  uint32_t bits = bits_of_float(x);
  if ((bits & 0x7fffffffu) == 0) bits = 0;
  uint32_t order = (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
  if ((bits & 0x7fffffffu) > 0x7f800000u) order = 0;
  return uint64_t{order} << 32 | (0xffffffffu - index);
}
FORGE_DEVICE uint32_t index_of(uint64_t rank) { return 0xffffffffu - static_cast<uint32_t>(rank); }

FORGE_DEVICE uint64_t larger_of(uint64_t a, uint64_t b) { return a > b ? a : b; }

template <int kMask>
FORGE_DEVICE uint64_t shuffle_rank(uint64_t v) {
  const uint32_t high = shuffle_xor<kMask>(static_cast<uint32_t>(v >> 32));
  return uint64_t{high} << 32 | shuffle_xor<kMask>(static_cast<uint32_t>(v));
}

// One step of the network. Runs of `size` numbers fall and rise in turn, the first as kFalling
// says.
template <uint32_t kStride, bool kFalling>
FORGE_DEVICE void exchange(uint64_t (&v)[kTopKEach], uint32_t size) {
  if constexpr (kStride >= kWave) {
    constexpr uint32_t kOther = kStride / kWave;
    FORGE_UNROLL_ALL
    for (uint32_t j = 0; j < kTopKEach; ++j) {
      if ((j & kOther) != 0) continue;
      const uint64_t a = v[j], b = v[j | kOther];
      const bool swap = (a < b) == (((j * kWave & size) == 0) == kFalling);
      v[j] = swap ? b : a;
      v[j | kOther] = swap ? a : b;
    }
  } else {
    FORGE_UNROLL_ALL
    for (uint32_t j = 0; j < kTopKEach; ++j) {
      const uint64_t other = shuffle_rank<static_cast<int>(kStride)>(v[j]);
      const uint32_t e = j * kWave + lane();
      const bool falls = ((e & size) == 0) == kFalling;
      const bool first = (e & kStride) == 0;
      v[j] = (v[j] > other) == (falls == first) ? v[j] : other;
    }
  }
}

// Sorts runs of 2 * kStride numbers that are bitonic.
template <uint32_t kStride, bool kFalling>
FORGE_DEVICE void join(uint64_t (&v)[kTopKEach]) {
  constexpr uint32_t kSize = 2 * kStride;
  if constexpr (kStride >= 64) exchange<64, kFalling>(v, kSize);
  if constexpr (kStride >= 32) exchange<32, kFalling>(v, kSize);
  if constexpr (kStride >= 16) exchange<16, kFalling>(v, kSize);
  if constexpr (kStride >= 8) exchange<8, kFalling>(v, kSize);
  if constexpr (kStride >= 4) exchange<4, kFalling>(v, kSize);
  if constexpr (kStride >= 2) exchange<2, kFalling>(v, kSize);
  exchange<1, kFalling>(v, kSize);
}

template <bool kFalling>
FORGE_DEVICE void sort_list(uint64_t (&v)[kTopKEach]) {
  static_assert(kTopKMost == 128, "the steps are written out");
  join<1, kFalling>(v);
  join<2, kFalling>(v);
  join<4, kFalling>(v);
  join<8, kFalling>(v);
  join<16, kFalling>(v);
  join<32, kFalling>(v);
  join<64, kFalling>(v);
}

// v, falling: the largest of it and of a falling list in memory.
FORGE_DEVICE void join_list(uint64_t (&v)[kTopKEach], const uint64_t* list) {
  FORGE_UNROLL_ALL
  for (uint32_t j = 0; j < kTopKEach; ++j)
    v[j] = larger_of(v[j], list[kTopKMost - 1 - (j * kWave + lane())]);
  join<kTopKMost / 2, true>(v);
}

// The first wave gets the largest of all waves' lists. buffer: [kTopKWaves * kTopKMost].
FORGE_DEVICE void join_waves(uint64_t (&v)[kTopKEach], uint64_t* buffer) {
  FORGE_UNROLL_ALL
  for (uint32_t half = kTopKWaves / 2; half > 0; half /= 2) {
    if (wave() >= half && wave() < 2 * half) {
      FORGE_UNROLL_ALL
      for (uint32_t j = 0; j < kTopKEach; ++j)
        buffer[wave() * kTopKMost + j * kWave + lane()] = v[j];
    }
    barrier();
    if (wave() < half) join_list(v, buffer + (wave() + half) * kTopKMost);
  }
}

// The row's result, from the first wave. Values are those of the row, bit for bit.
FORGE_DEVICE void write_top_k(const TopKArgs& a, const uint64_t (&v)[kTopKEach], uint32_t row) {
  const float* x = a.x.base + uint64_t{row} * a.x.stride;
  auto* ids = reinterpret_cast<int32_t*>(a.ids.base + uint64_t{row} * a.ids.stride);
  float* values = a.values.base + uint64_t{row} * a.values.stride;
  float value[kTopKEach];
  FORGE_UNROLL_ALL
  for (uint32_t j = 0; j < kTopKEach; ++j) value[j] = x[v[j] == 0 ? 0 : index_of(v[j])];
  FORGE_UNROLL_ALL
  for (uint32_t j = 0; j < kTopKEach; ++j) {
    const uint32_t e = j * kWave + lane();
    if (e >= a.k) continue;
    ids[e] = static_cast<int32_t>(index_of(v[j]));
    values[e] = value[j];
  }
}

// Elements at, at + 32, ... of a row. Every lane loads, so that no load waits for another.
FORGE_DEVICE void load_ranks(uint64_t (&v)[kTopKEach], const float* x, uint32_t at, uint32_t n) {
  float values[kTopKEach];
  FORGE_UNROLL_ALL
  for (uint32_t j = 0; j < kTopKEach; ++j) {
    const uint32_t i = at + j * kWave;
    values[j] = x[i < n ? i : n - 1];
  }
  FORGE_UNROLL_ALL
  for (uint32_t j = 0; j < kTopKEach; ++j) {
    const uint32_t i = at + j * kWave;
    const uint64_t rank = rank_of(values[j], i);
    v[j] = i < n ? rank : 0;
  }
}

FORGE_DEVICE void top_k_parts(const TopKArgs& a) {
  FORGE_LDS(uint64_t, buffer, kTopKWaves* kTopKMost);
  static_assert(kTopKPart == kTopKWaves * 2 * kTopKMost, "a wave takes two lists");
  const uint32_t row = block_y();
  const float* x = a.x.base + uint64_t{row} * a.x.stride;
  const uint32_t at = block_x() * kTopKPart + wave() * 2 * kTopKMost + lane();
  uint64_t v[kTopKEach], w[kTopKEach];
  load_ranks(v, x, at, a.x.width);
  load_ranks(w, x, at + kTopKMost, a.x.width);
  sort_list<true>(v);
  sort_list<false>(w);
  FORGE_UNROLL_ALL
  for (uint32_t j = 0; j < kTopKEach; ++j) v[j] = larger_of(v[j], w[j]);
  join<kTopKMost / 2, true>(v);
  join_waves(v, buffer);
  if (wave() != 0) return;
  if (a.n_parts == 1) return write_top_k(a, v, row);
  uint64_t* list = a.lists + (uint64_t{row} * a.n_parts + block_x()) * kTopKMost;
  FORGE_UNROLL_ALL
  for (uint32_t j = 0; j < kTopKEach; ++j) list[j * kWave + lane()] = v[j];
}

FORGE_DEVICE void top_k(const TopKArgs& a) {
  FORGE_LDS(uint64_t, buffer, kTopKWaves* kTopKMost);
  const uint32_t row = block_x();
  const uint64_t* lists = a.lists + uint64_t{row} * a.n_parts * kTopKMost;
  uint64_t v[kTopKEach];
  FORGE_UNROLL_ALL
  for (uint32_t j = 0; j < kTopKEach; ++j)
    v[j] = wave() < a.n_parts ? lists[wave() * kTopKMost + j * kWave + lane()] : 0;
  for (uint32_t part = wave() + kTopKWaves; part < a.n_parts; part += kTopKWaves)
    join_list(v, lists + part * kTopKMost);
  join_waves(v, buffer);
  if (wave() == 0) write_top_k(a, v, row);
}

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_TOP_K_HPP_
