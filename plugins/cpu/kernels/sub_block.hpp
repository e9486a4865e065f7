// plugins/cpu/kernels/sub_block.hpp: 32 elements of weights times 32 of activations, for T rows.
//
// The arithmetic of a quantized matmul (matmul.hpp has the formula); where the weights come from is
// the caller's business.
#ifndef FORGE_PLUGINS_CPU_KERNELS_SUB_BLOCK_HPP_
#define FORGE_PLUGINS_CPU_KERNELS_SUB_BLOCK_HPP_

#include <cstddef>
#include <cstdint>

#include "plugins/cpu/kernels/api.hpp"

namespace forge::cpu {

template <class Format>
concept PerSixteen = requires { Format::kPerSixteen; };

template <class Format>
concept Wide = requires { Format::kWide; };

constexpr bool has_offset(AuxKind kind) {
  return kind.aux == Aux::kOffset32 || kind.aux == Aux::kOffset16;
}
constexpr bool has_min(AuxKind kind) { return kind.aux == Aux::kMin32 || kind.aux == Aux::kMin16; }

// T rows of quantized activations, from element 0 of the current block on.
template <int T>
struct ActRows {
  const std::int8_t* q[T];
  const float* scale[T];
  const std::int32_t* aux[T];
};

template <int T>
inline ActRows<T> act_rows(const MatmulArgs& a, std::uint32_t row) {
  ActRows<T> x;
  for (int t = 0; t < T; ++t) {
    x.q[t] = a.q + (row + t) * a.q_stride;
    x.scale[t] = a.scale + (row + t) * a.scale_stride;
    x.aux[t] = a.aux + (row + t) * a.aux_stride;
  }
  return x;
}

// How many products of pairs fit one of Isa's 16-bit sums (|q| <= 127), as a power of two up to
// `most`; 0 where Isa sums in 32 bits at once, or weights are signed.
template <class Isa, class Format>
constexpr int pairs_per_sum(int most) {
  if constexpr (Isa::kPairLimit == 0 || Wide<Format>) {
    return 0;
  } else {
    int n = most;
    while (n * 2 * 127 * Format::kLargest > Isa::kPairLimit) n /= 2;
    return n;
  }
}

// sum[i][t] += the products of N registers of tile i's weights with 4 * N activations of row t.
// Exact, so the order is free.
template <class Isa, class Format, int N, int T, int kTiles>
__attribute__((always_inline)) inline void dot_rows(const typename Isa::B* const (&w)[kTiles],
                                                    const std::int8_t* const* q, std::size_t at,
                                                    typename Isa::I (&sum)[kTiles][T]) {
  constexpr int kPairs = pairs_per_sum<Isa, Format>(N);
  if constexpr (kPairs > 1) {
    static_assert(kTiles == 1);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < N; i += kPairs) {
#pragma GCC unroll 16
      for (int t = 0; t < T; ++t) {
        typename Isa::B pairs = Isa::dot_pairs(w[0][i], q[t] + at + 4 * i);
#pragma GCC unroll 8
        for (std::size_t j = 1; j < kPairs; ++j)
          pairs = Isa::add_pairs(pairs, Isa::dot_pairs(w[0][i + j], q[t] + at + 4 * (i + j)));
        sum[0][t] = Isa::sum_pairs(sum[0][t], pairs);
      }
    }
  } else {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < N; ++i) {
#pragma GCC unroll 16
      for (int t = 0; t < T; ++t) {
#pragma GCC unroll 2
        for (int tile = 0; tile < kTiles; ++tile) {
          typename Isa::I& s = sum[tile][t];
          if constexpr (Wide<Format>) {
            s = Isa::dot_wide(s, w[tile][i], q[t] + at + 4 * i);
          } else {
            s = Isa::dot(s, w[tile][i], q[t] + at + 4 * i);
          }
        }
      }
    }
  }
}

inline float aux_float(const std::int32_t* aux) {
  float f;
  __builtin_memcpy(&f, aux, sizeof(f));
  return f;
}

// Sub-block J of kTiles tiles: 32 elements with one scale.
template <class Isa, class Format, int T, int J, int kTiles, class Scales>
__attribute__((always_inline)) inline void sub_block(const Scales (&scales)[kTiles],
                                                     const typename Isa::B* const (&w)[kTiles],
                                                     const ActRows<T>& x, std::size_t block,
                                                     typename Isa::F (&y)[kTiles][T]) {
  using I = typename Isa::I;
  constexpr AuxKind kAux = Format::kAux;
  I sum[kTiles][T];
#pragma GCC unroll 2
  for (auto& of_tile : sum) {
#pragma GCC unroll 16
    for (int t = 0; t < T; ++t)
      of_tile[t] = has_offset(kAux) ? Isa::set1_i(x.aux[t][block]) : Isa::zero_i();
  }
  dot_rows<Isa, Format, 8, T, kTiles>(w, x.q, block * 32, sum);
#pragma GCC unroll 2
  for (int i = 0; i < kTiles; ++i) {
    const typename Isa::F d = scales[i].template scale<J>();
#pragma GCC unroll 16
    for (int t = 0; t < T; ++t) {
      y[i][t] =
          Isa::fma(Isa::to_float(sum[i][t]), Isa::mul(d, Isa::set1(x.scale[t][block])), y[i][t]);
      if constexpr (has_min(kAux))
        y[i][t] =
            Isa::fma(scales[i].template min<J>(), Isa::set1(aux_float(x.aux[t] + block)), y[i][t]);
    }
  }
}

// Sub-block J: 32 elements with one scale for each half.
template <class Isa, class Format, int T, int J, int kTiles, class Scales>
__attribute__((always_inline)) inline void sub_block_halves(
    const Scales (&scales)[kTiles], const typename Isa::B* const (&w)[kTiles], const ActRows<T>& x,
    std::size_t block, typename Isa::F (&y)[kTiles][T]) {
  using I = typename Isa::I;
  using F = typename Isa::F;
  using B = typename Isa::B;
  constexpr AuxKind kAux = Format::kAux;
  // Rows that share each load of a weight, if their sums and halves stay in registers.
  constexpr int kRows = Isa::kRegisters >= 32 ? T : 1;
  const B* upper[kTiles];
  for (int i = 0; i < kTiles; ++i) upper[i] = w[i] + 4;
#pragma GCC unroll 16
  for (int first = 0; first < T; first += kRows) {
    I sums[2][kTiles][kRows];
    const auto multiply = [&]<std::size_t H>() __attribute__((always_inline)) {
#pragma GCC unroll 2
      for (auto& of_tile : sums[H]) {
#pragma GCC unroll 16
        for (int t = 0; t < kRows; ++t)
          of_tile[t] =
              has_offset(kAux) ? Isa::set1_i(x.aux[first + t][2 * block + H]) : Isa::zero_i();
      }
      dot_rows<Isa, Format, 4, kRows, kTiles>(H == 0 ? w : upper, x.q + first, block * 32 + 16 * H,
                                              sums[H]);
    };
    multiply.template operator()<0>();
    if constexpr (kRows == 1) multiply.template operator()<1>();  // both chains at once
    F half[kTiles][kRows];
#pragma GCC unroll 2
    for (int i = 0; i < kTiles; ++i) {
#pragma GCC unroll 16
      for (int t = 0; t < kRows; ++t)
        half[i][t] = Isa::mul(Isa::to_float(sums[0][i][t]), scales[i].template scale<J>());
    }
    if constexpr (kRows != 1) multiply.template operator()<1>();
#pragma GCC unroll 2
    for (int i = 0; i < kTiles; ++i) {
      const Scales& s = scales[i];
#pragma GCC unroll 16
      for (int t = 0; t < kRows; ++t) {
        F& to = y[i][first + t];
        const F both = Isa::fma(Isa::to_float(sums[1][i][t]), s.template scale2<J>(), half[i][t]);
        to = Isa::fma(both, Isa::set1(x.scale[first + t][block]), to);
        if constexpr (has_min(kAux)) {
          const std::int32_t* const aux = x.aux[first + t] + 2 * block;
          to = Isa::fma(s.template min<J>(), Isa::set1(aux_float(aux)), to);
          to = Isa::fma(s.template min2<J>(), Isa::set1(aux_float(aux + 1)), to);
        }
      }
    }
  }
}

// One of them, by its kind.
template <class Isa, class Format, int T, int J, int kTiles, class Scales>
__attribute__((always_inline)) inline void any_sub_block(const Scales (&scales)[kTiles],
                                                         const typename Isa::B* const (&w)[kTiles],
                                                         const ActRows<T>& x, std::size_t block,
                                                         typename Isa::F (&y)[kTiles][T]) {
  if constexpr (PerSixteen<Format>) {
    sub_block_halves<Isa, Format, T, J, kTiles>(scales, w, x, block, y);
  } else {
    sub_block<Isa, Format, T, J, kTiles>(scales, w, x, block, y);
  }
}

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_KERNELS_SUB_BLOCK_HPP_
