// plugins/hip/device/half_gemm.hpp: products with quantized weights for many rows in f16.
//
// Weights and x become halves on their way into LDS, so that nothing but sums of products is left
// to do: the tiles of gemm.hpp spend most of their time on the scales of integer sums. What is lost
// is the rounding of both to 11 bits, and the same bits as for few rows.
#ifndef FORGE_PLUGINS_HIP_DEVICE_HALF_GEMM_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_HALF_GEMM_HPP_

#include "plugins/hip/device/float_sums.hpp"
#include "plugins/hip/device/halves.hpp"

namespace forge::hip::device {

// Weights are 2^6 times too large as halves, so that those of a millionth are no subnormals; sums
// take it back.
inline constexpr float kHalfScale = 64.0f;

// The elements of a block of one row, word i in to[i / 4].v[i % 4].
template <Format kF>
FORGE_DEVICE void halves_of_weights(const RawCodes<4>& codes, const Scales& s, Words4 (&to)[4]) {
  constexpr float kCode = kHalfScale / static_cast<float>(1u << kF.shift());
  uint32_t bytes[2][4];
  unpack<kF, 4>(codes, 0, bytes[0], bytes[1]);
  FORGE_UNROLL_ALL
  for (uint32_t half = 0; half < 2; ++half) {
    const bool second = kF.group == 16 && half == 1;
    const uint32_t d = twice(half_of_float((second ? s.d1 : s.d0) * kCode));
    const uint32_t m = twice(half_of_float((second ? s.m1 : s.m0) * kHalfScale));
    FORGE_UNROLL_ALL
    for (uint32_t i = 0; i < 4; ++i) {
      uint32_t pair[2];
      halves_of<kF.is_signed()>(bytes[half][i], pair);
      FORGE_UNROLL_ALL
      for (uint32_t j = 0; j < 2; ++j)
        to[2 * half + i / 2].v[i % 2 * 2 + j] =
            kF.has_min() ? fma_halves(pair[j], d, m) : multiply_halves(pair[j], d);
    }
  }
}

// 16 elements of x. Of their scale a half would lose bits where it is small, so it is multiplied in
// as a number from 2^-6 to 2^-5 and a power of two, which keeps what is a multiple of 2^-23. The
// largest half is 65504 = 127 * 515.8.
FORGE_DEVICE void halves_of_x(const uint32_t (&quants)[4], float d, Words4 (&to)[2]) {
  const uint32_t bits = bits_of_float(d < 515.7f ? d : 515.7f);
  const float power_of_two = float_of_bits(bits & 0x7f800000u);
  const uint32_t power = twice(half_of_float(power_of_two * 64.0f));
  const uint32_t factor = twice(half_of_float(float_of_bits((bits & 0x007fffffu) | 0x3c800000u)));
  FORGE_UNROLL_ALL
  for (uint32_t i = 0; i < 4; ++i) {
    uint32_t pair[2];
    halves_of<true>(quants[i], pair);
    FORGE_UNROLL_ALL
    for (uint32_t j = 0; j < 2; ++j)
      to[i / 2].v[i % 2 * 2 + j] = multiply_halves(multiply_halves(pair[j], factor), power);
  }
}

// ---------------------------------------------------------------- the product

typedef FloatSums<kGemmRows> HalfSums;

// Rows of 32 elements (64 bytes) in chunks of 16 bytes. Where a chunk lies depends on row and
// block, so that a quarter of a wave never meets in a bank of LDS: neither 8 rows' chunk c, nor two
// rows' chunks, nor both blocks' of two rows.
struct HalfStage {
  static constexpr uint32_t kBlocks = 2;  // of k
  typedef Words4 Row[4];
  Row x[kBlocks][kGemmRows];
  Row weights[kBlocks][kGemmTiles * kTileRows];

  static FORGE_METHOD uint32_t place(uint32_t block, uint32_t row, uint32_t chunk) {
    return chunk ^ (row >> 1 & 3) ^ block;
  }
};

// What a thread brings of a stage: of x 16 elements, of weights a block of a row.
struct HalfFetch {
  uint32_t x[4];
  float x_d;
  RawCodes<4> codes;
  RawScales scales;
};

template <Format kF>
FORGE_DEVICE void fetch_halves(const MatmulArgs& a, const Planes& planes, uint32_t tile,
                               uint32_t first, uint32_t s, HalfFetch& f) {
  const uint32_t n_blocks = a.x.k / kBlock;
  const uint32_t row = smaller(first + thread() / 4, a.n_rows - 1);
  const uint32_t x_block = smaller(s * HalfStage::kBlocks + thread() % 4 / 2, n_blocks - 1);
  load_words<4>(f.x, a.x.q + uint64_t{row} * a.x.k + x_block * kBlock + thread() % 2 * 16);
  f.x_d = a.x.meta[uint64_t{row} * n_blocks + x_block].d;
  const uint32_t block = smaller(s * HalfStage::kBlocks + lane() / kTileRows, n_blocks - 1);
  f.codes = load_codes<kF, 4>(planes, n_blocks, tile, block, lane() % kTileRows, 0);
  f.scales = load_raw_scales<kF>(planes, n_blocks, tile, block, lane() % kTileRows);
}

template <Format kF>
FORGE_DEVICE void store_halves(const HalfFetch& f, bool weights_count, HalfStage& stage) {
  static_assert(kThreads == 4 * kGemmRows && kWave == HalfStage::kBlocks * kTileRows);
  const uint32_t x_row = thread() / 4, x_block = thread() % 4 / 2;
  Words4 x[2];
  halves_of_x(f.x, f.x_d, x);
  FORGE_UNROLL_ALL
  for (uint32_t i = 0; i < 2; ++i)
    stage.x[x_block][x_row][HalfStage::place(x_block, x_row, thread() % 2 * 2 + i)] = x[i];
  const uint32_t row = wave() * kTileRows + lane() % kTileRows, block = lane() / kTileRows;
  Words4 w[4];
  halves_of_weights<kF>(f.codes, weights_count ? scales_of<kF>(f.scales) : Scales{}, w);
  FORGE_UNROLL_ALL
  for (uint32_t i = 0; i < 4; ++i)
    stage.weights[block][row][HalfStage::place(block, row, i)] = w[i];
}

// The lane's words of a block of a row, of both steps of 16 elements: neighbours in memory, as the
// order of k is the same in A and B whatever it is.
FORGE_DEVICE void load_halves(uint32_t (&to)[2 * HalfTile::kRun], const HalfStage::Row* rows,
                              uint32_t block, uint32_t row) {
  FORGE_UNROLL_ALL
  for (uint32_t i = 0; i < 2 * HalfTile::kRun / 4; ++i) {
    const Words4 w = rows[row][HalfStage::place(block, row, HalfTile::first() / 2 + i)];
    for (uint32_t j = 0; j < 4; ++j) to[4 * i + j] = w.v[j];
  }
}

FORGE_DEVICE void multiply_halves_stage(const HalfStage& stage, uint32_t block, HalfSums& sums) {
  constexpr int kRun = HalfTile::kRun;
  uint32_t a[HalfSums::kWeightTiles][2][HalfTile::kARows * kRun];  // by tile and step
  FORGE_UNROLL_ALL
  for (uint32_t i = 0; i < HalfSums::kWeightTiles; ++i) {
    FORGE_UNROLL_ALL
    for (int r = 0; r < HalfTile::kARows; ++r) {
      uint32_t words[2 * kRun];
      load_halves(words, stage.weights[block], block,
                  (HalfSums::first_tile() + i) * kTileRows + HalfTile::a_row(r));
      for (int j = 0; j < 2 * kRun; ++j) a[i][j / kRun][r * kRun + j % kRun] = words[j];
    }
  }
  FORGE_UNROLL_ALL
  for (uint32_t t = 0; t < HalfSums::kTiles; ++t) {
    uint32_t words[2 * kRun];
    load_halves(words, stage.x[block], block,
                HalfSums::first_row() + t * HalfTile::kColumns + HalfTile::b_column());
    FORGE_UNROLL_ALL
    for (int step = 0; step < 2; ++step) {
      uint32_t b[kRun];
      for (int j = 0; j < kRun; ++j) b[j] = words[step * kRun + j];
      FORGE_UNROLL_ALL
      for (uint32_t i = 0; i < HalfSums::kWeightTiles; ++i)
        HalfTile::multiply(sums.of[i][t], a[i][step], b);
    }
  }
}

template <Format kF>
FORGE_DEVICE void half_gemm_of(const MatmulArgs& a, HalfStage* stage) {
  const uint32_t n_blocks = a.x.k / kBlock;
  const uint32_t n_stages = (n_blocks + HalfStage::kBlocks - 1) / HalfStage::kBlocks;
  // The tile whose weights the wave brings; behind the last one, that again.
  const uint32_t all_tile = smaller(block_x() * kGemmTiles + wave(), a.n_tiles - 1);
  const MatmulPart& part = part_of(a.part, a.n_parts, all_tile);
  const Planes planes = part.weight;
  const uint32_t tile = all_tile - part.first_tile;
  const uint32_t first = block_y() * kGemmRows;
  const uint32_t my_block = lane() / kTileRows;  // of a stage, whose weights the thread brings

  HalfSums sums = {};
  HalfFetch next;
  fetch_halves<kF>(a, planes, tile, first, 0, next);
  store_halves<kF>(next, my_block < n_blocks, stage[0]);
  barrier();
  for (uint32_t s = 0; s < n_stages; ++s) {
    if (s + 1 < n_stages) fetch_halves<kF>(a, planes, tile, first, s + 1, next);
    FORGE_UNROLL_ALL
    for (uint32_t block = 0; block < HalfStage::kBlocks; ++block)
      multiply_halves_stage(stage[s % 2], block, sums);
    if (s + 1 < n_stages)
      store_halves<kF>(next, (s + 1) * HalfStage::kBlocks + my_block < n_blocks,
                       stage[(s + 1) % 2]);
    barrier();
  }
  finish_sums(a, sums, [](const MatmulPart&, uint32_t) { return 1.0f / kHalfScale; });
}

template <Format kF>
FORGE_DEVICE void half_gemm(const MatmulArgs& a) {
  FORGE_LDS(HalfStage, stage, 2);
  half_gemm_of<kF>(a, stage);
}

// Parts of two formats.
template <Format kF, Format kG>
FORGE_DEVICE void half_gemm_pair(const MatmulArgs& a) {
  FORGE_LDS(HalfStage, stage, 2);
  if (part_of(a.part, a.n_parts, smaller(block_x() * kGemmTiles, a.n_tiles - 1)).second != 0)
    half_gemm_of<kG>(a, stage);
  else
    half_gemm_of<kF>(a, stage);
}

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_HALF_GEMM_HPP_
