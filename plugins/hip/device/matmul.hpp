// plugins/hip/device/matmul.hpp: what the products with quantized weights share.
//
// Three kernels (gemv.hpp, skinny.hpp, gemm.hpp) for one, a few and many rows give the same bits.
// The order in which floats are added is fixed by the shape: k is cut into kSegments segments of
// ceil(blocks / kSegments) blocks; within a segment block after block is added (weights.hpp:
// accumulate), then the segments in order. Sums inside a block are integers, exact in any order.
#ifndef FORGE_PLUGINS_HIP_DEVICE_MATMUL_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_MATMUL_HPP_

#include "forge/abi/graph.h"
#include "plugins/hip/device/rows.hpp"
#include "plugins/hip/device/weights.hpp"

namespace forge::hip::device {

FORGE_DEVICE uint32_t segment_blocks(uint32_t n_blocks) {
  return (n_blocks + kSegments - 1) / kSegments;
}
FORGE_DEVICE uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

// The part that tile `tile` of all is in.
FORGE_DEVICE const MatmulPart& part_of(const MatmulPart (&parts)[kMaxParts], uint32_t n_parts,
                                       uint32_t tile) {
  uint32_t p = 0;
  while (p + 1 < n_parts && tile >= parts[p + 1].first_tile) ++p;
  return parts[p];
}

// y[row][n] from the sums over k.
template <bool kGated>
FORGE_DEVICE float output_of(const MatmulPart& part, uint32_t activation, uint32_t row, uint32_t n,
                             float sum, float up) {
  if (part.bias != nullptr) sum += part.bias[n];
  if constexpr (kGated) {
    if (part.up_bias != nullptr) up += part.up_bias[n];
    sum = activate(activation, sum) * up;
  }
  if (part.residual.base != nullptr)
    sum += part.residual.base[uint64_t{row} * part.residual.stride + n];
  return sum;
}

template <bool kGated>
FORGE_DEVICE void finish(const MatmulPart& part, uint32_t activation, uint32_t row, uint32_t n,
                         float sum, float up) {
  if (n >= part.n_out) return;
  part.y.base[uint64_t{row} * part.y.stride + n] =
      output_of<kGated>(part, activation, row, n, sum, up);
}

// Walks blocks begin .. end - 1, kAhead at a time: load(first, to) asks for those from `first` on,
// multiply(first, from) uses them. Two sets are on their way in turn, because the memory is far
// away; those beyond the end are asked for, but not used. With kEarly the second set is asked for
// before the first is waited for: more is on its way, and one set more is in vain.
template <class Ahead, uint32_t kAhead, bool kEarly, class Load, class Multiply>
FORGE_DEVICE void walk_blocks(uint32_t begin, uint32_t end, const Load& load,
                              const Multiply& multiply) {
  Ahead even, odd;
  if constexpr (kEarly) {
    load(begin, even);
    load(begin + kAhead, odd);
    for (uint32_t first = begin; first < end; first += 2 * kAhead) {
      multiply(first, even);
      if (first + kAhead >= end) break;
      load(first + 2 * kAhead, even);
      multiply(first + kAhead, odd);
      load(first + 3 * kAhead, odd);
    }
  } else if (begin < end) {
    load(begin, even);
    for (uint32_t first = begin;; first += 2 * kAhead) {
      load(first + kAhead, odd);
      multiply(first, even);
      if (first + kAhead >= end) break;
      load(first + 2 * kAhead, even);
      multiply(first + kAhead, odd);
      if (first + 2 * kAhead >= end) break;
    }
  }
}

// ---------------------------------------------------------------- matrix products

// A wave's part of A (weights): both halves of a block.
struct WeightFragment {
  static constexpr int kWords = Int8Tile::kARows * Int8Tile::kRun;
  uint32_t half0[kWords], half1[kWords];
};

// The same as it comes from memory.
struct RawFragment {
  RawCodes<Int8Tile::kRun> row[Int8Tile::kARows];
};

template <Format kF>
FORGE_DEVICE RawFragment load_weights(const Planes& planes, uint32_t n_blocks, uint32_t tile,
                                      uint32_t block) {
  RawFragment raw;
  for (int r = 0; r < Int8Tile::kARows; ++r)
    raw.row[r] = load_codes<kF, Int8Tile::kRun>(planes, n_blocks, tile, block, Int8Tile::a_row(r),
                                                Int8Tile::first());
  return raw;
}

template <Format kF>
FORGE_DEVICE WeightFragment unpack_weights(const RawFragment& raw) {
  WeightFragment f;
  for (int r = 0; r < Int8Tile::kARows; ++r)
    unpack<kF, Int8Tile::kRun>(raw.row[r], Int8Tile::first(), f.half0 + r * Int8Tile::kRun,
                               f.half1 + r * Int8Tile::kRun);
  return f;
}

// The scales of the rows of C that the lane holds; and as they come from memory.
struct RowScales {
  Scales of[Int8Tile::kCRows];
};
struct RawRowScales {
  RawScales of[Int8Tile::kCRows];
};

template <Format kF>
FORGE_DEVICE RawRowScales load_raw_row_scales(const Planes& planes, uint32_t n_blocks,
                                              uint32_t tile, uint32_t block) {
  RawRowScales s;
  for (int i = 0; i < Int8Tile::kCRows; ++i)
    s.of[i] = load_raw_scales<kF>(planes, n_blocks, tile, block, Int8Tile::c_row(i));
  return s;
}

template <Format kF>
FORGE_DEVICE RowScales row_scales_of(const RawRowScales& raw) {
  RowScales s;
  for (int i = 0; i < Int8Tile::kCRows; ++i) s.of[i] = scales_of<kF>(raw.of[i]);
  return s;
}

// Sums of products start from these bits: as a float they are 1.5 * 2^23 and the sum (below 2^22)
// in its last places. So the sum times d comes with one multiply-add, (bits as a float) * d - 1.5 *
// 2^23 d, rounded once: d has two bits less than a float (rows.hpp: block_scale), so that the
// subtrahend is exact.
inline constexpr int32_t kMagic = 0x4b400000;
inline constexpr float kMagicFloat = 12582912.0f;

// acc += one block's product of weights and x: words b0 and b1 of the lane's column of B, and its
// columns' inputs.
template <Format kF>
FORGE_DEVICE void multiply_block(float (&acc)[Int8Tile::kElements], const WeightFragment& w,
                                 const RowScales& s, const uint32_t (&b0)[Int8Tile::kRun],
                                 const uint32_t (&b1)[Int8Tile::kRun],
                                 const BlockInput (&x)[Int8Tile::kCColumns],
                                 const Int8Tile::Start& magic) {
  constexpr int kColumns = Int8Tile::kCColumns;
  int32_t sum0[Int8Tile::kElements], sum1[Int8Tile::kElements] = {};
  if constexpr (kF.group == 16) {
    Int8Tile::multiply<kF.is_signed()>(sum0, w.half0, b0, magic);
    Int8Tile::multiply<kF.is_signed()>(sum1, w.half1, b1, magic);
  } else {
    Int8Tile::multiply2<kF.is_signed()>(sum0, w.half0, w.half1, b0, b1, magic);
  }
  for (int e = 0; e < Int8Tile::kElements; ++e) {
    const BlockInput& input = x[e % kColumns];
    const auto times_d = [&](int32_t sum) {
      return fma_of(float_of_bits(static_cast<uint32_t>(sum)), input.d, -kMagicFloat * input.d);
    };
    acc[e] = accumulate<kF>(acc[e], s.of[e / kColumns], times_d(sum0[e]),
                            kF.group == 16 ? times_d(sum1[e]) : 0.0f, input);
  }
}

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_MATMUL_HPP_
