// plugins/hip/device/activation.hpp: FORGE_ACT_*, see forge/abi/graph.h.
#ifndef FORGE_PLUGINS_HIP_DEVICE_ACTIVATION_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_ACTIVATION_HPP_

#include "forge/abi/graph.h"
#include "plugins/hip/device/target.hpp"

namespace forge::hip::device {

// e^x with the error of a few roundings also where |x| is large: x log2 e rounded would be off by
// |x| 2^-24. ln 2 in two parts, Cody and Waite 1980; the first has few enough bits that n times it
// is exact.
FORGE_DEVICE float precise_exp(float x) {
  const float n = round_of(x * 1.4426950408889634f);
  const float r = fma_of(n, -1.42860677e-06f, fma_of(n, -0.693145752f, x));
  return exp2_of(n) * exp2_of(r * 1.4426950408889634f);
}

// erf by Abramowitz and Stegun 7.1.26: absolute error below 1.5e-7.
FORGE_DEVICE float erf_of(float x) {
  const float t = 1.0f / fma_of(0.3275911f, abs_of(x), 1.0f);
  float p = fma_of(1.061405429f, t, -1.453152027f);
  p = fma_of(p, t, 1.421413741f);
  p = fma_of(p, t, -0.284496736f);
  p = fma_of(p, t, 0.254829592f) * t;
  const float y = 1.0f - p * precise_exp(-x * x);
  return x < 0 ? -y : y;
}

FORGE_DEVICE float sigmoid_of(float x) { return 1.0f / (1.0f + precise_exp(-x)); }

// 1 - 2 / (exp(2 x) + 1): right at both ends, where exp overflows or vanishes.
FORGE_DEVICE float tanh_of(float x) { return 1.0f - 2.0f / (precise_exp(2.0f * x) + 1.0f); }

FORGE_DEVICE float activate(uint32_t activation, float x) {
  switch (activation) {
    case FORGE_ACT_SILU:
      return x * sigmoid_of(x);
    case FORGE_ACT_GELU_TANH:
      return 0.5f * x * (1.0f + tanh_of(0.79788456080286536f * fma_of(0.044715f * x * x, x, x)));
    case FORGE_ACT_GELU_ERF:
      return 0.5f * x * (1.0f + erf_of(x * 0.70710678118654752f));
    case FORGE_ACT_SIGMOID:
      return sigmoid_of(x);
    case FORGE_ACT_RELU:
      return max_of(x, 0.0f);
    default:
      return x;
  }
}

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_ACTIVATION_HPP_
