// plugins/cpu/kernels/float_matmul.hpp: y = W x for tiles of float weights.
//
//   f32 inputs, W in F32, F16 or BF16:
//     per 128 elements of k:  s = (a0 + a1) + (a2 + a3), a_j = chain of fma over k = j, j + 4, ...
//                             y = y + s
//   BF16 inputs, W in BF16, where the processor multiplies pairs of them:
//     per 128 pairs:          s = a0 + a1, a_j = chain over pairs j, j + 2, ... of the instruction
//                             y = y + s
//   in rising order of k. How many rows and tiles are worked on at a time changes nothing about the
//   operations of one element.
//
// Tiles: F32 and F16 [k][kWidth]; BF16 in pairs, [k / 2][kWidth][2].
#ifndef FORGE_PLUGINS_CPU_KERNELS_FLOAT_MATMUL_HPP_
#define FORGE_PLUGINS_CPU_KERNELS_FLOAT_MATMUL_HPP_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "forge/abi/tensor.h"
#include "plugins/cpu/kernels/api.hpp"
#include "plugins/cpu/kernels/panel.hpp"

namespace forge::cpu {

// Every kind of weights gives
//   kType, kInput, X            its type, and what it is multiplied with
//   kElements                   along k that one step multiplies
//   kBytes                      of a step and row in the tile
//   kChains                     sums an element of y has at a time
//   kPanelRows                  rows of which a panel's sums fit the registers
//   load<J>(p, step)            the weights of a step, J = step % 2
//   spread(x)                   the inputs of a step, in every lane
//   dot(sum, w, x)              sum + w * x
//   Unpacked                    what many rows take: the same, or f32 made of it once for all
template <class Isa>
struct WeightF32 {
  static constexpr std::uint32_t kType = FORGE_TYPE_F32, kBytes = 4;
  static constexpr Input kInput = Input::kF32;
  static constexpr int kElements = 1, kChains = 4, kPanelRows = 3;
  using X = float;
  using Unpacked = WeightF32;
  using F = typename Isa::F;
  template <int J>
  static F load(const std::uint8_t* p, std::size_t step) {
    return Isa::load(reinterpret_cast<const float*>(p) + step * Isa::kWidth);
  }
  static F spread(const float* x) { return Isa::set1(*x); }
  static F dot(F sum, F w, F x) { return Isa::fma(w, x, sum); }
};

template <class Isa>
struct WeightF16 : WeightF32<Isa> {
  static constexpr std::uint32_t kType = FORGE_TYPE_F16, kBytes = 2;
  template <int J>
  static typename Isa::F load(const std::uint8_t* p, std::size_t step) {
    return Isa::load_half(reinterpret_cast<const std::uint16_t*>(p) + step * Isa::kWidth);
  }
};

template <class Isa>
struct WeightBf16 : WeightF32<Isa> {
  static constexpr std::uint32_t kType = FORGE_TYPE_BF16, kBytes = 2;
  template <int J>
  static typename Isa::F load(const std::uint8_t* p, std::size_t step) {
    const typename Isa::I pairs = Isa::load_bytes(p + step / 2 * 4 * Isa::kWidth);
    if constexpr (J == 0) return Isa::bits_to_float(Isa::template shift_left<16>(pairs));
    return Isa::bits_to_float(Isa::and_i(pairs, Isa::set1_i(static_cast<int>(0xffff0000))));
  }
};

template <class Isa>
struct WeightBf16Pairs {
  static constexpr std::uint32_t kType = FORGE_TYPE_BF16, kBytes = 4;
  static constexpr Input kInput = Input::kBf16;
  static constexpr int kElements = 2, kChains = 2, kPanelRows = 4;
  using X = std::uint16_t;
  using Unpacked = WeightBf16Pairs;
  template <int J>
  static typename Isa::I load(const std::uint8_t* p, std::size_t step) {
    return Isa::load_bytes(p + step * 4 * Isa::kWidth);
  }
  static typename Isa::I spread(const std::uint16_t* x) {
    return Isa::two_words(reinterpret_cast<const std::int16_t*>(x));
  }
  static typename Isa::F dot(typename Isa::F sum, typename Isa::I w, typename Isa::I x) {
    return Isa::dot_bfloat16(sum, w, x);
  }
};

// Steps after which the chains are joined, and of a panel: 8 KiB of AVX-512's weights, 512 bytes of
// each row's inputs.
inline constexpr std::size_t kFloatSteps = 128;

template <class Weight>
inline const typename Weight::X* input_row(const MatmulArgs& a, std::uint32_t row) {
  if constexpr (Weight::kInput == Input::kBf16) {
    return a.bf16 + row * a.bf16_stride;
  } else {
    return a.x + row * a.x_stride;
  }
}

// y += n steps of kTiles tiles times T rows. kAhead: asks for weights ahead, as nobody
// has yet.
template <class Isa, class Weight, int T, int kTiles, bool kAhead>
__attribute__((always_inline)) inline void float_steps(const std::uint8_t* const (&w)[kTiles],
                                                       const typename Weight::X* const (&x)[T],
                                                       std::size_t n,
                                                       typename Isa::F (&y)[kTiles][T]) {
  constexpr int kChains = Weight::kChains;
  constexpr std::size_t kStep = std::size_t{Weight::kBytes} * Isa::kWidth;
  typename Isa::F sum[kChains][kTiles][T];
#pragma GCC unroll 4
  for (auto& chain : sum) {
#pragma GCC unroll 2
    for (auto& of_tile : chain) {
#pragma GCC unroll 16
      for (int t = 0; t < T; ++t) of_tile[t] = Isa::zero();
    }
  }
  const auto one = [&]<int J>(std::size_t step) __attribute__((always_inline)) {
    decltype(Weight::template load<0>(w[0], 0)) weights[kTiles];
#pragma GCC unroll 2
    for (int i = 0; i < kTiles; ++i) {
      weights[i] = Weight::template load<J % 2>(w[i], step);
      Isa::hold(weights[i]);  // or every product would load them again
      // Once, and into the second-level cache: docs/benchmarks.md.
      if (kAhead && J * kStep % 64 == 0) __builtin_prefetch(w[i] + step * kStep + 4096, 0, 2);
    }
#pragma GCC unroll 16
    for (int t = 0; t < T; ++t) {
      const auto input = Weight::spread(x[t] + step * Weight::kElements);
#pragma GCC unroll 2
      for (int i = 0; i < kTiles; ++i) {
        typename Isa::F& to = sum[J % kChains][i][t];
        to = Weight::dot(to, weights[i], input);
      }
    }
  };
  std::size_t step = 0;
  for (; step + 4 <= n; step += 4) {
    one.template operator()<0>(step);
    one.template operator()<1>(step + 1);
    one.template operator()<2>(step + 2);
    one.template operator()<3>(step + 3);
  }
  if (step < n) one.template operator()<0>(step);
  if (step + 1 < n) one.template operator()<1>(step + 1);
  if (step + 2 < n) one.template operator()<2>(step + 2);
#pragma GCC unroll 2
  for (int i = 0; i < kTiles; ++i) {
#pragma GCC unroll 16
    for (int t = 0; t < T; ++t) {
      typename Isa::F s = Isa::add(sum[0][i][t], sum[1][i][t]);
      if constexpr (kChains == 4) s = Isa::add(s, Isa::add(sum[2][i][t], sum[3][i][t]));
      y[i][t] = Isa::add(y[i][t], s);
    }
  }
}

template <class Weight>
inline std::size_t input_stride(const MatmulArgs& a) {
  return Weight::kInput == Input::kBf16 ? a.bf16_stride : a.x_stride;
}

template <class Weight>
inline std::size_t float_step_count(const MatmulArgs& a) {
  return (std::size_t{a.n_in} + Weight::kElements - 1) / Weight::kElements;
}

// One tile times T rows; out [T, kWidth].
template <class Isa, class Weight>
struct Float {
  template <int T>
  static void run(const MatmulArgs& a, const std::uint8_t* tile, std::uint32_t row, float* out) {
    constexpr std::size_t kStep = std::size_t{Weight::kBytes} * Isa::kWidth;
    const typename Weight::X* x[T];
    typename Isa::F y[1][T];
#pragma GCC unroll 16
    for (int t = 0; t < T; ++t) {
      x[t] = input_row<Weight>(a, row + static_cast<std::uint32_t>(t));
      y[0][t] = Isa::zero();
    }
    const std::size_t n_steps = float_step_count<Weight>(a);
    for (std::size_t step = 0; step < n_steps; step += kFloatSteps) {
      float_steps<Isa, Weight, T, 1, true>({tile + step * kStep}, x,
                                           std::min(kFloatSteps, n_steps - step), y);
#pragma GCC unroll 16
      for (int t = 0; t < T; ++t) x[t] += kFloatSteps * Weight::kElements;
    }
#pragma GCC unroll 16
    for (int t = 0; t < T; ++t) Isa::store(out + t * Isa::kWidth, y[0][t]);
  }
};

// Some steps of kTiles tiles, and where in [rows, kWidth] their sums go on.
template <int kTiles>
struct FloatPanels {
  const std::uint8_t* weights[kTiles];
  float* sums[kTiles];
  const std::uint8_t* next[kTiles];  // what comes then
  std::size_t n_steps = 0;
  std::size_t next_bytes = 0;  // 0: none, the tiles' columns of y do
  std::uint32_t tile = 0, pass = 0;
};

// All rows of a pass: T at a time, then half as many, and so on for what is left. x: of the pass's
// first row, from the panels' first step on.
template <class Isa, class Weight, int T, int kTiles>
inline void float_panel_rows(const MatmulArgs& a, const FloatPanels<kTiles>& p,
                             const typename Weight::X* x, std::size_t stride, std::uint32_t n_rows,
                             std::uint32_t row = 0) {
  for (; row + T <= n_rows; row += T) {
    prefetch_next<kTiles>(p.next, p.next_bytes, row, row + T, n_rows);
    if (p.next_bytes == 0) prefetch_outputs<Isa, kTiles>(a, p.tile, p.pass + row, T);
    const typename Weight::X* rows[T];
    typename Isa::F y[kTiles][T];
    const auto each = [&](auto&& body) __attribute__((always_inline)) {
#pragma GCC unroll 2
      for (int i = 0; i < kTiles; ++i) {
#pragma GCC unroll 16
        for (int t = 0; t < T; ++t)
          body(y[i][t], p.sums[i] + (row + static_cast<std::uint32_t>(t)) * Isa::kWidth);
      }
    };
#pragma GCC unroll 16
    for (int t = 0; t < T; ++t) rows[t] = x + (row + static_cast<std::uint32_t>(t)) * stride;
    each([](typename Isa::F& f, float* at) { f = Isa::load(at); });
    float_steps<Isa, Weight, T, kTiles, false>(p.weights, rows, p.n_steps, y);
    each([](const typename Isa::F& f, float* at) { Isa::store(at, f); });
  }
  if constexpr (T > 1) {
    if (row < n_rows) float_panel_rows<Isa, Weight, T / 2, kTiles>(a, p, x, stride, n_rows, row);
  }
}

// run_panels() for float weights.
template <class Isa, class Weight>
struct FloatPasses {
  using Unpacked = typename Weight::Unpacked;
  static constexpr bool kUnpack = Weight::kBytes != Unpacked::kBytes;
  static constexpr std::size_t kStep = std::size_t{Weight::kBytes} * Isa::kWidth;

  template <int kTiles>
  static void run(const MatmulArgs& a, const std::uint8_t* const (&tiles)[kTiles],
                  std::uint32_t tile, std::uint32_t pass, std::uint32_t n_rows,
                  float* const (&sums)[kTiles]) {
    alignas(64) float unpacked[kUnpack ? kTiles : 1][kUnpack ? kFloatSteps * Isa::kWidth : 1];
    FloatPanels<kTiles> p;
    p.tile = tile;
    p.pass = pass;
    for (int i = 0; i < kTiles; ++i) {
      p.sums[i] = sums[i];
      std::fill_n(sums[i], std::size_t{n_rows} * Isa::kWidth, 0.0f);
    }
    const std::size_t n_steps = float_step_count<Weight>(a);
    const typename Weight::X* const x = input_row<Weight>(a, pass);
    for (std::size_t step = 0; step < n_steps; step += kFloatSteps) {
      p.n_steps = std::min(kFloatSteps, n_steps - step);
      p.next_bytes = std::min(kFloatSteps, n_steps - step - p.n_steps) * kStep;
      for (int i = 0; i < kTiles; ++i) {
        const std::uint8_t* const weights = tiles[i] + step * kStep;
        p.next[i] = weights + p.n_steps * kStep;
        if constexpr (kUnpack) {
          unpack(weights, p.n_steps, unpacked[i]);
          p.weights[i] = reinterpret_cast<const std::uint8_t*>(unpacked[i]);
        } else {
          p.weights[i] = weights;
        }
      }
      float_panel_rows<Isa, Unpacked, Unpacked::kPanelRows, kTiles>(
          a, p, x + step * Weight::kElements, input_stride<Weight>(a), n_rows);
    }
  }

 private:
  static void unpack(const std::uint8_t* weights, std::size_t n, float* to) {
    for (std::size_t step = 0; step < n; step += 2) {
      Isa::store(to + step * Isa::kWidth, Weight::template load<0>(weights, step));
      if (step + 1 < n)
        Isa::store(to + (step + 1) * Isa::kWidth, Weight::template load<1>(weights, step + 1));
    }
  }
};

// ---------------------------------------------------------------- BF16

// A row of inputs, rounded to nearest, halfway to even; an odd number of them is followed by a
// zero. A row with an element that is no finite number becomes NaN altogether.
template <class Isa>
void bfloat16_row(const float* x, std::size_t k, std::uint16_t* out) {
  using I = typename Isa::I;
  typename Isa::F finite = Isa::zero();
  const auto rounded = [&](typename Isa::F v) {
    finite = Isa::fma(v, Isa::zero(), finite);
    const I bits = Isa::float_to_bits(v);
    const I odd = Isa::and_i(Isa::template shift_right<16>(bits), Isa::set1_i(1));
    const I up = Isa::add_i(bits, Isa::add_i(odd, Isa::set1_i(0x7fff)));
    return Isa::template shift_right<16>(up);
  };
  const std::size_t whole = k / Isa::kWidth * Isa::kWidth;
  for (std::size_t i = 0; i < whole; i += Isa::kWidth)
    Isa::store_low_words(reinterpret_cast<std::uint8_t*>(out + i), rounded(Isa::load(x + i)));
  const std::size_t padded = (k + 1) / 2 * 2;
  if (whole < padded) {
    std::uint16_t last[Isa::kWidth];
    Isa::store_low_words(reinterpret_cast<std::uint8_t*>(last),
                         rounded(Isa::load_partial(x + whole, k - whole)));
    std::copy_n(last, padded - whole, out + whole);
  }
  if (Isa::reduce_add(finite) != 0) std::fill_n(out, k, std::uint16_t{0x7fc0});
}

// Whether all F16 values of the tiles' rows are BF16 values.
template <class Isa>
bool fits_bfloat16(const RepackArgs& a) {
  const std::size_t first = std::size_t{a.tile_begin} * Isa::kWidth;
  const std::size_t end = std::min<std::size_t>(std::size_t{a.tile_end} * Isa::kWidth, a.n_out);
  const auto* const p = reinterpret_cast<const std::uint16_t*>(a.rows + first * a.row_bytes);
  const std::size_t n = (end - first) * a.n_in;
  typename Isa::I lost = Isa::zero_i();
  std::size_t i = 0;
  for (; i + Isa::kWidth <= n; i += Isa::kWidth) {
    if (i % 4096 == 0 && Isa::any(Isa::template shift_left<16>(lost))) return false;
    lost = Isa::or_i(lost, Isa::float_to_bits(Isa::load_half(p + i)));
  }
  if (i < n) {
    std::uint16_t last[Isa::kWidth] = {};
    std::copy_n(p + i, n - i, last);
    lost = Isa::or_i(lost, Isa::float_to_bits(Isa::load_half(last)));
  }
  return !Isa::any(Isa::template shift_left<16>(lost));
}

// Tiles of F16 into tiles of BF16, in place.
template <class Isa>
void tiles_to_bfloat16(const RepackArgs& a) {
  constexpr std::size_t kPair = std::size_t{4} * Isa::kWidth;
  const std::size_t tile_size = a.format.tile_size(a.n_in);
  for (std::size_t tile = a.tile_begin; tile < a.tile_end; ++tile) {
    std::uint8_t* const p = a.tiles + tile * tile_size;
    for (std::size_t k = 0; k < a.n_in; k += 2) {
      std::uint8_t* const at = p + k / 2 * kPair;
      const auto* const halves = reinterpret_cast<const std::uint16_t*>(at);
      const auto bits = [&](std::size_t i) {
        return Isa::float_to_bits(Isa::load_half(halves + i * Isa::kWidth));
      };
      typename Isa::I pair = Isa::template shift_right<16>(bits(0));
      if (k + 1 < a.n_in) pair = Isa::or_i(pair, bits(1));
      Isa::store_i(at, pair);
    }
  }
}

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_KERNELS_FLOAT_MATMUL_HPP_
