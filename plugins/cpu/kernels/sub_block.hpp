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

// sum[t] += the products of N registers of weights with 4 * N activations of each row. Exact, so
// the order is free.
template <class Isa, class Format, int N, int T>
__attribute__((always_inline)) inline void dot_rows(const typename Isa::B* w,
                                                    const std::int8_t* const* q, std::size_t at,
                                                    typename Isa::I* sum) {
  constexpr int kPairs = pairs_per_sum<Isa, Format>(N);
  if constexpr (kPairs > 1) {
#pragma GCC unroll 8
    for (int i = 0; i < N; i += kPairs) {
#pragma GCC unroll 16
      for (int t = 0; t < T; ++t) {
        typename Isa::B pairs = Isa::dot_pairs(w[i], q[t] + at + 4 * i);
#pragma GCC unroll 8
        for (int j = 1; j < kPairs; ++j)
          pairs = Isa::add_pairs(pairs, Isa::dot_pairs(w[i + j], q[t] + at + 4 * (i + j)));
        sum[t] = Isa::sum_pairs(sum[t], pairs);
      }
    }
  } else {
#pragma GCC unroll 8
    for (int i = 0; i < N; ++i) {
#pragma GCC unroll 16
      for (int t = 0; t < T; ++t) {
        if constexpr (Wide<Format>) {
          sum[t] = Isa::dot_wide(sum[t], w[i], q[t] + at + 4 * i);
        } else {
          sum[t] = Isa::dot(sum[t], w[i], q[t] + at + 4 * i);
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

// Sub-block J: 32 elements with one scale.
template <class Isa, class Format, int T, int J, class Scales>
__attribute__((always_inline)) inline void sub_block(const Scales& format, const typename Isa::B* w,
                                                     const ActRows<T>& x, std::size_t block,
                                                     typename Isa::F* y) {
  using I = typename Isa::I;
  constexpr AuxKind kAux = Format::kAux;
  I sum[T];
#pragma GCC unroll 16
  for (int t = 0; t < T; ++t)
    sum[t] = has_offset(kAux) ? Isa::set1_i(x.aux[t][block]) : Isa::zero_i();
  dot_rows<Isa, Format, 8, T>(w, x.q, block * 32, sum);
  const typename Isa::F d = format.template scale<J>();
#pragma GCC unroll 16
  for (int t = 0; t < T; ++t) {
    y[t] = Isa::fma(Isa::to_float(sum[t]), Isa::mul(d, Isa::set1(x.scale[t][block])), y[t]);
    if constexpr (has_min(kAux))
      y[t] = Isa::fma(format.template min<J>(), Isa::set1(aux_float(x.aux[t] + block)), y[t]);
  }
}

// Sub-block J: 32 elements with one scale for each half.
template <class Isa, class Format, int T, int J, class Scales>
__attribute__((always_inline)) inline void sub_block_halves(const Scales& format,
                                                            const typename Isa::B* w,
                                                            const ActRows<T>& x, std::size_t block,
                                                            typename Isa::F* y) {
  using I = typename Isa::I;
  using F = typename Isa::F;
  constexpr AuxKind kAux = Format::kAux;
  const F d0 = format.template scale<J>();
  const F d1 = format.template scale2<J>();
#pragma GCC unroll 16
  for (int t = 0; t < T; ++t) {
    I first = has_offset(kAux) ? Isa::set1_i(x.aux[t][2 * block]) : Isa::zero_i();
    I second = has_offset(kAux) ? Isa::set1_i(x.aux[t][2 * block + 1]) : Isa::zero_i();
    dot_rows<Isa, Format, 4, 1>(w, x.q + t, block * 32, &first);
    dot_rows<Isa, Format, 4, 1>(w + 4, x.q + t, block * 32 + 16, &second);
    const F both = Isa::fma(Isa::to_float(second), d1, Isa::mul(Isa::to_float(first), d0));
    y[t] = Isa::fma(both, Isa::set1(x.scale[t][block]), y[t]);
    if constexpr (has_min(kAux)) {
      y[t] = Isa::fma(format.template min<J>(), Isa::set1(aux_float(x.aux[t] + 2 * block)), y[t]);
      y[t] =
          Isa::fma(format.template min2<J>(), Isa::set1(aux_float(x.aux[t] + 2 * block + 1)), y[t]);
    }
  }
}

// One of them, by its kind.
template <class Isa, class Format, int T, int J, class Scales>
__attribute__((always_inline)) inline void any_sub_block(const Scales& scales,
                                                         const typename Isa::B* w,
                                                         const ActRows<T>& x, std::size_t block,
                                                         typename Isa::F* y) {
  if constexpr (PerSixteen<Format>) {
    sub_block_halves<Isa, Format, T, J>(scales, w, x, block, y);
  } else {
    sub_block<Isa, Format, T, J>(scales, w, x, block, y);
  }
}

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_KERNELS_SUB_BLOCK_HPP_
