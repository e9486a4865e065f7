// plugins/cpu/kernels/matmul.hpp: y = W x for tiles of W and any number of rows of x.
//
//   quantized W [n_out, n_in] (formats.hpp), x as int8 blocks (api.hpp), sums kept per output
//   element:
//     per block b of 32:  i = sum(u * q), an integer, exact in any order
//                         y = fma(float(i), d_b * s_b, y)   and with mins  y = fma(-m_b, s_b *
//                         sum(q), y)
//   in rising order of b. A micro tile is kWidth rows of W (one a lane) times T rows of x; T
//   changes nothing about the operations of one element, so any number of rows gives the same bits.
//   float W: float_matmul.hpp.
//
// Registers of the quantized tile: 8 for the block's weights, T sums, T integer sums, 2 scales.
#ifndef FORGE_PLUGINS_CPU_KERNELS_MATMUL_HPP_
#define FORGE_PLUGINS_CPU_KERNELS_MATMUL_HPP_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "forge/abi/tensor.h"
#include "plugins/cpu/kernels/api.hpp"
#include "plugins/cpu/kernels/float_matmul.hpp"
#include "plugins/cpu/kernels/formats.hpp"
#include "plugins/cpu/kernels/math.hpp"
#include "plugins/cpu/kernels/panel.hpp"
#include "plugins/cpu/kernels/repack.hpp"
#include "plugins/cpu/kernels/sub_block.hpp"

namespace forge::cpu {

// Up to which weights are asked for ahead.
constexpr std::uint32_t kFewRows = 8;

// Asks for what lies ahead of sub-block J's share of a block's lines, from p on: an even share, as
// the processor has few slots for what is under way.
template <class Isa, class Format, int J>
__attribute__((always_inline)) inline void prefetch_share(const std::uint8_t* p,
                                                          const AheadBytes& ahead) {
  constexpr std::size_t kParts = Format::kBlock / 32;
  constexpr std::size_t kBytes = (Format::kHead + Format::kQuants) * Isa::kWidth;
  constexpr std::size_t kBegin = (kBytes * J / kParts + 63) / 64 * 64;
  constexpr std::size_t kEnd = (kBytes * (J + 1) / kParts + 63) / 64 * 64;
#pragma GCC unroll 16
  for (std::size_t i = kBegin; i < kEnd; i += 64) prefetch_ahead(p + i, ahead);
}

template <class Isa, class Format, int T, int... J>
inline void whole_block(const Format (&format)[1], const std::uint8_t* quants, const ActRows<T>& x,
                        std::size_t block, const std::uint8_t* from, const AheadBytes& ahead,
                        typename Isa::F (&y)[1][T], std::integer_sequence<int, J...>) {
  const auto one = [&]<int kJ>(std::integral_constant<int, kJ>) __attribute__((always_inline)) {
    if (from != nullptr) prefetch_share<Isa, Format, kJ>(from, ahead);
    typename Isa::B w[8];
    format[0].template weights<kJ>(quants, w);
    any_sub_block<Isa, Format, T, kJ, 1>(format, {w}, x, block + kJ, y);
  };
  (one(std::integral_constant<int, J>{}), ...);
}

// One tile of weights times T rows; out [T, kWidth].
template <class Isa, class Format, int T>
inline void micro_quantized(const MatmulArgs& a, const std::uint8_t* tile, std::uint32_t row,
                            float* out) {
  constexpr int kParts = Format::kBlock / 32;
  const ActRows<T> x = act_rows<T>(a, row);
  typename Isa::F y[1][T];
#pragma GCC unroll 16
  for (int t = 0; t < T; ++t) y[0][t] = Isa::zero();
  const std::uint8_t* head = tile;
  const std::uint8_t* quants = tile + a.format.head_size(a.n_in);
  // The tile's heads lie before its quants and are read with them.
  const std::uint8_t* const from = a.n_rows <= kFewRows ? quants : nullptr;
  const AheadBytes ahead = Format::kBlock == 256 ? a.ahead.blocks_of_256 : a.ahead.blocks_of_32;
  const std::size_t n_blocks = a.n_in / Format::kBlock;
  constexpr std::size_t kBytes = (Format::kHead + Format::kQuants) * Isa::kWidth;
  for (std::size_t b = 0; b < n_blocks; ++b) {
    Format format[1];
    format[0].begin(head);
    whole_block<Isa, Format, T>(format, quants, x, b * kParts,
                                from == nullptr ? nullptr : from + b * kBytes, ahead, y,
                                std::make_integer_sequence<int, kParts>{});
    head += Format::kHead * Isa::kWidth;
    quants += Format::kQuants * Isa::kWidth;
  }
#pragma GCC unroll 16
  for (int t = 0; t < T; ++t) Isa::store(out + t * Isa::kWidth, y[0][t]);
}

// The micro tile of one kernel for T = 1 .. kMaxRows, chosen at run time.
template <class Isa, class Format>
struct Quantized {
  template <int T>
  static void run(const MatmulArgs& a, const std::uint8_t* tile, std::uint32_t row, float* out) {
    micro_quantized<Isa, Format, T>(a, tile, row, out);
  }
};
template <class Micro, int kMaxRows>
inline void run_micro(int rows, const MatmulArgs& a, const std::uint8_t* tile, std::uint32_t row,
                      float* out) {
  using Function = void (*)(const MatmulArgs&, const std::uint8_t*, std::uint32_t, float*);
  static constexpr auto kTable = []<int... T>(std::integer_sequence<int, T...>) {
    struct Table {
      Function f[kMaxRows];
    };
    return Table{{&Micro::template run<T + 1>...}};
  }(std::make_integer_sequence<int, kMaxRows>{});
  kTable.f[rows - 1](a, tile, row, out);
}

// Bias, activation and residual for one row of a finished tile; `n` lanes are real.
template <class Isa>
inline void finish_row(const MatmulArgs& a, const float* sums, const float* up, std::uint32_t row,
                       std::size_t column, std::size_t n) {
  using F = typename Isa::F;
  const bool full = n == static_cast<std::size_t>(Isa::kWidth);
  const auto load = [&](const float* p) { return full ? Isa::load(p) : Isa::load_partial(p, n); };
  F y = Isa::load(sums);
  if (a.weight.bias != nullptr) y = Isa::add(y, load(a.weight.bias + column));
  if (a.activation != 0) {
    F u = Isa::load(up);
    if (a.up.bias != nullptr) u = Isa::add(u, load(a.up.bias + column));
    y = Isa::mul(activation<Isa>(a.activation, y), u);
  }
  if (a.residual != nullptr) y = Isa::add(y, load(a.residual + row * a.residual_stride + column));
  float* out = a.y + row * a.y_stride + column;
  if (full) {
    Isa::store(out, y);
  } else {
    Isa::store_partial(out, y, n);
  }
}

// Finishes the rows [row, row + n_rows) of one tile; sums and up [n_rows, kWidth].
template <class Isa>
inline void finish_rows(const MatmulArgs& a, const float* sums, const float* up, std::uint32_t tile,
                        std::uint32_t row, std::uint32_t n_rows) {
  const std::size_t column = std::size_t{tile} * Isa::kWidth;
  const std::size_t left = a.n_out - column;
  const std::size_t n = left < Isa::kWidth ? left : Isa::kWidth;
  for (std::uint32_t t = 0; t < n_rows; ++t) {
    finish_row<Isa>(a, sums + t * Isa::kWidth, up == nullptr ? nullptr : up + t * Isa::kWidth,
                    row + t, column, n);
  }
}

// Rows of activations that a pass takes: x 4096 elements of int8 they are half a megabyte.
constexpr std::uint32_t kRowsPerPass = 128;

// The outer loops for few rows: tiles, and micro tiles of up to kMaxRows rows.
template <class Isa, class Micro, int kMaxRows>
void run_matmul(const MatmulArgs& a) {
  const std::size_t tile_size = a.format.tile_size(a.n_in);
  alignas(64) float sums[kMaxRows * Isa::kWidth];
  alignas(64) float up[kMaxRows * Isa::kWidth];
  for (std::uint32_t pass = 0; pass < a.n_rows; pass += kRowsPerPass) {
    const std::uint32_t pass_end = std::min(pass + kRowsPerPass, a.n_rows);
    for (std::uint32_t tile = a.tile_begin; tile < a.tile_end; ++tile) {
      for (std::uint32_t row = pass; row < pass_end; row += kMaxRows) {
        const std::uint32_t rows = std::min<std::uint32_t>(pass_end - row, kMaxRows);
        const int n = static_cast<int>(rows);
        run_micro<Micro, kMaxRows>(n, a, a.weight.tiles + tile * tile_size, row, sums);
        if (a.activation != 0)
          run_micro<Micro, kMaxRows>(n, a, a.up.tiles + tile * tile_size, row, up);
        finish_rows<Isa>(a, sums, up, tile, row, rows);
      }
    }
  }
}

// The same with each tile unpacked once for all rows of a pass, as many tiles at a time as the
// instruction set has registers for: the gate's and up's, or neighbours.
// Passes::run<kTiles>(): run_panels() or what is like it.
template <class Isa, class Passes>
void run_panel_matmul(const MatmulArgs& a) {
  constexpr int kTiles = Isa::kPanelTiles;
  const std::size_t tile_size = a.format.tile_size(a.n_in);
  const auto tile_of = [&](const MatmulWeight& weight, std::uint32_t tile) {
    return weight.tiles + tile * tile_size;
  };
  PanelSums<Isa> sums, up;
  for (std::uint32_t pass = 0; pass < a.n_rows; pass += kPanelPass) {
    const std::uint32_t rows = std::min(kPanelPass, a.n_rows - pass);
    for (std::uint32_t tile = a.tile_begin; tile < a.tile_end; ++tile) {
      const std::uint8_t* const first = tile_of(a.weight, tile);
      if constexpr (kTiles == 2) {
        if (a.activation != 0 || tile + 1 < a.tile_end) {
          const std::uint8_t* const second =
              a.activation != 0 ? tile_of(a.up, tile) : first + tile_size;
          Passes::template run<2>(a, {first, second}, tile, pass, rows, {sums.v, up.v});
          finish_rows<Isa>(a, sums.v, up.v, tile, pass, rows);
          if (a.activation == 0) finish_rows<Isa>(a, up.v, nullptr, ++tile, pass, rows);
          continue;
        }
      } else if (a.activation != 0) {
        Passes::template run<1>(a, {tile_of(a.up, tile)}, tile, pass, rows, {up.v});
      }
      Passes::template run<1>(a, {first}, tile, pass, rows, {sums.v});
      finish_rows<Isa>(a, sums.v, up.v, tile, pass, rows);
    }
  }
}

// Whether many rows get weights unpacked once for all of them (panel.hpp).
template <class Isa, class Format>
constexpr bool has_panel() {
  if constexpr (Isa::kPanelTiles > 1) return true;
  // A mask, or a shift and a mask, are little beside what 32 products take: without panels Q4_K is
  // 2 % faster with 32 rows, 7 % with 16 and more with 8 (AVX2, EPYC, Zen 3, 2026-11-22).
  if constexpr (Format::kType == FORGE_TYPE_Q4_K) return false;
  return Format::kBlock == 256 || requires { Format::kSlowToUnpack; };
}

template <class Isa, class Format, int kMaxRows>
void run_quantized(const MatmulArgs& a) {
  if constexpr (has_panel<Isa, Format>()) {
    if (a.n_rows > kMaxRows) return run_panel_matmul<Isa, QuantizedPasses<Isa, Format>>(a);
  }
  run_matmul<Isa, Quantized<Isa, Format>, kMaxRows>(a);
}

template <class Isa, template <class> class Format, int kMaxRows>
constexpr MatmulKernel quantized_kernel(const char* name) {
  using Tag = Format<Isa>;
  return {Tag::kType,
          name,
          {Isa::kWidth, Tag::kBlock, Tag::kHead * Isa::kWidth, Tag::kQuants * Isa::kWidth},
          Tag::kAux,
          Input::kInt8,
          run_quantized<Isa, Tag, kMaxRows>,
          repack_tiles<Isa, Tag::kType>};
}

template <class Isa, class Weight, int kMaxRows>
void run_float(const MatmulArgs& a) {
  if (a.n_rows > kMaxRows) return run_panel_matmul<Isa, FloatPasses<Isa, Weight>>(a);
  run_matmul<Isa, Float<Isa, Weight>, kMaxRows>(a);
}

template <class Isa, template <class> class Weight, int kMaxRows>
constexpr MatmulKernel float_kernel(const char* name) {
  using Tag = Weight<Isa>;
  return {Tag::kType,
          name,
          {Isa::kWidth, 1, 0, Tag::kBytes / Tag::kElements * Isa::kWidth},
          {},
          Tag::kInput,
          run_float<Isa, Tag, kMaxRows>,
          repack_tiles<Isa, Tag::kType>};
}

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_KERNELS_MATMUL_HPP_
