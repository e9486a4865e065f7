// plugins/cpu/kernels/math.hpp: elementary functions on vectors.
#ifndef FORGE_PLUGINS_CPU_KERNELS_MATH_HPP_
#define FORGE_PLUGINS_CPU_KERNELS_MATH_HPP_

#include <cstdint>

#include "forge/abi/graph.h"

namespace forge::cpu {

// e^r for x = n ln 2 + r, |r| <= ln 2 / 2, by its Taylor polynomial of degree 7 (the next term is
// below 2^-27 of the result), ln 2 in two parts so that r is good to the last bit (Cody and Waite
// 1980). n is a whole number.
template <class Isa>
inline typename Isa::F exp_of_rest(typename Isa::F x, typename Isa::F n) {
  using F = typename Isa::F;
  F r = Isa::fnma(n, Isa::set1(0.693359375f), x);
  r = Isa::fnma(n, Isa::set1(-2.12194440e-4f), r);
  F p = Isa::set1(1.0f / 5040);
  p = Isa::fma(p, r, Isa::set1(1.0f / 720));
  p = Isa::fma(p, r, Isa::set1(1.0f / 120));
  p = Isa::fma(p, r, Isa::set1(1.0f / 24));
  p = Isa::fma(p, r, Isa::set1(1.0f / 6));
  p = Isa::fma(p, r, Isa::set1(0.5f));
  p = Isa::fma(p, r, Isa::set1(1.0f));
  return Isa::fma(p, r, Isa::set1(1.0f));
}

inline constexpr float kExpLow = -87.33654f;  // e^x below is no normal number
inline constexpr float kLog2E = 1.44269504f;

// e^x. Relative error below 3e-7. Below -87.3 the result is 0, above 88.7 that of 88.7. NaN stays
// NaN: of max and min the second operand comes out when one is NaN.
template <class Isa>
inline typename Isa::F exp(typename Isa::F x) {
  using F = typename Isa::F;
  const F clamped = Isa::max(Isa::set1(-88.0f), Isa::min(Isa::set1(88.72283f), x));
  const F n = Isa::round(Isa::mul(clamped, Isa::set1(kLog2E)));
  const F p = exp_of_rest<Isa>(clamped, n);
  // p * 2^n in two steps: n reaches 128, which no exponent field holds.
  const typename Isa::I exponent = Isa::round_to_int(n);
  const typename Isa::I half = Isa::template shift_right_signed<1>(exponent);
  const typename Isa::I bias = Isa::set1_i(127);
  const F s1 = Isa::bits_to_float(Isa::template shift_left<23>(Isa::add_i(half, bias)));
  const F s2 = Isa::bits_to_float(
      Isa::template shift_left<23>(Isa::add_i(Isa::sub_i(exponent, half), bias)));
  return Isa::zero_below(Isa::mul(Isa::mul(p, s1), s2), x, Isa::set1(kExpLow));
}

// The same for x <= 0 and NaN, with fewer steps.
template <class Isa>
inline typename Isa::F exp_not_above_one(typename Isa::F x) {
  using F = typename Isa::F;
  const F clamped = Isa::max(Isa::set1(-88.0f), x);
  const F n = Isa::round(Isa::mul(clamped, Isa::set1(kLog2E)));
  const F p = exp_of_rest<Isa>(clamped, n);
  const typename Isa::I exponent = Isa::add_i(Isa::round_to_int(n), Isa::set1_i(127));
  const F scale = Isa::bits_to_float(Isa::template shift_left<23>(exponent));
  return Isa::zero_below(Isa::mul(p, scale), x, Isa::set1(kExpLow));
}

template <class Isa>
inline typename Isa::F sigmoid(typename Isa::F x) {
  const typename Isa::F one = Isa::set1(1.0f);
  return Isa::div(one, Isa::add(one, exp<Isa>(Isa::sub(Isa::zero(), x))));
}

// tanh x = 1 - 2 / (e^2x + 1): absolute error below 2e-7, which is what the users of it need.
template <class Isa>
inline typename Isa::F tanh(typename Isa::F x) {
  const typename Isa::F one = Isa::set1(1.0f);
  const typename Isa::F e = exp<Isa>(Isa::add(x, x));
  return Isa::sub(one, Isa::div(Isa::set1(2.0f), Isa::add(e, one)));
}

// erf by Abramowitz and Stegun 7.1.26: absolute error below 1.5e-7 in real numbers.
template <class Isa>
inline typename Isa::F erf(typename Isa::F x) {
  using F = typename Isa::F;
  const F a = Isa::abs(x);
  const F t = Isa::div(Isa::set1(1.0f), Isa::fma(Isa::set1(0.3275911f), a, Isa::set1(1.0f)));
  F p = Isa::set1(1.061405429f);
  p = Isa::fma(p, t, Isa::set1(-1.453152027f));
  p = Isa::fma(p, t, Isa::set1(1.421413741f));
  p = Isa::fma(p, t, Isa::set1(-0.284496736f));
  p = Isa::fma(p, t, Isa::set1(0.254829592f));
  p = Isa::mul(p, t);
  const F tail = Isa::mul(p, exp<Isa>(Isa::sub(Isa::zero(), Isa::mul(a, a))));
  return Isa::with_sign_of(Isa::sub(Isa::set1(1.0f), tail), x);
}

// FORGE_ACT_*; see forge/abi/graph.h for the formulas.
template <class Isa>
inline typename Isa::F activation(std::uint32_t kind, typename Isa::F x) {
  using F = typename Isa::F;
  switch (kind) {
    case FORGE_ACT_SILU:
      return Isa::mul(x, sigmoid<Isa>(x));
    case FORGE_ACT_SIGMOID:
      return sigmoid<Isa>(x);
    case FORGE_ACT_RELU:
      return Isa::max(Isa::zero(), x);
    case FORGE_ACT_GELU_TANH: {
      const F cube = Isa::mul(Isa::mul(x, x), x);
      const F inner = Isa::mul(Isa::set1(0.7978845608f), Isa::fma(Isa::set1(0.044715f), cube, x));
      return Isa::mul(Isa::mul(Isa::set1(0.5f), x), Isa::add(Isa::set1(1.0f), tanh<Isa>(inner)));
    }
    case FORGE_ACT_GELU_ERF: {
      const F e = erf<Isa>(Isa::mul(x, Isa::set1(0.7071067812f)));
      return Isa::mul(Isa::mul(Isa::set1(0.5f), x), Isa::add(Isa::set1(1.0f), e));
    }
    default:
      return x;
  }
}

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_KERNELS_MATH_HPP_
