// plugins/hip/device/matmul.hpp: products with quantized weights.
//
// Three kernels for one, a few and many rows give the same bits. The order in which floats are
// added is fixed by the shape: k is cut into kSegments segments of ceil(blocks / kSegments) blocks;
// within a segment block after block is added (weights.hpp: accumulate), then the segments in
// order. Sums inside a block are integers, exact in any order.
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

// ---------------------------------------------------------------- one row

// One block of one row of weights on its way to a product.
template <Format kF>
struct RowBlock {
  RawCodes<4> raw;
  Scales scales;
};

template <Format kF>
FORGE_DEVICE RowBlock<kF> load_row_block(const Planes& planes, uint32_t n_blocks, uint32_t tile,
                                         uint32_t block, uint32_t row) {
  return {load_codes<kF, 4>(planes, n_blocks, tile, block, row, 0),
          load_scales<kF>(planes, n_blocks, tile, block, row)};
}

// acc + what the block adds.
template <Format kF>
FORGE_DEVICE float dot_block(float acc, const RowBlock<kF>& w, const uint32_t (&x)[8],
                             const BlockInput& input) {
  uint32_t half0[4], half1[4];
  unpack<kF, 4>(w.raw, 0, half0, half1);
  int32_t sum0 = input.start0;
  int32_t sum1 = kF.group == 16 ? input.start1 : 0;
  for (int i = 0; i < 4; ++i) {
    sum0 = dot4<kF.is_signed()>(half0[i], x[i], sum0);
    if constexpr (kF.group == 16)
      sum1 = dot4<kF.is_signed()>(half1[i], x[4 + i], sum1);
    else
      sum0 = dot4<kF.is_signed()>(half1[i], x[4 + i], sum0);
  }
  return accumulate<kF>(acc, w.scales, static_cast<float>(sum0), static_cast<float>(sum1), input);
}

// x of the one row for all waves of the workgroup, where it is normalised on the way.
struct NormedRow {
  Words4 q[kMaxNormed / 16];
  BlockMeta meta[kMaxNormed / kBlock];
  float sums[kThreads / kWave];
};

FORGE_DEVICE void make_normed(const MatmulArgs& a, NormedRow& row) {
  const Normal normal = normal_of_runs(a.normed.x, a.x.k, FORGE_NORM_RMS, a.normed.eps, row.sums);
  norm_quantize_row(a.normed.x, a.normed.weight, nullptr, a.x.k, normal, false, nullptr,
                    reinterpret_cast<int8_t*>(row.q), row.meta);
  barrier();
}

// A workgroup makes one tile of 16 outputs, with a gate two; each half of a wave walks one segment,
// a lane one row of each tile.
template <Format kF, bool kGated>
FORGE_DEVICE void gemv_of(const MatmulArgs& a, const int8_t* xq, const BlockMeta* xmeta) {
  constexpr uint32_t kTiles = kGated ? 2 : 1;
  FORGE_LDS(float, partial, (kGated ? 2 : 1) * kTiles * kThreads);
  const MatmulPart& part = part_of(a.part, a.n_parts, block_x() * kTiles);
  // Read before anything is written: where a pointer's memory lies is known of arguments alone.
  const Planes weight = part.weight, up_weight = part.up;
  const uint32_t first_tile = block_x() * kTiles - part.first_tile;
  const uint32_t last_tile = a.n_tiles - 1;
  const uint32_t n_blocks = a.x.k / kBlock;
  const uint32_t per = segment_blocks(n_blocks);
  const uint32_t segment = thread() / kTileRows;
  const uint32_t row = thread() % kTileRows;
  const uint32_t begin = smaller(segment * per, n_blocks);
  const uint32_t end = smaller(begin + per, n_blocks);
  // kAhead blocks are on their way while as many are multiplied: the memory is far away. Beyond the
  // end the last one is loaded again.
  constexpr uint32_t kAhead = kGated ? 1 : 4;
  struct Ahead {
    RowBlock<kF> w[kAhead][kTiles], up[kAhead][kGated ? kTiles : 1];
  };
  const auto load = [&](uint32_t first, Ahead& to) {
    FORGE_UNROLL_ALL
    for (uint32_t i = 0; i < kAhead; ++i) {
      const uint32_t block = smaller(first + i, end - 1);
      FORGE_UNROLL_ALL
      for (uint32_t t = 0; t < kTiles; ++t) {
        const uint32_t tile = kGated ? smaller(first_tile + t, last_tile) : first_tile;
        to.w[i][t] = load_row_block<kF>(weight, n_blocks, tile, block, row);
        if constexpr (kGated)
          to.up[i][t] = load_row_block<kF>(up_weight, n_blocks, tile, block, row);
      }
    }
  };
  float acc[kTiles] = {}, up[kTiles] = {};
  const auto multiply = [&](uint32_t first, const Ahead& from) {
    FORGE_UNROLL_ALL
    for (uint32_t i = 0; i < kAhead; ++i) {
      const uint32_t block = smaller(first + i, end - 1);
      const bool counts = first + i < end;
      uint32_t x[8];
      load_words<8>(x, xq + uint64_t{block} * kBlock);
      const BlockInput input = input_of<kF>(xmeta[block]);
      FORGE_UNROLL_ALL
      for (uint32_t t = 0; t < kTiles; ++t) {
        const float more = dot_block<kF>(acc[t], from.w[i][t], x, input);
        acc[t] = counts ? more : acc[t];
        if constexpr (kGated) {
          const float more_up = dot_block<kF>(up[t], from.up[i][t], x, input);
          up[t] = counts ? more_up : up[t];
        }
      }
    }
  };
  if (begin < end) {
    Ahead even, odd;
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
  for (uint32_t t = 0; t < kTiles; ++t) {
    partial[t * kThreads + thread()] = acc[t];
    if constexpr (kGated) partial[(kTiles + t) * kThreads + thread()] = up[t];
  }
  barrier();
  if (thread() >= kTiles * kTileRows) return;
  const float* sums = partial + thread() / kTileRows * kThreads + row;
  float sum = 0, sum_up = 0;
  for (uint32_t s = 0; s < kSegments; ++s) {
    sum += sums[s * kTileRows];
    if constexpr (kGated) sum_up += sums[kTiles * kThreads + s * kTileRows];
  }
  const uint32_t n = first_tile * kTileRows + thread();
  if constexpr (kGated) {
    if (a.to.q != nullptr) {  // 32 lanes have 32 neighbours: a block
      const float v =
          n < part.n_out ? output_of<true>(part, a.activation, 0, n, sum, sum_up) : 0.0f;
      const uint32_t block = n / kBlock;
      quantize_block(v, a.to.q + block * kBlock, a.to.meta + block);
      if (part.y.base != nullptr && n < part.n_out) part.y.base[n] = v;
      return;
    }
  }
  finish<kGated>(part, a.activation, 0, n, sum, sum_up);
}

template <Format kF, bool kGated, bool kNormed>
FORGE_DEVICE void gemv(const MatmulArgs& a) {
  if constexpr (kNormed) {
    FORGE_LDS(NormedRow, normed, 1);
    make_normed(a, normed[0]);
    gemv_of<kF, kGated>(a, reinterpret_cast<const int8_t*>(normed[0].q), normed[0].meta);
  } else {
    gemv_of<kF, kGated>(a, a.x.q, a.x.meta);
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

// The scales of the rows of C that the lane holds.
struct RowScales {
  Scales of[Int8Tile::kCRows];
};

template <Format kF>
FORGE_DEVICE RowScales load_row_scales(const Planes& planes, uint32_t n_blocks, uint32_t tile,
                                       uint32_t block) {
  RowScales s;
  for (int i = 0; i < Int8Tile::kCRows; ++i)
    s.of[i] = load_scales<kF>(planes, n_blocks, tile, block, Int8Tile::c_row(i));
  return s;
}

// Sums start from these bits: as a float they are 1.5 * 2^23 and the sum in its last places, so
// that one subtraction makes the sum (below 2^22) a float.
inline constexpr int32_t kMagic = 0x4b400000;
inline constexpr float kMagicFloat = 12582912.0f;

// acc += one block's product of weights and x: words b0 and b1 of the lane's column of B, and its
// columns' inputs.
template <Format kF>
FORGE_DEVICE void multiply_block(float (&acc)[Int8Tile::kElements], const WeightFragment& w,
                                 const RowScales& s, const uint32_t (&b0)[Int8Tile::kRun],
                                 const uint32_t (&b1)[Int8Tile::kRun],
                                 const BlockInput (&x)[Int8Tile::kCColumns]) {
  constexpr int kColumns = Int8Tile::kCColumns;
  int32_t start0[kColumns], start1[kColumns];
  for (int c = 0; c < kColumns; ++c) {
    start0[c] = kMagic + x[c].start0;
    start1[c] = kMagic + x[c].start1;
  }
  int32_t sum0[Int8Tile::kElements], sum1[Int8Tile::kElements];
  if constexpr (kF.group == 16) {
    Int8Tile::multiply<kF.is_signed()>(sum0, w.half0, b0, start0);
    Int8Tile::multiply<kF.is_signed()>(sum1, w.half1, b1, start1);
  } else {
    Int8Tile::multiply2<kF.is_signed()>(sum0, w.half0, w.half1, b0, b1, start0);
  }
  for (int e = 0; e < Int8Tile::kElements; ++e) {
    const float first = float_of_bits(static_cast<uint32_t>(sum0[e])) - kMagicFloat;
    const float second =
        kF.group == 16 ? float_of_bits(static_cast<uint32_t>(sum1[e])) - kMagicFloat : 0.0f;
    acc[e] = accumulate<kF>(acc[e], s.of[e / kColumns], first, second, x[e % kColumns]);
  }
}

// ---------------------------------------------------------------- a few rows

// A workgroup makes one tile of 16 outputs for kColumns rows; a wave walks two segments, one after
// the other.
template <Format kF, bool kGated>
FORGE_DEVICE void skinny(const MatmulArgs& a) {
  constexpr int kMatrices = kGated ? 2 : 1;
  constexpr uint32_t kColumns = Int8Tile::kColumns;
  constexpr uint32_t kTile = kTileRows * kColumns;
  FORGE_LDS(float, partial, kMatrices* kSegments* kTile);
  const MatmulPart& part = part_of(a.part, a.n_parts, block_x());
  const Planes weights[2] = {part.weight, part.up};
  const uint32_t tile = block_x() - part.first_tile;
  const uint32_t first = block_y() * kColumns;
  const uint32_t n_blocks = a.x.k / kBlock;
  const uint32_t per = segment_blocks(n_blocks);
  const uint32_t last = a.n_rows - 1;
  const int8_t* x =
      a.x.q + uint64_t{smaller(first + Int8Tile::b_column(), last)} * a.x.k + Int8Tile::first() * 4;
  const BlockMeta* metas[Int8Tile::kCColumns];
  for (int c = 0; c < Int8Tile::kCColumns; ++c)
    metas[c] = a.x.meta + uint64_t{smaller(first + Int8Tile::c_column(c), last)} * n_blocks;
  // As many blocks as registers allow are on their way while as many are multiplied.
  constexpr uint32_t kAhead = Int8Tile::kCRows > 2 ? 1 : 2 / kMatrices;
  struct Ahead {
    RawFragment raw[kAhead][kMatrices];
    RowScales scales[kAhead][kMatrices];
    uint32_t b0[kAhead][Int8Tile::kRun], b1[kAhead][Int8Tile::kRun];
    BlockMeta meta[kAhead][Int8Tile::kCColumns];
  };
  for (uint32_t segment = 2 * wave(); segment < 2 * wave() + 2; ++segment) {
    const uint32_t begin = smaller(segment * per, n_blocks);
    const uint32_t end = smaller(begin + per, n_blocks);
    float acc[kMatrices][Int8Tile::kElements] = {};
    const auto load = [&](uint32_t front, Ahead& to) {
      FORGE_UNROLL_ALL
      for (uint32_t i = 0; i < kAhead; ++i) {
        const uint32_t block = smaller(front + i, end - 1);
        FORGE_UNROLL_ALL
        for (int m = 0; m < kMatrices; ++m) {
          to.raw[i][m] = load_weights<kF>(weights[m], n_blocks, tile, block);
          to.scales[i][m] = load_row_scales<kF>(weights[m], n_blocks, tile, block);
        }
        load_words<Int8Tile::kRun>(to.b0[i], x + uint64_t{block} * kBlock);
        load_words<Int8Tile::kRun>(to.b1[i], x + uint64_t{block} * kBlock + 16);
        for (int c = 0; c < Int8Tile::kCColumns; ++c) to.meta[i][c] = metas[c][block];
      }
    };
    const auto multiply = [&](uint32_t front, const Ahead& from) {
      FORGE_UNROLL_ALL
      for (uint32_t i = 0; i < kAhead; ++i) {
        if (front + i >= end) break;
        BlockInput input[Int8Tile::kCColumns];
        for (int c = 0; c < Int8Tile::kCColumns; ++c) input[c] = input_of<kF>(from.meta[i][c]);
        FORGE_UNROLL_ALL
        for (int m = 0; m < kMatrices; ++m)
          multiply_block<kF>(acc[m], unpack_weights<kF>(from.raw[i][m]), from.scales[i][m],
                             from.b0[i], from.b1[i], input);
      }
    };
    if (begin < end) {
      Ahead even, odd;
      load(begin, even);
      for (uint32_t front = begin;; front += 2 * kAhead) {
        load(front + kAhead, odd);
        multiply(front, even);
        if (front + kAhead >= end) break;
        load(front + 2 * kAhead, even);
        multiply(front + kAhead, odd);
        if (front + 2 * kAhead >= end) break;
      }
    }
    FORGE_UNROLL_ALL
    for (int m = 0; m < kMatrices; ++m) {
      for (int e = 0; e < Int8Tile::kElements; ++e)
        partial[(static_cast<uint32_t>(m) * kSegments + segment) * kTile +
                Int8Tile::c_column(e % Int8Tile::kCColumns) * kTileRows +
                Int8Tile::c_row(e / Int8Tile::kCColumns)] = acc[m][e];
    }
  }
  barrier();
  for (uint32_t i = thread(); i < kTile; i += kThreads) {
    const uint32_t row = first + i / kTileRows;
    if (row >= a.n_rows) continue;
    float sum = 0, up = 0;
    for (uint32_t s = 0; s < kSegments; ++s) {
      sum += partial[s * kTile + i];
      if constexpr (kGated) up += partial[(kSegments + s) * kTile + i];
    }
    finish<kGated>(part, a.activation, row, tile * kTileRows + i % kTileRows, sum, up);
  }
}

// ---------------------------------------------------------------- many rows

inline constexpr uint32_t kStageBlocks = 2;  // blocks of x that are staged at a time

// x of one stage: bytes of a row lie kStride apart, which spreads 16-byte reads of 8 rows over all
// banks of LDS.
struct Stage {
  static constexpr uint32_t kStride = kStageBlocks * kBlock + 16;
  static constexpr uint32_t kRowWords = kStride / 16;
};

// What a product needs of a block of x, in 16 bytes: see BlockInput. Without mins sum0 and sum1 are
// not there, with mins there are no offsets.
struct alignas(16) PackedInput {
  float d;
  uint32_t a, b, unused;
};

template <Format kF>
FORGE_DEVICE PackedInput pack_input(const BlockMeta& meta) {
  const BlockInput x = input_of<kF>(meta);
  if constexpr (kF.has_min()) return {x.d, bits_of_float(x.sum0), bits_of_float(x.sum1), 0};
  return {x.d, static_cast<uint32_t>(x.start0), static_cast<uint32_t>(x.start1), 0};
}

template <Format kF>
FORGE_DEVICE BlockInput unpack_input(const PackedInput& p) {
  static_assert(!kF.has_min() || kF.offset == 0);
  if constexpr (kF.has_min()) return {p.d, 0, 0, float_of_bits(p.a), float_of_bits(p.b)};
  return {p.d, static_cast<int32_t>(p.a), static_cast<int32_t>(p.b), 0, 0};
}

// A workgroup makes 128 outputs for kGemmRows rows; each wave has one tile of weights, all share
// the rows of x.
template <Format kF>
FORGE_DEVICE void gemm(const MatmulArgs& a) {
  constexpr uint32_t kRows = kGemmRows;
  constexpr int kTiles = kRows / Int8Tile::kColumns;
  FORGE_LDS(Words4, stage, 2 * kRows * Stage::kRowWords);
  FORGE_LDS(PackedInput, stage_input, 2 * kRows * kStageBlocks);
  const uint32_t n_blocks = a.x.k / kBlock;
  const uint32_t n_stages = (n_blocks + kStageBlocks - 1) / kStageBlocks;
  const uint32_t per = segment_blocks(n_blocks);
  const uint32_t all_tile = block_x() * kGemmTiles + wave();
  const bool busy = all_tile < a.n_tiles;
  const MatmulPart& part = part_of(a.part, a.n_parts, busy ? all_tile : a.n_tiles - 1);
  const uint32_t tile = (busy ? all_tile : a.n_tiles - 1) - part.first_tile;
  const uint32_t first = block_y() * kRows;

  // Thread t brings 16 bytes of row t / 4, and half of the threads an input.
  const uint32_t from_byte = thread() % 4 * 16;
  const int8_t* from =
      a.x.q + uint64_t{smaller(first + thread() / 4, a.n_rows - 1)} * a.x.k + from_byte;
  const BlockMeta* from_meta =
      a.x.meta +
      uint64_t{smaller(first + thread() / kStageBlocks % kRows, a.n_rows - 1)} * n_blocks;
  uint32_t next[4] = {};
  BlockMeta next_meta = {};
  const auto fetch = [&](uint32_t s) {
    if (s * kStageBlocks * kBlock + from_byte < a.x.k)
      load_words<4>(next, from + uint64_t{s} * kStageBlocks * kBlock);
    const uint32_t block = s * kStageBlocks + thread() % kStageBlocks;
    if (block < n_blocks) next_meta = from_meta[block];
  };
  const auto store = [&](uint32_t s) {
    stage[(s % 2 * kRows + thread() / 4) * Stage::kRowWords + thread() % 4] = {
        {next[0], next[1], next[2], next[3]}};
    if (thread() < kRows * kStageBlocks)
      stage_input[s % 2 * kRows * kStageBlocks + thread()] = pack_input<kF>(next_meta);
  };

  float acc[kTiles][Int8Tile::kElements] = {};
  float total[kTiles][Int8Tile::kElements] = {};
  // The weights of the block that comes next are on their way while one is multiplied; so are its
  // scales where a lane needs few of them.
  constexpr bool kScalesAhead = Int8Tile::kCRows <= 2;
  RawFragment next_raw = load_weights<kF>(part.weight, n_blocks, tile, 0);
  RowScales next_scales;
  if constexpr (kScalesAhead) next_scales = load_row_scales<kF>(part.weight, n_blocks, tile, 0);
  fetch(0);
  store(0);
  barrier();
  uint32_t left = per;  // blocks to the end of the segment
  for (uint32_t s = 0; s < n_stages; ++s) {
    if (s + 1 < n_stages) fetch(s + 1);
    for (uint32_t i = 0; i < kStageBlocks; ++i) {
      const uint32_t block = s * kStageBlocks + i;
      if (block >= n_blocks) break;
      const WeightFragment w = unpack_weights<kF>(next_raw);
      RowScales scales;
      if constexpr (kScalesAhead)
        scales = next_scales;
      else
        scales = load_row_scales<kF>(part.weight, n_blocks, tile, block);
      const uint32_t following = smaller(block + 1, n_blocks - 1);
      next_raw = load_weights<kF>(part.weight, n_blocks, tile, following);
      if constexpr (kScalesAhead)
        next_scales = load_row_scales<kF>(part.weight, n_blocks, tile, following);
      const uint8_t* x =
          reinterpret_cast<const uint8_t*>(stage + s % 2 * kRows * Stage::kRowWords) + i * kBlock;
      const PackedInput* inputs = stage_input + s % 2 * kRows * kStageBlocks + i;
      FORGE_UNROLL_ALL
      for (int pair = 0; pair < kTiles; pair += 2) {
        uint32_t b0[2][Int8Tile::kRun], b1[2][Int8Tile::kRun];
        Int8Tile::load_two(b0, b1,
                           x + static_cast<uint32_t>(pair) * Int8Tile::kColumns * Stage::kStride,
                           Stage::kStride);
        FORGE_UNROLL_ALL
        for (int j = 0; j < 2; ++j) {
          const int t = pair + j;
          BlockInput input[Int8Tile::kCColumns];
          for (int c = 0; c < Int8Tile::kCColumns; ++c)
            input[c] = unpack_input<kF>(
                inputs[(static_cast<uint32_t>(t) * Int8Tile::kColumns + Int8Tile::c_column(c)) *
                       kStageBlocks]);
          multiply_block<kF>(acc[t], w, scales, b0[j], b1[j], input);
          schedule_here();
        }
      }
      if (--left != 0 && block + 1 != n_blocks) continue;
      left = per;
      FORGE_UNROLL_ALL
      for (int t = 0; t < kTiles; ++t) {
        for (int e = 0; e < Int8Tile::kElements; ++e) {
          total[t][e] += acc[t][e];
          acc[t][e] = 0;
        }
      }
    }
    if (s + 1 < n_stages) store(s + 1);
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

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_MATMUL_HPP_
