// plugins/hip/device/skinny.hpp: products with quantized weights for a few rows, on matrix cores.
#ifndef FORGE_PLUGINS_HIP_DEVICE_SKINNY_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_SKINNY_HPP_

#include "plugins/hip/device/matmul.hpp"

namespace forge::hip::device {

inline constexpr uint32_t kSkinnyTile = kTileRows * Int8Tile::kColumns;

// A workgroup makes one tile of 16 outputs for kColumns rows; a wave walks two segments, one after
// the other.
template <Format kF, bool kGated>
FORGE_DEVICE void skinny_of(const MatmulArgs& a, float* partial) {
  constexpr int kMatrices = kGated ? 2 : 1;
  constexpr uint32_t kColumns = Int8Tile::kColumns;
  constexpr uint32_t kTile = kSkinnyTile;
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
  const Int8Tile::Start magic = Int8Tile::start_from(kMagic);
  // As many as registers allow.
  constexpr uint32_t kAhead = Int8Tile::kCRows > 2 ? 1 : 2 / kMatrices;
  struct Ahead {
    RawFragment raw[kAhead][kMatrices];
    RawRowScales scales[kAhead][kMatrices];
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
          to.scales[i][m] = load_raw_row_scales<kF>(weights[m], n_blocks, tile, block);
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
          multiply_block<kF>(acc[m], unpack_weights<kF>(from.raw[i][m]),
                             row_scales_of<kF>(from.scales[i][m]), from.b0[i], from.b1[i], input,
                             magic);
      }
    };
    walk_blocks<Ahead, kAhead, false>(begin, end, load, multiply);
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

template <Format kF, bool kGated>
FORGE_DEVICE void skinny(const MatmulArgs& a) {
  FORGE_LDS(float, partial, (kGated ? 2 : 1) * kSegments * kSkinnyTile);
  skinny_of<kF, kGated>(a, partial);
}

// Parts of two formats.
template <Format kF, Format kG>
FORGE_DEVICE void skinny_pair(const MatmulArgs& a) {
  FORGE_LDS(float, partial, kSegments* kSkinnyTile);
  if (part_of(a.part, a.n_parts, block_x()).second != 0)
    skinny_of<kG, false>(a, partial);
  else
    skinny_of<kF, false>(a, partial);
}

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_SKINNY_HPP_
