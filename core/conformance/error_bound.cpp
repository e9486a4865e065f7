#include "core/conformance/error_bound.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "forge/abi/graph.h"

namespace forge::conformance {
namespace {

// Standard deviations allowed.
constexpr double kDeviations = 8;

bool is_float(std::uint32_t type) { return type == FORGE_TYPE_F16 || type == FORGE_TYPE_BF16; }

// Whether int8 and bf16 hold these elements exactly; see the header.
bool is_exact(std::span<const float> x) {
  constexpr std::size_t kBlock = 32;
  for (std::size_t at = 0; at < x.size(); at += kBlock) {
    float largest = 0;
    for (const float v : x.subspan(at, std::min(kBlock, x.size() - at))) {
      if (v != std::round(v)) return false;
      largest = std::max(largest, std::abs(v));
    }
    if (largest != 127 && largest != 0) return false;
  }
  return true;
}

// Variance of the error that rounding x to what matrix units take makes in the product.
double input_variance(std::uint32_t type, std::span<const float> w, std::span<const float> x) {
  if (is_exact(x)) return 0;
  constexpr std::size_t kBlock = 256;
  constexpr double kLevels = 120;
  double variance = 0;
  for (std::size_t at = 0; at < x.size(); at += kBlock) {
    const std::size_t n = std::min(kBlock, x.size() - at);
    double squares = 0;
    double largest = 0;
    for (std::size_t i = at; i < at + n; ++i) {
      largest = std::max(largest, std::abs(double{x[i]}));
      squares += double{w[i]} * w[i] * (is_float(type) ? double{x[i]} * x[i] : 1);
    }
    const double step = largest / kLevels;
    variance += squares * (is_float(type) ? 0x1p-18 / 3 : step * step / 12);
  }
  return variance;
}

double activation_of(std::uint32_t activation, double x) {
  switch (activation) {
    case FORGE_ACT_SILU:
      return x / (1 + std::exp(-x));
    case FORGE_ACT_GELU_TANH:
      return 0.5 * x *
             (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
    case FORGE_ACT_GELU_ERF:
      return 0.5 * x * (1 + std::erf(x / std::numbers::sqrt2));
    case FORGE_ACT_SIGMOID:
      return 1 / (1 + std::exp(-x));
    case FORGE_ACT_RELU:
      return std::max(x, 0.0);
    default:
      return x;
  }
}

}  // namespace

Product product(const Weight& weight, std::uint64_t row, std::span<const float> x,
                std::span<const double> x_error) {
  const std::span<const float> w = weight.row(row);
  Product out;
  double magnitude = 0;
  double squares = 0;
  double carried = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double p = double{w[i]} * x[i];
    out.value += p;
    magnitude += std::abs(p);
    squares += p * p;
    if (!x_error.empty()) carried += std::abs(w[i]) * x_error[i];
  }
  out.error = static_cast<double>(x.size() + 1) * kEps * magnitude + carried;
  if (weight.type() != FORGE_TYPE_F32) {
    const double variance = squares * kF16Eps * kF16Eps / 3 + input_variance(weight.type(), w, x);
    out.error += kDeviations * std::sqrt(variance);
  }
  return out;
}

// No activation is steeper than 1.13 (GELU's steepest slope). SiLU and the logistic function are
// quotients of exponentials: relative error. GELU multiplies x by a function of size 1: error
// relative to x. The exponential that both divide by leaves f32's range at 2^128: a quotient may be
// off by 2^-127 there.
Product activated(std::uint32_t activation, Product x) {
  constexpr double kSteepest = 1.13;
  if (activation == FORGE_ACT_NONE) return x;
  Product out;
  out.value = activation_of(activation, x.value);
  out.error = kSteepest * x.error + 0x1p-127 * (1 + std::abs(x.value));
  if (activation == FORGE_ACT_GELU_TANH || activation == FORGE_ACT_GELU_ERF)
    out.error += kFunctionEps * std::abs(x.value);
  else if (activation != FORGE_ACT_RELU)
    out.error += kFunctionEps * std::abs(out.value);
  return out;
}

}  // namespace forge::conformance
