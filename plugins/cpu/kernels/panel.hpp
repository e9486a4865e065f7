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

// Rows of activations that a panel serves. Their part of its columns, 512 bytes each, stays in the
// second-level cache from tile to tile.
inline constexpr std::uint32_t kPanelPass = 256;

// Asks for the lines that lie so far after p's: with few rows weights pass by once, and how soon
// they come decides; the processor's own prefetching starts anew at every page. More than one
// distance, as a processor whose slots for misses are taken seems to forget what it is asked for.
// Always inlined, for a function that only prefetches counts as one that does nothing, and calls of
// it are left out.
__attribute__((always_inline)) inline void prefetch_ahead(const std::uint8_t* p,
                                                          const AheadBytes& ahead) {
  __builtin_prefetch(p + ahead.first, 0, 3);
  __builtin_prefetch(p + ahead.second, 0, 2);
  __builtin_prefetch(p + ahead.third, 0, 3);
}

// Asks for the share of the next panels' weights that belongs to rows [row, end) of n_rows: the
// processor has few slots for what is under way.
template <int kTiles>
__attribute__((always_inline)) inline void prefetch_next(const std::uint8_t* const (&next)[kTiles],
                                                         std::size_t n_bytes, std::uint32_t row,
                                                         std::uint32_t end, std::uint32_t n_rows) {
  const std::size_t to = n_bytes * end / n_rows / 64 * 64;
  for (std::size_t at = n_bytes * row / n_rows / 64 * 64; at < to; at += 64) {
#pragma GCC unroll 2
    for (int i = 0; i < kTiles; ++i) __builtin_prefetch(next[i] + at, 0, 2);
  }
}

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

// What a pass makes of a tile: [rows, kWidth].
template <class Isa>
struct PanelSums {
  alignas(64) float v[kPanelPass * Isa::kWidth];
};

// The panels of kTiles tiles, and where in [rows, kWidth] their sums go on.
template <class Isa, class Format, int kTiles>
struct Panels {
  Panel<Isa, Format> panel[kTiles];
  float* sums[kTiles];
  // Weights of the panels that come next, to be asked for while these are multiplied.
  const std::uint8_t* next[kTiles];
  std::size_t next_bytes = 0;  // 0: none, the tiles' columns of y do
  std::uint32_t tile = 0;      // the first
};

// Asks for the lines of y that n_rows rows of kTiles tiles go to, and for those of the residual: a
// row's are far from the next one's, and to write them all at once takes longer.
template <class Isa, int kTiles>
__attribute__((always_inline)) inline void prefetch_outputs(const MatmulArgs& a, std::uint32_t tile,
                                                            std::uint32_t row,
                                                            std::uint32_t n_rows) {
  const std::size_t column = std::size_t{tile} * Isa::kWidth;
  const int n = a.activation != 0 ? 1 : kTiles;  // a gate and its up are one
  for (std::uint32_t r = row; r < row + n_rows; ++r) {
    for (int i = 0; i < n; ++i) {
      const std::size_t at = column + static_cast<std::size_t>(i) * Isa::kWidth;
      __builtin_prefetch(a.y + r * a.y_stride + at, 1, 2);
      if (a.residual != nullptr) __builtin_prefetch(a.residual + r * a.residual_stride + at, 0, 2);
    }
  }
}

// T rows, from `row` of the sums on, times the first n_parts sub-blocks of the panels.
template <class Isa, class Format, int T, int kTiles>
inline void micro_panel(const Panels<Isa, Format, kTiles>& p, int n_parts, const ActRows<T>& x,
                        std::size_t block, std::uint32_t row) {
  typename Isa::F y[kTiles][T];
  const auto each = [&](auto&& body) __attribute__((always_inline)) {
#pragma GCC unroll 2
    for (int i = 0; i < kTiles; ++i) {
#pragma GCC unroll 16
      for (int t = 0; t < T; ++t)
        body(y[i][t], p.sums[i] + (row + static_cast<std::uint32_t>(t)) * Isa::kWidth);
    }
  };
  each([](typename Isa::F& f, float* at) { f = Isa::load(at); });
  for (int j = 0; j < n_parts; ++j) {
    PartScales<Isa> scales[kTiles];
    const typename Isa::B* w[kTiles];
#pragma GCC unroll 2
    for (int i = 0; i < kTiles; ++i) {
      const Panel<Isa, Format>& panel = p.panel[i];
      scales[i] = {panel.scales[j], panel.mins[has_min(Format::kAux) ? j : 0]};
      w[i] = panel.w[j];
    }
    any_sub_block<Isa, Format, T, 0, kTiles>(scales, w, x, block + static_cast<std::size_t>(j), y);
  }
  each([](const typename Isa::F& f, float* at) { Isa::store(at, f); });
}

// All rows of a pass times one stretch of the tiles: T at a time, then half as many, and so on for
// what is left.
template <class Isa, class Format, int T, int kTiles>
inline void panel_rows(const MatmulArgs& a, const Panels<Isa, Format, kTiles>& p, int n_parts,
                       std::size_t block, std::uint32_t pass, std::uint32_t n_rows,
                       std::uint32_t row = 0) {
  for (; row + T <= n_rows; row += T) {
    prefetch_next<kTiles>(p.next, p.next_bytes, row, row + T, n_rows);
    if (p.next_bytes == 0) prefetch_outputs<Isa, kTiles>(a, p.tile, pass + row, T);
    micro_panel<Isa, Format, T, kTiles>(p, n_parts, act_rows<T>(a, pass + row), block, row);
  }
  if constexpr (T > 1) {
    if (row < n_rows)
      panel_rows<Isa, Format, T / 2, kTiles>(a, p, n_parts, block, pass, n_rows, row);
  }
}

// kTiles tiles of weights times the rows [pass, pass + n_rows); sums: [n_rows, kWidth] of each.
template <class Isa, class Format, int kTiles>
inline void run_panels(const MatmulArgs& a, const std::uint8_t* const (&tiles)[kTiles],
                       std::uint32_t tile, std::uint32_t pass, std::uint32_t n_rows,
                       float* const (&sums)[kTiles]) {
  constexpr std::size_t kParts = Format::kBlock / 32;
  constexpr std::size_t kPanelBlocks = kPanelParts / kParts;
  const std::size_t head_size = a.format.head_size(a.n_in);
  const std::size_t n_blocks = a.n_in / Format::kBlock;
  Panels<Isa, Format, kTiles> p;
  p.tile = tile;
  for (int i = 0; i < kTiles; ++i) {
    p.sums[i] = sums[i];
    std::fill_n(sums[i], std::size_t{n_rows} * Isa::kWidth, 0.0f);
  }
  for (std::size_t b = 0; b < n_blocks; b += kPanelBlocks) {
    const std::size_t n = std::min(kPanelBlocks, n_blocks - b);
    for (int i = 0; i < kTiles; ++i) {
      const std::uint8_t* const quants = tiles[i] + head_size + b * Format::kQuants * Isa::kWidth;
      p.panel[i].unpack(tiles[i] + b * Format::kHead * Isa::kWidth, quants, n);
      p.next[i] = quants + n * Format::kQuants * Isa::kWidth;
    }
    p.next_bytes = std::min(kPanelBlocks, n_blocks - b - n) * Format::kQuants * Isa::kWidth;
    panel_rows<Isa, Format, Isa::kPanelRows, kTiles>(a, p, static_cast<int>(n * kParts), b * kParts,
                                                     pass, n_rows);
  }
}

template <class Isa, class Format>
struct QuantizedPasses {
  template <int kTiles>
  static void run(const MatmulArgs& a, const std::uint8_t* const (&tiles)[kTiles],
                  std::uint32_t tile, std::uint32_t pass, std::uint32_t n_rows,
                  float* const (&sums)[kTiles]) {
    run_panels<Isa, Format, kTiles>(a, tiles, tile, pass, n_rows, sums);
  }
};

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_KERNELS_PANEL_HPP_
