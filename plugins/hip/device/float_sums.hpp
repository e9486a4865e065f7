// plugins/hip/device/float_sums.hpp: what half_gemm.hpp and fp8_gemm.hpp share: who makes which
// outputs, and what becomes of the sums.
#ifndef FORGE_PLUGINS_HIP_DEVICE_FLOAT_SUMS_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_FLOAT_SUMS_HPP_

#include "plugins/hip/device/matmul.hpp"

namespace forge::hip::device {

// A workgroup makes 128 outputs for kRows rows, a wave 32 outputs for half of them.
template <uint32_t kRows>
struct FloatSums {
  static constexpr uint32_t kWeightTiles = 2, kWaves = kGemmTiles / kWeightTiles;  // along outputs
  static constexpr uint32_t kWaveRows = kRows / 2;
  static constexpr uint32_t kTiles = kWaveRows / TileLayout::kColumns;
  float of[kWeightTiles][kTiles][TileLayout::kElements];

  static FORGE_METHOD uint32_t first_tile() { return wave() % kWaves * kWeightTiles; }
  static FORGE_METHOD uint32_t first_row() { return wave() / kWaves * kWaveRows; }
};

// factor(part, row): what the sums are multiplied by.
template <uint32_t kRows, class Factor>
FORGE_DEVICE void finish_sums(const MatmulArgs& a, const FloatSums<kRows>& sums,
                              const Factor& factor) {
  FORGE_UNROLL_ALL
  for (uint32_t i = 0; i < FloatSums<kRows>::kWeightTiles; ++i) {
    const uint32_t all_tile = block_x() * kGemmTiles + FloatSums<kRows>::first_tile() + i;
    if (all_tile >= a.n_tiles) return;
    const MatmulPart& part = part_of(a.part, a.n_parts, all_tile);
    const uint32_t n = (all_tile - part.first_tile) * kTileRows;
    FORGE_UNROLL_ALL
    for (uint32_t t = 0; t < FloatSums<kRows>::kTiles; ++t) {
      FORGE_UNROLL_ALL
      for (int e = 0; e < TileLayout::kElements; ++e) {
        const uint32_t row = block_y() * kRows + FloatSums<kRows>::first_row() +
                             t * TileLayout::kColumns +
                             TileLayout::c_column(e % TileLayout::kCColumns);
        if (row >= a.n_rows) continue;
        finish<false>(part, a.activation, row, n + TileLayout::c_row(e / TileLayout::kCColumns),
                      sums.of[i][t][e] * factor(part, row), 0);
      }
    }
  }
}

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_FLOAT_SUMS_HPP_
