// plugins/hip/device/gemv.hpp: products with quantized weights for one row.
#ifndef FORGE_PLUGINS_HIP_DEVICE_GEMV_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_GEMV_HPP_

#include "plugins/hip/device/matmul.hpp"

namespace forge::hip::device {

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

// One block of the one row of x.
struct XBlock {
  uint32_t q[kBlock / 4];
  BlockMeta meta;
};

FORGE_DEVICE XBlock load_x(const int8_t* q, const BlockMeta* meta, uint32_t block) {
  XBlock x;
  load_words<kBlock / 4>(x.q, q + uint64_t{block} * kBlock);
  x.meta = meta[block];
  return x;
}

// acc + what the block adds.
template <Format kF>
FORGE_DEVICE float dot_block(float acc, const RowBlock<kF>& w, const uint32_t (&x)[kBlock / 4],
                             const BlockInput& input) {
  uint32_t half0[4], half1[4];
  unpack<kF, 4>(w.raw, 0, half0, half1);
  int32_t sum0 = 0, sum1 = 0;
  for (int i = 0; i < 4; ++i) {
    sum0 = dot4<kF.is_signed()>(half0[i], x[i], sum0);
    if constexpr (kF.group == 16)
      sum1 = dot4<kF.is_signed()>(half1[i], x[4 + i], sum1);
    else
      sum0 = dot4<kF.is_signed()>(half1[i], x[4 + i], sum0);
  }
  return accumulate<kF>(acc, w.scales, static_cast<float>(sum0) * input.d,
                        static_cast<float>(sum1) * input.d, input);
}

// x of the one row for all waves of the workgroup, where it is normalised on the way.
struct NormedRow {
  Words4 q[kMaxNormed / 16];
  BlockMeta meta[kMaxNormed / kBlock];
  float sums[kThreads / kWave];
};

FORGE_DEVICE void make_normed(const MatmulArgs& a, NormedRow& row) {
  constexpr uint32_t kHeld = 2;
  auto* q = reinterpret_cast<int8_t*>(row.q);
  if (a.x.k <= kHeld * kThreads * kRunLength) {
    rms_quantize_held<kHeld>(a.normed.x, a.normed.weight, a.x.k, a.normed.eps, row.sums, q,
                             row.meta);
  } else {
    const Normal normal = normal_of_runs(a.normed.x, a.x.k, FORGE_NORM_RMS, a.normed.eps, row.sums);
    norm_quantize_row(a.normed.x, a.normed.weight, nullptr, a.x.k, normal, false, nullptr, q,
                      row.meta);
  }
  barrier();
}

// A workgroup makes one tile of 16 outputs, with a gate two; each half of a wave walks one segment,
// a lane one row of each tile. kFar: x is far away as well, and asked for with the weights.
template <Format kF, bool kGated, bool kFar>
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
  // As many as registers allow, as measured. Beyond the end the last block is loaded again.
  constexpr uint32_t kAhead = kGated ? 1 : kFar && kF.scale == ScaleKind::kHalf ? 3 : 4;
  struct Ahead {
    RowBlock<kF> w[kAhead][kTiles], up[kAhead][kGated ? kTiles : 1];
    XBlock x[kFar ? kAhead : 1];
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
      if constexpr (kFar) to.x[i] = load_x(xq, xmeta, block);
    }
  };
  float acc[kTiles] = {}, up[kTiles] = {};
  const auto multiply = [&](uint32_t first, const Ahead& from) {
    FORGE_UNROLL_ALL
    for (uint32_t i = 0; i < kAhead; ++i) {
      const bool counts = first + i < end;
      const XBlock x = kFar ? from.x[i] : load_x(xq, xmeta, smaller(first + i, end - 1));
      const BlockInput input = input_of<kF>(x.meta);
      FORGE_UNROLL_ALL
      for (uint32_t t = 0; t < kTiles; ++t) {
        const float more = dot_block<kF>(acc[t], from.w[i][t], x.q, input);
        acc[t] = counts ? more : acc[t];
        if constexpr (kGated) {
          const float more_up = dot_block<kF>(up[t], from.up[i][t], x.q, input);
          up[t] = counts ? more_up : up[t];
        }
      }
    }
  };
  walk_blocks<Ahead, kAhead, kGated>(begin, end, load, multiply);
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
    gemv_of<kF, kGated, false>(a, reinterpret_cast<const int8_t*>(normed[0].q), normed[0].meta);
  } else {
    gemv_of<kF, kGated, !kGated>(a, a.x.q, a.x.meta);
  }
}

// Parts of two formats.
template <Format kF, Format kG, bool kNormed>
FORGE_DEVICE void gemv_pair(const MatmulArgs& a) {
  const bool second = part_of(a.part, a.n_parts, block_x()).second != 0;
  if constexpr (kNormed) {
    FORGE_LDS(NormedRow, normed, 1);
    make_normed(a, normed[0]);
    const auto* xq = reinterpret_cast<const int8_t*>(normed[0].q);
    if (second)
      gemv_of<kG, false, false>(a, xq, normed[0].meta);
    else
      gemv_of<kF, false, false>(a, xq, normed[0].meta);
  } else if (second) {
    gemv_of<kG, false, true>(a, a.x.q, a.x.meta);
  } else {
    gemv_of<kF, false, true>(a, a.x.q, a.x.meta);
  }
}

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_GEMV_HPP_
