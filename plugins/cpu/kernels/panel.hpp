// plugins/cpu/kernels/panel.hpp: weights unpacked for many rows.
//
// Taking the bits of a weight apart can cost as much as multiplying it with a row. For one row
// there is no way around it; for many, a stretch of a tile is unpacked once, stays in the
// first-level cache and serves all rows of a pass. What happens to an element is the same, in the
// same order.
#ifndef FORGE_PLUGINS_CPU_KERNELS_PANEL_HPP_
#define FORGE_PLUGINS_CPU_KERNELS_PANEL_HPP_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "plugins/cpu/kernels/api.hpp"
#include "plugins/cpu/kernels/sub_block.hpp"

namespace forge::cpu {

// Rows of activations that a pass takes: x 4096 elements of int8 they are half a megabyte.
inline constexpr std::uint32_t kRowsPerPass = 128;

// Sub-blocks of 32 elements in a panel: 8 KiB of AVX-512's weights.
inline constexpr int kPanelParts = 16;

template <class Isa, class Format>
struct Panel {
  static constexpr int kHalves = PerSixteen<Format> ? 2 : 1;
  using F = typename Isa::F;
  using B = typename Isa::B;

  // Blocks [first, first + n) of a tile.
  void unpack(const std::uint8_t* head, const std::uint8_t* quants, std::size_t n) {
    constexpr int kParts = Format::kBlock / 32;
    for (std::size_t b = 0; b < n; ++b) {
      Format format;
      format.begin(head + b * Format::kHead * Isa::kWidth);
      unpack_block(format, quants + b * Format::kQuants * Isa::kWidth, b * kParts,
                   std::make_integer_sequence<int, kParts>{});
    }
  }

  B w[kPanelParts][8];
  F scales[kPanelParts][kHalves];
  F mins[has_min(Format::kAux) ? kPanelParts : 1][kHalves];

 private:
  template <int... J>
  void unpack_block(const Format& format, const std::uint8_t* quants, std::size_t part,
                    std::integer_sequence<int, J...>) {
    (unpack_part<J>(format, quants, part + J), ...);
  }
  template <int J>
  void unpack_part(const Format& format, const std::uint8_t* quants, std::size_t part) {
    format.template weights<J>(quants, w[part]);
    scales[part][0] = format.template scale<J>();
    if constexpr (kHalves == 2) scales[part][1] = format.template scale2<J>();
    if constexpr (has_min(Format::kAux)) {
      mins[part][0] = format.template min<J>();
      if constexpr (kHalves == 2) mins[part][1] = format.template min2<J>();
    }
  }
};

// The scales of one sub-block, as sub_block() asks for them.
template <class Isa>
struct PartScales {
  using F = typename Isa::F;
  const F* scales;
  const F* mins;
  template <int>
  F scale() const {
    return scales[0];
  }
  template <int>
  F scale2() const {
    return scales[1];
  }
  template <int>
  F min() const {
    return mins[0];
  }
  template <int>
  F min2() const {
    return mins[1];
  }
};

// T rows times the first n_parts sub-blocks of a panel; sums [T, kWidth] go on.
template <class Isa, class Format, int T>
inline void micro_panel(const Panel<Isa, Format>& panel, int n_parts, const ActRows<T>& x,
                        std::size_t block, float* sums) {
  typename Isa::F y[T];
#pragma GCC unroll 16
  for (int t = 0; t < T; ++t) y[t] = Isa::load(sums + t * Isa::kWidth);
  for (int j = 0; j < n_parts; ++j) {
    const PartScales<Isa> scales = {panel.scales[j], panel.mins[has_min(Format::kAux) ? j : 0]};
    any_sub_block<Isa, Format, T, 0>(scales, panel.w[j], x, block + static_cast<std::size_t>(j), y);
  }
#pragma GCC unroll 16
  for (int t = 0; t < T; ++t) Isa::store(sums + t * Isa::kWidth, y[t]);
}

// All rows of a pass times one panel: kRows at a time, then half as many, and so on for what is
// left.
template <class Isa, class Format, int kRows>
inline void panel_rows(const MatmulArgs& a, const Panel<Isa, Format>& panel, int n_parts,
                       std::size_t block, std::uint32_t row, std::uint32_t n_rows, float* sums) {
  std::uint32_t r = 0;
  for (; r + kRows <= n_rows; r += kRows)
    micro_panel<Isa, Format, kRows>(panel, n_parts, act_rows<kRows>(a, row + r), block,
                                    sums + r * Isa::kWidth);
  if constexpr (kRows > 1) {
    if (r < n_rows)
      panel_rows<Isa, Format, kRows / 2>(a, panel, n_parts, block, row + r, n_rows - r,
                                         sums + r * Isa::kWidth);
  }
}

// One tile of weights times the rows [row, row + n_rows); sums [n_rows, kWidth].
template <class Isa, class Format, int kMaxRows>
inline void run_panels(const MatmulArgs& a, const std::uint8_t* tile, std::uint32_t row,
                       std::uint32_t n_rows, Panel<Isa, Format>& panel, float* sums) {
  constexpr std::size_t kParts = Format::kBlock / 32;
  constexpr std::size_t kPanelBlocks = kPanelParts / kParts;
  const std::uint8_t* quants = tile + a.format.head_size(a.n_in);
  const std::size_t n_blocks = a.n_in / Format::kBlock;
  std::fill_n(sums, std::size_t{n_rows} * Isa::kWidth, 0.0f);
  for (std::size_t b = 0; b < n_blocks; b += kPanelBlocks) {
    const std::size_t n = std::min(kPanelBlocks, n_blocks - b);
    panel.unpack(tile + b * Format::kHead * Isa::kWidth, quants + b * Format::kQuants * Isa::kWidth,
                 n);
    panel_rows<Isa, Format, kMaxRows>(a, panel, static_cast<int>(n * kParts), b * kParts, row,
                                      n_rows, sums);
  }
}

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_KERNELS_PANEL_HPP_
