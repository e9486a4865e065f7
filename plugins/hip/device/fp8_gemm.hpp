// plugins/hip/device/fp8_gemm.hpp: products with quantized weights for many rows in E4M3.
//
// As half_gemm.hpp, with half of the bytes, and matrix units that are twice as fast: weights become
// E4M3 on their way into LDS, rows of x before ("fp8_rows"). What is lost is the rounding of both
// to 4 bits, and the same bits as for few rows. E4M3 spans 18 powers of two: the largest weight of
// a matrix and the largest element of a row of x are brought next to its largest number.
#ifndef FORGE_PLUGINS_HIP_DEVICE_FP8_GEMM_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_FP8_GEMM_HPP_

#include "plugins/hip/device/float_sums.hpp"

#if FORGE_FP8_ROWS

namespace forge::hip::device {

// The largest number is 448; a rounding on the way must not lead beyond it.
inline constexpr float kFp8Largest = 447.0f;

// ---------------------------------------------------------------- rows of x

FORGE_DEVICE float workgroup_max(float v, float* buffer) {
  v = wave_max(v);
  if (lane() == 0) buffer[wave()] = v;
  barrier();
  for (uint32_t i = 0; i < kThreads / kWave; ++i) v = max_of(v, buffer[i]);
  return v;
}

FORGE_DEVICE void fp8_rows(const Fp8RowsArgs& a) {
  FORGE_LDS(float, buffer, kThreads / kWave);
  constexpr uint32_t kRun = 16;  // elements of a thread at a time
  const uint64_t row = block_x();
  const int8_t* q = a.x.q + row * a.x.k;
  const BlockMeta* meta = a.x.meta + row * (a.x.k / kBlock);
  uint8_t* to = a.to.q + row * a.x.k;
  float* unit_of = a.to.unit + row;
  float largest = 0;
  for (uint32_t b = thread(); b < a.x.k / kBlock; b += kThreads)
    largest = max_of(largest, meta[b].d);
  const float unit = workgroup_max(largest, buffer) * (127.0f / kFp8Largest);
  const float inverse = unit > 0 ? 1.0f / unit : 0.0f;
  for (uint32_t at = thread() * kRun; at < a.x.k; at += kThreads * kRun) {
    uint32_t words[kRun / 4];
    load_words<kRun / 4>(words, q + at);
    const float d = meta[at / kBlock].d * inverse;
    Words4 out;
    for (uint32_t i = 0; i < kRun / 4; ++i)
      out.v[i] = fp8_of_bytes(words[i] ^ 0x80808080u, d, -128.0f * d);
    *reinterpret_cast<Words4*>(to + at) = out;
  }
  if (thread() == 0) *unit_of = unit;
}

// ---------------------------------------------------------------- the product

inline constexpr uint32_t kFp8Rows = FORGE_FP8_ROWS;
typedef FloatSums<kFp8Rows> Fp8Sums;

// Rows of 64 bytes, Fp8Stage::kStride apart, which spreads 16-byte reads of 8 rows over all banks.
struct Fp8Stage {
  static constexpr uint32_t kBlocks = 2;  // of k
  static constexpr uint32_t kStride = kBlocks * kBlock + 16;
  static constexpr uint32_t kRowWords = kStride / 16;
  Words4 x[kFp8Rows * kRowWords];
  Words4 weights[kGemmTiles * kTileRows * kRowWords];
};

// What a thread brings of a stage: of x 16 elements of kXRows rows, of weights a block of a row.
struct Fp8Fetch {
  static constexpr uint32_t kXRows = kFp8Rows * 4 / kThreads;
  uint32_t x[kXRows][4];
  RawCodes<4> codes;
  RawScales scales;
};

template <Format kF>
FORGE_DEVICE void fetch_fp8(const MatmulArgs& a, const Planes& planes, uint32_t tile,
                            uint32_t first, uint32_t s, Fp8Fetch& f) {
  const uint32_t n_blocks = a.x.k / kBlock;
  const uint32_t x_block = smaller(s * Fp8Stage::kBlocks + thread() % 4 / 2, n_blocks - 1);
  FORGE_UNROLL_ALL
  for (uint32_t i = 0; i < Fp8Fetch::kXRows; ++i) {
    const uint32_t row = smaller(first + i * (kThreads / 4) + thread() / 4, a.n_rows - 1);
    load_words<4>(f.x[i], a.x_fp8.q + uint64_t{row} * a.x.k + x_block * kBlock + thread() % 2 * 16);
  }
  const uint32_t block = smaller(s * Fp8Stage::kBlocks + lane() / kTileRows, n_blocks - 1);
  f.codes = load_codes<kF, 4>(planes, n_blocks, tile, block, lane() % kTileRows, 0);
  f.scales = load_raw_scales<kF>(planes, n_blocks, tile, block, lane() % kTileRows);
}

// `factor`: what weights are multiplied by to fit; 0 for those that do not count.
template <Format kF>
FORGE_DEVICE void store_fp8(const Fp8Fetch& f, float factor, Fp8Stage& stage) {
  static_assert(kWave == Fp8Stage::kBlocks * kTileRows);
  constexpr float kCode = 1.0f / static_cast<float>(1u << kF.shift());
  FORGE_UNROLL_ALL
  for (uint32_t i = 0; i < Fp8Fetch::kXRows; ++i)
    stage.x[(i * (kThreads / 4) + thread() / 4) * Fp8Stage::kRowWords + thread() % 4] = {
        {f.x[i][0], f.x[i][1], f.x[i][2], f.x[i][3]}};
  const Scales s = scales_of<kF>(f.scales);
  uint32_t bytes[2][4];
  unpack<kF, 4>(f.codes, 0, bytes[0], bytes[1]);
  const uint32_t row = wave() * kTileRows + lane() % kTileRows, block = lane() / kTileRows;
  FORGE_UNROLL_ALL
  for (uint32_t half = 0; half < 2; ++half) {
    const bool second = kF.group == 16 && half == 1;
    const float d = (second ? s.d1 : s.d0) * (kCode * factor);
    float m = kF.has_min() ? (second ? s.m1 : s.m0) * factor : 0.0f;
    if constexpr (kF.is_signed()) m -= 128.0f * d;  // bytes are moved to 0 .. 255
    Words4 w;
    FORGE_UNROLL_ALL
    for (uint32_t i = 0; i < 4; ++i)
      w.v[i] = fp8_of_bytes(bytes[half][i] ^ (kF.is_signed() ? 0x80808080u : 0u), d, m);
    stage.weights[row * Fp8Stage::kRowWords + 2 * block + half] = w;
  }
}

FORGE_DEVICE void multiply_fp8_stage(const Fp8Stage& stage, uint32_t block, Fp8Sums& sums) {
  constexpr uint32_t kStride = Fp8Stage::kStride;
  const uint8_t* weights = reinterpret_cast<const uint8_t*>(stage.weights) + block * kBlock;
  const uint8_t* x =
      reinterpret_cast<const uint8_t*>(stage.x) + block * kBlock + Fp8Sums::first_row() * kStride;
  WeightFragment w[Fp8Sums::kWeightTiles];
  FORGE_UNROLL_ALL
  for (uint32_t i = 0; i < Fp8Sums::kWeightTiles; ++i)
    Int8Tile::load_a(w[i].half0, w[i].half1,
                     weights + (Fp8Sums::first_tile() + i) * kTileRows * kStride, kStride);
  FORGE_UNROLL_ALL
  for (uint32_t pair = 0; pair < Fp8Sums::kTiles; pair += 2) {
    uint32_t b0[2][Int8Tile::kRun], b1[2][Int8Tile::kRun];
    Int8Tile::load_two(b0, b1, x + pair * Int8Tile::kColumns * kStride, kStride);
    FORGE_UNROLL_ALL
    for (uint32_t j = 0; j < 2; ++j) {
      FORGE_UNROLL_ALL
      for (uint32_t i = 0; i < Fp8Sums::kWeightTiles; ++i)
        Fp8Tile::multiply2(sums.of[i][pair + j], w[i].half0, w[i].half1, b0[j], b1[j]);
    }
  }
}

template <Format kF>
FORGE_DEVICE void fp8_gemm_of(const MatmulArgs& a, Fp8Stage* stage) {
  const uint32_t n_blocks = a.x.k / kBlock;
  const uint32_t n_stages = (n_blocks + Fp8Stage::kBlocks - 1) / Fp8Stage::kBlocks;
  // The tile whose weights the wave brings; behind the last one, that again.
  const uint32_t all_tile = smaller(block_x() * kGemmTiles + wave(), a.n_tiles - 1);
  const MatmulPart& part = part_of(a.part, a.n_parts, all_tile);
  const Planes planes = part.weight;
  const float factor = 1.0f / planes.fp8_unit;
  const float* x_unit = a.x_fp8.unit;
  const uint32_t tile = all_tile - part.first_tile;
  const uint32_t first = block_y() * kFp8Rows;
  const uint32_t my_block = lane() / kTileRows;  // of a stage, whose weights the thread brings

  Fp8Sums sums = {};
  Fp8Fetch next;
  fetch_fp8<kF>(a, planes, tile, first, 0, next);
  store_fp8<kF>(next, my_block < n_blocks ? factor : 0.0f, stage[0]);
  barrier();
  for (uint32_t s = 0; s < n_stages; ++s) {
    const bool more = s + 1 < n_stages;
    if (more) fetch_fp8<kF>(a, planes, tile, first, s + 1, next);
    FORGE_UNROLL_ALL
    for (uint32_t block = 0; block < Fp8Stage::kBlocks; ++block)
      multiply_fp8_stage(stage[s % 2], block, sums);
    if (more)
      store_fp8<kF>(next, (s + 1) * Fp8Stage::kBlocks + my_block < n_blocks ? factor : 0.0f,
                    stage[(s + 1) % 2]);
    barrier();
  }
  finish_sums(a, sums,
              [&](const MatmulPart& p, uint32_t row) { return p.weight.fp8_unit * x_unit[row]; });
}

template <Format kF>
FORGE_DEVICE void fp8_gemm(const MatmulArgs& a) {
  FORGE_LDS(Fp8Stage, stage, 2);
  fp8_gemm_of<kF>(a, stage);
}

// Parts of two formats.
template <Format kF, Format kG>
FORGE_DEVICE void fp8_gemm_pair(const MatmulArgs& a) {
  FORGE_LDS(Fp8Stage, stage, 2);
  if (part_of(a.part, a.n_parts, smaller(block_x() * kGemmTiles, a.n_tiles - 1)).second != 0)
    fp8_gemm_of<kG>(a, stage);
  else
    fp8_gemm_of<kF>(a, stage);
}

}  // namespace forge::hip::device

#endif  // FORGE_FP8_ROWS

#endif  // FORGE_PLUGINS_HIP_DEVICE_FP8_GEMM_HPP_
