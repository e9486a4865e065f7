// plugins/hip/device/matmul.hpp: products with quantized weights.
//
// Three kernels for one, a few and many rows give the same bits. The order in which floats are added is fixed by
// the shape: k is cut into kSegments segments of ceil(blocks / kSegments) blocks; within a segment block after block
// is added (weights.hpp: accumulate), then the segments in order. Sums inside a block are integers, exact in any
// order.
#ifndef FORGE_PLUGINS_HIP_DEVICE_MATMUL_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_MATMUL_HPP_

#include "forge/abi/graph.h"
#include "plugins/hip/device/rows.hpp"
#include "plugins/hip/device/weights.hpp"

namespace forge::hip::device {

FORGE_DEVICE uint32_t segment_blocks(uint32_t n_blocks) { return (n_blocks + kSegments - 1) / kSegments; }
FORGE_DEVICE uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

// The part that tile `tile` of all is in.
FORGE_DEVICE const MatmulPart& part_of(const MatmulPart (&parts)[kMaxParts], uint32_t n_parts, uint32_t tile) {
  uint32_t p = 0;
  while (p + 1 < n_parts && tile >= parts[p + 1].first_tile) ++p;
  return parts[p];
}

// y[row][n] from the sums over k.
template <bool kGated>
FORGE_DEVICE float output_of(const MatmulPart& part, uint32_t activation, uint32_t row, uint32_t n, float sum, float up) {
  if (part.bias != nullptr) sum += part.bias[n];
  if constexpr (kGated) {
    if (part.up_bias != nullptr) up += part.up_bias[n];
    sum = activate(activation, sum) * up;
  }
  if (part.residual.base != nullptr) sum += part.residual.base[uint64_t{row} * part.residual.stride + n];
  return sum;
}

template <bool kGated>
FORGE_DEVICE void finish(const MatmulPart& part, uint32_t activation, uint32_t row, uint32_t n, float sum, float up) {
  if (n >= part.n_out) return;
  part.y.base[uint64_t{row} * part.y.stride + n] = output_of<kGated>(part, activation, row, n, sum, up);
}

// ---------------------------------------------------------------- one row

// What one block of one row of a matrix adds to `acc`.
template <Format kF>
FORGE_DEVICE float dot_block(float acc, const Planes& planes, uint32_t n_blocks, uint32_t tile, uint32_t block,
                             uint32_t row, const uint32_t (&x)[8], const BlockMeta& meta) {
  const RawCodes<4> raw = load_codes<kF, 4>(planes, n_blocks, tile, block, row, 0);
  const Scales scales = load_scales<kF>(planes, n_blocks, tile, block, row);
  uint32_t half0[4], half1[4];
  unpack<kF, 4>(raw, 0, half0, half1);
  int32_t sum0 = start0<kF>(meta);
  int32_t sum1 = kF.group == 16 ? start1<kF>(meta) : 0;
  for (int i = 0; i < 4; ++i) {
    sum0 = dot4<kF.is_signed()>(half0[i], x[i], sum0);
    if constexpr (kF.group == 16)
      sum1 = dot4<kF.is_signed()>(half1[i], x[4 + i], sum1);
    else
      sum0 = dot4<kF.is_signed()>(half1[i], x[4 + i], sum0);
  }
  return accumulate<kF>(acc, scales, sum0, sum1, meta);
}

// x of the one row for all waves of the workgroup, where it is normalised on the way.
struct NormedRow {
  Words4 q[kMaxNormed / 16];
  BlockMeta meta[kMaxNormed / kBlock];
  float sums[kThreads / kWave];
};

FORGE_DEVICE void make_normed(const MatmulArgs& a, NormedRow& row) {
  const Normal normal = normal_of(a.normed.x, a.x.k, FORGE_NORM_RMS, a.normed.eps, row.sums);
  for (uint32_t i = thread(); i < a.x.k; i += kThreads) {
    const float v = normal.of(a.normed.x[i], a.normed.weight == nullptr ? 1.0f : a.normed.weight[i], 0.0f);
    quantize_block(v, reinterpret_cast<int8_t*>(row.q) + i / kBlock * kBlock, row.meta + i / kBlock);
  }
  barrier();
}

// A workgroup makes one tile of 16 outputs, with a gate two; each half of a wave walks one segment, a lane one row of each
// tile.
template <Format kF, bool kGated>
FORGE_DEVICE void gemv_of(const MatmulArgs& a, const int8_t* xq, const BlockMeta* xmeta) {
  constexpr uint32_t kTiles = kGated ? 2 : 1;
  FORGE_LDS(float, partial, (kGated ? 2 : 1) * kTiles * kThreads);
  const MatmulPart& part = part_of(a.part, a.n_parts, block_x() * kTiles);
  const uint32_t first_tile = block_x() * kTiles - part.first_tile;
  const uint32_t last_tile = a.n_tiles - 1;
  const uint32_t n_blocks = a.x.k / kBlock;
  const uint32_t per = segment_blocks(n_blocks);
  const uint32_t segment = thread() / kTileRows;
  const uint32_t row = thread() % kTileRows;
  const uint32_t begin = smaller(segment * per, n_blocks);
  const uint32_t end = smaller(begin + per, n_blocks);
  float acc[kTiles] = {}, up[kTiles] = {};
  FORGE_UNROLL(4)
  for (uint32_t block = begin; block < end; ++block) {
    uint32_t x[8];
    load_words<8>(x, xq + uint64_t{block} * kBlock);
    const BlockMeta meta = xmeta[block];
    for (uint32_t t = 0; t < kTiles; ++t) {
      const uint32_t tile = kGated ? smaller(first_tile + t, last_tile) : first_tile;
      acc[t] = dot_block<kF>(acc[t], part.weight, n_blocks, tile, block, row, x, meta);
      if constexpr (kGated) up[t] = dot_block<kF>(up[t], part.up, n_blocks, tile, block, row, x, meta);
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
      const float v = n < part.n_out ? output_of<true>(part, a.activation, 0, n, sum, sum_up) : 0.0f;
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
FORGE_DEVICE RawFragment load_weights(const Planes& planes, uint32_t n_blocks, uint32_t tile, uint32_t block) {
  RawFragment raw;
  for (int r = 0; r < Int8Tile::kARows; ++r)
    raw.row[r] = load_codes<kF, Int8Tile::kRun>(planes, n_blocks, tile, block, Int8Tile::a_row(r), Int8Tile::first());
  return raw;
}

template <Format kF>
FORGE_DEVICE WeightFragment unpack_weights(const RawFragment& raw) {
  WeightFragment f;
  for (int r = 0; r < Int8Tile::kARows; ++r)
    unpack<kF, Int8Tile::kRun>(raw.row[r], Int8Tile::first(), f.half0 + r * Int8Tile::kRun, f.half1 + r * Int8Tile::kRun);
  return f;
}

// The scales of the rows of C that the lane holds.
struct RowScales {
  Scales of[Int8Tile::kCRows];
};

template <Format kF>
FORGE_DEVICE RowScales load_row_scales(const Planes& planes, uint32_t n_blocks, uint32_t tile, uint32_t block) {
  RowScales s;
  for (int i = 0; i < Int8Tile::kCRows; ++i)
    s.of[i] = load_scales<kF>(planes, n_blocks, tile, block, Int8Tile::c_row(i));
  return s;
}

// acc += one block's product of weights and x. `x` points at the 32 bytes of the lane's column of B, `meta` at the
// metas of columns 0, 1, ... of the tile, `stride` apart.
template <Format kF>
FORGE_DEVICE void multiply_block(float (&acc)[Int8Tile::kElements], const WeightFragment& w, const RowScales& s,
                                 const uint32_t (&b0)[Int8Tile::kRun], const uint32_t (&b1)[Int8Tile::kRun],
                                 const BlockMeta (&meta)[Int8Tile::kCColumns]) {
  constexpr int kColumns = Int8Tile::kCColumns;
  int32_t sum0[Int8Tile::kElements], sum1[Int8Tile::kElements];
  for (int e = 0; e < Int8Tile::kElements; ++e) {
    sum0[e] = start0<kF>(meta[e % kColumns]);
    sum1[e] = kF.group == 16 ? start1<kF>(meta[e % kColumns]) : 0;
  }
  if constexpr (kF.group == 16) {
    Int8Tile::multiply<kF.is_signed()>(sum0, w.half0, b0);
    Int8Tile::multiply<kF.is_signed()>(sum1, w.half1, b1);
  } else {
    Int8Tile::multiply2<kF.is_signed()>(sum0, w.half0, w.half1, b0, b1);
  }
  for (int e = 0; e < Int8Tile::kElements; ++e)
    acc[e] = accumulate<kF>(acc[e], s.of[e / kColumns], sum0[e], sum1[e], meta[e % kColumns]);
}

// ---------------------------------------------------------------- a few rows

// A workgroup makes one tile of 16 outputs for kColumns rows; a wave walks two segments, one after the other.
template <Format kF, bool kGated>
FORGE_DEVICE void skinny(const MatmulArgs& a) {
  constexpr int kMatrices = kGated ? 2 : 1;
  constexpr uint32_t kColumns = Int8Tile::kColumns;
  constexpr uint32_t kTile = kTileRows * kColumns;
  FORGE_LDS(float, partial, kMatrices * kSegments * kTile);
  const MatmulPart& part = part_of(a.part, a.n_parts, block_x());
  const uint32_t tile = block_x() - part.first_tile;
  const uint32_t first = block_y() * kColumns;
  const uint32_t n_blocks = a.x.k / kBlock;
  const uint32_t per = segment_blocks(n_blocks);
  const uint32_t last = a.n_rows - 1;
  const int8_t* x = a.x.q + uint64_t{smaller(first + Int8Tile::b_column(), last)} * a.x.k + Int8Tile::first() * 4;
  const BlockMeta* metas[Int8Tile::kCColumns];
  for (int c = 0; c < Int8Tile::kCColumns; ++c)
    metas[c] = a.x.meta + uint64_t{smaller(first + Int8Tile::c_column(c), last)} * n_blocks;
  for (uint32_t segment = 2 * wave(); segment < 2 * wave() + 2; ++segment) {
    const uint32_t begin = smaller(segment * per, n_blocks);
    const uint32_t end = smaller(begin + per, n_blocks);
    float acc[kMatrices][Int8Tile::kElements] = {};
    for (uint32_t block = begin; block < end; ++block) {
      uint32_t b0[Int8Tile::kRun], b1[Int8Tile::kRun];
      BlockMeta meta[Int8Tile::kCColumns];
      load_words<Int8Tile::kRun>(b0, x + uint64_t{block} * kBlock);
      load_words<Int8Tile::kRun>(b1, x + uint64_t{block} * kBlock + 16);
      for (int c = 0; c < Int8Tile::kCColumns; ++c) meta[c] = metas[c][block];
      FORGE_UNROLL_ALL
      for (int m = 0; m < kMatrices; ++m) {
        const Planes& planes = m == 0 ? part.weight : part.up;
        multiply_block<kF>(acc[m], unpack_weights<kF>(load_weights<kF>(planes, n_blocks, tile, block)),
                           load_row_scales<kF>(planes, n_blocks, tile, block), b0, b1, meta);
      }
    }
    FORGE_UNROLL_ALL
    for (int m = 0; m < kMatrices; ++m) {
      for (int e = 0; e < Int8Tile::kElements; ++e)
        partial[(static_cast<uint32_t>(m) * kSegments + segment) * kTile +
                Int8Tile::c_column(e % Int8Tile::kCColumns) * kTileRows + Int8Tile::c_row(e / Int8Tile::kCColumns)] =
            acc[m][e];
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

// x of one stage: bytes of a row lie kStride apart, which spreads 16-byte reads of 8 rows over all banks of LDS.
struct Stage {
  static constexpr uint32_t kStride = kStageBlocks * kBlock + 16;
};

// A workgroup makes 128 outputs for kGemmRows rows, with a gate for half as many; each wave has one tile of weights, all share the rows of x.
template <Format kF, bool kGated>
FORGE_DEVICE void gemm(const MatmulArgs& a) {
  constexpr int kMatrices = kGated ? 2 : 1;
  constexpr uint32_t kRows = kGated ? kGemmRows / 2 : kGemmRows;
  constexpr int kTiles = kRows / Int8Tile::kColumns;
  FORGE_LDS(Words4, stage, 2 * kRows * Stage::kStride / 16);
  FORGE_LDS(BlockMeta, stage_meta, 2 * kRows * kStageBlocks);
  const uint32_t n_blocks = a.x.k / kBlock;
  const uint32_t n_stages = (n_blocks + kStageBlocks - 1) / kStageBlocks;
  const uint32_t per = segment_blocks(n_blocks);
  const uint32_t all_tile = block_x() * kGemmTiles + wave();
  const bool busy = all_tile < a.n_tiles;
  const MatmulPart& part = part_of(a.part, a.n_parts, busy ? all_tile : a.n_tiles - 1);
  const uint32_t tile = (busy ? all_tile : a.n_tiles - 1) - part.first_tile;
  const uint32_t first = block_y() * kRows;

  // Thread t brings 16 bytes of row t / 4, and some of the threads a meta.
  const uint32_t from_row = smaller(first + thread() / 4, a.n_rows - 1);
  const uint32_t from_byte = thread() % 4 * 16;
  const int8_t* from = a.x.q + uint64_t{from_row} * a.x.k + from_byte;
  const BlockMeta* from_meta =
      a.x.meta + uint64_t{smaller(first + thread() / kStageBlocks % kRows, a.n_rows - 1)} * n_blocks;
  Words4 next = {};
  BlockMeta next_meta = {};
  const auto fetch = [&](uint32_t s) {
    if (thread() / 4 < kRows && s * kStageBlocks * kBlock + from_byte < a.x.k)
      next = *reinterpret_cast<const Words4*>(from + uint64_t{s} * kStageBlocks * kBlock);
    const uint32_t block = s * kStageBlocks + thread() % kStageBlocks;
    if (block < n_blocks) next_meta = from_meta[block];
  };
  const auto store = [&](uint32_t s) {
    if (thread() / 4 < kRows)
      stage[(s % 2 * kRows + thread() / 4) * (Stage::kStride / 16) + thread() % 4] = next;
    if (thread() < kRows * kStageBlocks) stage_meta[s % 2 * kRows * kStageBlocks + thread()] = next_meta;
  };

  float acc[kMatrices][kTiles][Int8Tile::kElements] = {};
  float total[kMatrices][kTiles][Int8Tile::kElements] = {};
  // The weights of the block that comes next are on their way while one is multiplied; so are its scales where a lane needs
  // few of them.
  constexpr bool kScalesAhead = Int8Tile::kCRows <= 2;
  RawFragment next_raw[kMatrices];
  RowScales next_scales[kMatrices];
  const auto fetch_weights = [&](uint32_t block) {
    FORGE_UNROLL_ALL
    for (int m = 0; m < kMatrices; ++m) {
      const Planes& planes = m == 0 ? part.weight : part.up;
      next_raw[m] = load_weights<kF>(planes, n_blocks, tile, block);
      if constexpr (kScalesAhead) next_scales[m] = load_row_scales<kF>(planes, n_blocks, tile, block);
    }
  };
  fetch(0);
  fetch_weights(0);
  store(0);
  barrier();
  uint32_t left = per;  // blocks to the end of the segment
  for (uint32_t s = 0; s < n_stages; ++s) {
    if (s + 1 < n_stages) fetch(s + 1);
    for (uint32_t i = 0; i < kStageBlocks; ++i) {
      const uint32_t block = s * kStageBlocks + i;
      if (block >= n_blocks) break;
      WeightFragment now[kMatrices];
      RowScales now_scales[kMatrices];
      FORGE_UNROLL_ALL
      for (int m = 0; m < kMatrices; ++m) {
        now[m] = unpack_weights<kF>(next_raw[m]);
        if constexpr (kScalesAhead)
          now_scales[m] = next_scales[m];
        else
          now_scales[m] = load_row_scales<kF>(m == 0 ? part.weight : part.up, n_blocks, tile, block);
      }
      if (block + 1 < n_blocks) fetch_weights(block + 1);
      FORGE_UNROLL_ALL
      for (int m = 0; m < kMatrices; ++m) {
        const WeightFragment& w = now[m];
        const RowScales& scales = now_scales[m];
        FORGE_UNROLL_ALL
        for (int t = 0; t < kTiles; ++t) {
          const uint32_t row = s % 2 * kRows + static_cast<uint32_t>(t) * Int8Tile::kColumns;
          uint32_t b0[Int8Tile::kRun], b1[Int8Tile::kRun];
          const uint8_t* x = reinterpret_cast<const uint8_t*>(stage) +
                             (row + Int8Tile::b_column()) * Stage::kStride + i * kBlock + Int8Tile::first() * 4;
          load_words<Int8Tile::kRun>(b0, x);
          load_words<Int8Tile::kRun>(b1, x + 16);
          BlockMeta meta[Int8Tile::kCColumns];
          for (int c = 0; c < Int8Tile::kCColumns; ++c)
            meta[c] = stage_meta[(row + Int8Tile::c_column(c)) * kStageBlocks + i];
          multiply_block<kF>(acc[m][t], w, scales, b0, b1, meta);
          schedule_here();
        }
      }
      if (--left != 0 && block + 1 != n_blocks) continue;
      left = per;
      FORGE_UNROLL_ALL
      for (int m = 0; m < kMatrices; ++m) {
        for (int t = 0; t < kTiles; ++t) {
          for (int e = 0; e < Int8Tile::kElements; ++e) {
            total[m][t][e] += acc[m][t][e];
            acc[m][t][e] = 0;
          }
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
      const uint32_t row =
          first + static_cast<uint32_t>(t) * Int8Tile::kColumns + Int8Tile::c_column(e % Int8Tile::kCColumns);
      if (row >= a.n_rows) continue;
      finish<kGated>(part, a.activation, row, tile * kTileRows + Int8Tile::c_row(e / Int8Tile::kCColumns),
                     total[0][t][e], kGated ? total[kMatrices - 1][t][e] : 0);
    }
  }
}

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_MATMUL_HPP_
