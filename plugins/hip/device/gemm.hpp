// plugins/hip/device/gemm.hpp: products with quantized weights for many rows, on matrix cores.
#ifndef FORGE_PLUGINS_HIP_DEVICE_GEMM_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_GEMM_HPP_

#include "plugins/hip/device/matmul.hpp"

namespace forge::hip::device {

inline constexpr uint32_t kStageBlocks = 2;  // blocks that are staged at a time

// Weights and x of one stage in LDS: bytes of a row lie kStride apart, which spreads 16-byte reads
// of 8 rows over all banks.
struct Stage {
  static constexpr uint32_t kStride = kStageBlocks * kBlock + 16;
  static constexpr uint32_t kRowWords = kStride / 16;
};

// BlockInput as words, so that a lane's columns come with one load; what a format has no use for is
// not there.
template <Format kF>
struct PackedInput {
  static constexpr uint32_t kWords = !kF.has_min() ? 1 : kF.group == 32 ? 2 : 4;
  uint32_t word[kWords];
};

template <Format kF>
FORGE_DEVICE PackedInput<kF> pack_input(const BlockMeta& meta) {
  const BlockInput x = input_of<kF>(meta);
  PackedInput<kF> p = {};
  p.word[0] = bits_of_float(x.d);
  if constexpr (kF.has_min()) p.word[1] = bits_of_float(x.sum0);
  if constexpr (kF.has_min() && kF.group == 16) p.word[2] = bits_of_float(x.sum1);
  return p;
}

template <Format kF>
FORGE_DEVICE BlockInput unpack_input(const uint32_t* p) {
  BlockInput x = {float_of_bits(p[0]), 0, 0};
  if constexpr (kF.has_min()) x.sum0 = float_of_bits(p[1]);
  if constexpr (kF.has_min() && kF.group == 16) x.sum1 = float_of_bits(p[2]);
  return x;
}

// Scales, likewise.
template <Format kF>
struct PackedScales {
  static constexpr uint32_t kWords = (kF.has_min() ? 2 : 1) * (kF.group == 16 ? 2 : 1);
  uint32_t word[kWords];
};

template <Format kF>
FORGE_DEVICE PackedScales<kF> pack_scales(const Scales& s) {
  PackedScales<kF> p = {};
  uint32_t n = 0;
  p.word[n++] = bits_of_float(s.d0);
  if constexpr (kF.group == 16) p.word[n++] = bits_of_float(s.d1);
  if constexpr (kF.has_min()) p.word[n++] = bits_of_float(s.m0);
  if constexpr (kF.has_min() && kF.group == 16) p.word[n++] = bits_of_float(s.m1);
  return p;
}

template <Format kF>
FORGE_DEVICE Scales unpack_scales(const uint32_t* p) {
  Scales s = {};
  s.d0 = float_of_bits(*p++);
  if constexpr (kF.group == 16) s.d1 = float_of_bits(*p++);
  if constexpr (kF.has_min()) s.m0 = float_of_bits(*p++);
  if constexpr (kF.has_min() && kF.group == 16) s.m1 = float_of_bits(*p++);
  return s;
}

// The scales of the rows of C that the lane holds, from those of a tile's rows.
template <Format kF>
FORGE_DEVICE RowScales staged_scales(const PackedScales<kF>* rows) {
  constexpr int kWords = PackedScales<kF>::kWords;
  RowScales s;
  if constexpr (Int8Tile::kCRows == 8) {  // they lie side by side
    uint32_t words[8 * kWords];
    load_words<8 * kWords>(words, rows + Int8Tile::c_row(0));
    for (int i = 0; i < 8; ++i) s.of[i] = unpack_scales<kF>(words + i * kWords);
  } else {
    for (int i = 0; i < Int8Tile::kCRows; ++i) {
      uint32_t words[kWords];
      load_words<kWords>(words, rows + Int8Tile::c_row(i));
      s.of[i] = unpack_scales<kF>(words);
    }
  }
  return s;
}

// A workgroup makes 128 outputs for kRowCount rows; each wave has one tile of weights, all share
// the rows of x. Both come through LDS, a stage ahead: the memory is far away. Blocks beyond the
// end have scales of zero.
template <Format kF, uint32_t kRowCount>
struct GemmStage {
  static constexpr uint32_t kRows = kRowCount;
  static constexpr uint32_t kWeights = kGemmTiles * kTileRows;
  Words4 x[kRows * Stage::kRowWords];
  Words4 weights[kWeights * Stage::kRowWords];
  // Blocks begin 16 banks apart, as a row's inputs are stored by neighbouring lanes.
  static constexpr uint32_t kPad = 16 / PackedInput<kF>::kWords;
  alignas(16) PackedInput<kF> inputs[kStageBlocks][kRows + kPad];
  alignas(16) PackedScales<kF> scales[kStageBlocks][kGemmTiles][kTileRows];
};

// What a thread brings of a stage: of x 16 bytes (where there are so many), of weights a block of a
// row, and the scales of both.
template <Format kF>
struct GemmFetch {
  uint32_t x[4];
  BlockMeta meta;
  RawCodes<4> codes;
  RawScales scales;
};

template <Format kF, uint32_t kRows>
FORGE_DEVICE void fetch_stage(const MatmulArgs& a, const Planes& planes, uint32_t tile,
                              uint32_t first, uint32_t s, GemmFetch<kF>& f) {
  const uint32_t n_blocks = a.x.k / kBlock;
  const uint32_t x_row = smaller(first + thread() / 4, a.n_rows - 1);
  const uint32_t x_block = smaller(s * kStageBlocks + thread() % 4 / 2, n_blocks - 1);
  if (kRows == kGemmRows || thread() < 4 * kRows)
    load_words<4>(f.x, a.x.q + uint64_t{x_row} * a.x.k + x_block * kBlock + thread() % 2 * 16);
  const uint32_t meta_row = smaller(first + thread() / kStageBlocks % kRows, a.n_rows - 1);
  const uint32_t meta_block = smaller(s * kStageBlocks + thread() % kStageBlocks, n_blocks - 1);
  f.meta = a.x.meta[uint64_t{meta_row} * n_blocks + meta_block];
  const uint32_t block = s * kStageBlocks + lane() / kTileRows;
  const uint32_t near = smaller(block, n_blocks - 1);
  f.codes = load_codes<kF, 4>(planes, n_blocks, tile, near, lane() % kTileRows, 0);
  f.scales = load_raw_scales<kF>(planes, n_blocks, tile, near, lane() % kTileRows);
}

template <Format kF, uint32_t kRows>
FORGE_DEVICE void store_stage(const GemmFetch<kF>& f, bool weights_count,
                              GemmStage<kF, kRows>& stage) {
  static_assert(kThreads == 4 * kGemmRows && kWave == kStageBlocks * kTileRows);
  if (kRows == kGemmRows || thread() < 4 * kRows)
    stage.x[thread() / 4 * Stage::kRowWords + thread() % 4] = {{f.x[0], f.x[1], f.x[2], f.x[3]}};
  if (thread() < kRows * kStageBlocks)
    stage.inputs[thread() % kStageBlocks][thread() / kStageBlocks] = pack_input<kF>(f.meta);
  uint32_t half0[4], half1[4];
  unpack<kF, 4>(f.codes, 0, half0, half1);
  const uint32_t row = lane() % kTileRows, block = lane() / kTileRows;
  Words4* to = stage.weights + (wave() * kTileRows + row) * Stage::kRowWords + 2 * block;
  to[0] = {{half0[0], half0[1], half0[2], half0[3]}};
  to[1] = {{half1[0], half1[1], half1[2], half1[3]}};
  stage.scales[block][wave()][row] =
      pack_scales<kF>(weights_count ? scales_of<kF>(f.scales) : Scales{});
}

template <Format kF, uint32_t kRows>
FORGE_DEVICE void multiply_stage(const GemmStage<kF, kRows>& stage, uint32_t block,
                                 const Int8Tile::Start& magic,
                                 float (&acc)[kRows / Int8Tile::kColumns][Int8Tile::kElements]) {
  constexpr uint32_t kTiles = kRows / Int8Tile::kColumns;
  constexpr uint32_t kWords = PackedInput<kF>::kWords;
  WeightFragment w;
  Int8Tile::load_a(w.half0, w.half1,
                   reinterpret_cast<const uint8_t*>(stage.weights) +
                       wave() * kTileRows * Stage::kStride + block * kBlock,
                   Stage::kStride);
  const RowScales scales = staged_scales<kF>(stage.scales[block][wave()]);
  const uint8_t* x = reinterpret_cast<const uint8_t*>(stage.x) + block * kBlock;
  FORGE_UNROLL_ALL
  for (uint32_t pair = 0; pair < kTiles; pair += 2) {
    uint32_t b0[2][Int8Tile::kRun], b1[2][Int8Tile::kRun];
    Int8Tile::load_two(b0, b1, x + pair * Int8Tile::kColumns * Stage::kStride, Stage::kStride);
    FORGE_UNROLL_ALL
    for (uint32_t j = 0; j < 2; ++j) {
      const uint32_t t = pair + j;
      uint32_t words[Int8Tile::kCColumns * kWords];  // columns lie side by side
      load_words<Int8Tile::kCColumns* static_cast<int>(kWords)>(
          words, &stage.inputs[block][t * Int8Tile::kColumns + Int8Tile::c_column(0)]);
      BlockInput input[Int8Tile::kCColumns];
      for (uint32_t c = 0; c < Int8Tile::kCColumns; ++c)
        input[c] = unpack_input<kF>(words + c * kWords);
      multiply_block<kF>(acc[t], w, scales, b0[j], b1[j], input, magic);
      schedule_here();
    }
  }
}

template <Format kF, uint32_t kRows>
FORGE_DEVICE void gemm_of(const MatmulArgs& a, GemmStage<kF, kRows>* stage) {
  constexpr int kTiles = kRows / Int8Tile::kColumns;
  const uint32_t n_blocks = a.x.k / kBlock;
  const uint32_t n_stages = (n_blocks + kStageBlocks - 1) / kStageBlocks;
  const uint32_t per = segment_blocks(n_blocks);
  const uint32_t all_tile = block_x() * kGemmTiles + wave();
  const bool busy = all_tile < a.n_tiles;
  const MatmulPart& part = part_of(a.part, a.n_parts, busy ? all_tile : a.n_tiles - 1);
  const Planes planes = part.weight;
  const uint32_t tile = (busy ? all_tile : a.n_tiles - 1) - part.first_tile;
  const uint32_t first = block_y() * kRows;
  const uint32_t my_block = lane() / kTileRows;  // of a stage, whose weights the thread brings

  float acc[kTiles][Int8Tile::kElements] = {};
  float total[kTiles][Int8Tile::kElements] = {};
  const Int8Tile::Start magic = Int8Tile::start_from(kMagic);
  GemmFetch<kF> next;
  fetch_stage<kF, kRows>(a, planes, tile, first, 0, next);
  store_stage<kF, kRows>(next, my_block < n_blocks, stage[0]);
  barrier();
  uint32_t left = per;  // blocks to the end of the segment
  for (uint32_t s = 0; s < n_stages; ++s) {
    if (s + 1 < n_stages) fetch_stage<kF, kRows>(a, planes, tile, first, s + 1, next);
    FORGE_UNROLL_ALL
    for (uint32_t i = 0; i < kStageBlocks; ++i) {
      multiply_stage<kF, kRows>(stage[s % 2], i, magic, acc);
      if (--left != 0 && s * kStageBlocks + i + 1 != n_blocks) continue;
      left = per;
      FORGE_UNROLL_ALL
      for (int t = 0; t < kTiles; ++t) {
        for (int e = 0; e < Int8Tile::kElements; ++e) {
          total[t][e] += acc[t][e];
          acc[t][e] = 0;
        }
      }
    }
    if (s + 1 < n_stages)
      store_stage<kF, kRows>(next, (s + 1) * kStageBlocks + my_block < n_blocks,
                             stage[(s + 1) % 2]);
    barrier();
  }
  if (!busy) return;
  FORGE_UNROLL_ALL
  for (int t = 0; t < kTiles; ++t) {
    FORGE_UNROLL_ALL
    for (int e = 0; e < Int8Tile::kElements; ++e) {
      const uint32_t row = first + static_cast<uint32_t>(t) * Int8Tile::kColumns +
                           Int8Tile::c_column(e % Int8Tile::kCColumns);
      if (row >= a.n_rows) continue;
      finish<false>(part, a.activation, row,
                    tile * kTileRows + Int8Tile::c_row(e / Int8Tile::kCColumns), total[t][e], 0);
    }
  }
}

template <Format kF, uint32_t kRows>
FORGE_DEVICE void gemm(const MatmulArgs& a) {
  typedef GemmStage<kF, kRows> Each;
  FORGE_LDS(Each, stage, 2);
  gemm_of<kF, kRows>(a, stage);
}

// Parts of two formats.
template <Format kF, Format kG, uint32_t kRows>
FORGE_DEVICE void gemm_pair(const MatmulArgs& a) {
  union Stages {
    GemmStage<kF, kRows> first[2];
    GemmStage<kG, kRows> second[2];
  };
  FORGE_LDS(Stages, stages, 1);
  if (part_of(a.part, a.n_parts, smaller(block_x() * kGemmTiles, a.n_tiles - 1)).second != 0)
    gemm_of<kG, kRows>(a, stages[0].second);
  else
    gemm_of<kF, kRows>(a, stages[0].first);
}

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_GEMM_HPP_
