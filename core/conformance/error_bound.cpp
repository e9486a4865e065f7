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

// What rounding to f16 may lose of a sum however small its terms are: halves below 2^-14 have no
// more than 2^-24 to count in, packs may keep 2^-23 of an input, and the weights of a row sum up to
// some 800 here.
constexpr double kHalfFloor = 1e-4;
// And in units of the bound with one rounding of each weight to f16: packs may round its scale, its
// minimum and the sum of both, and the first two are shared by a block, whose errors then add up
// instead of being independent.
constexpr double kHalfFactor = 4;

// E4M3: half a unit in the last place, relative; and half of the smallest step there is, relative
// to the largest number, which packs bring to between 112 and 448 (they may know it within a factor
// of two, and move it by a power of two): 2^-10 / 112.
constexpr double kFp8Eps = 0x1p-4;
constexpr double kFp8Floor = 0x1p-10 / 112;

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
                std::span<const double> x_error, graph::PromptType prompts) {
  const std::span<const float> w = weight.row(row);
  Product out;
  double magnitude = 0;
  double squares = 0;
  double carried = 0;
  double weights = 0, inputs = 0;  // sums of magnitudes
  double largest = 0;              // input
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double p = double{w[i]} * x[i];
    out.value += p;
    magnitude += std::abs(p);
    squares += p * p;
    weights += std::abs(w[i]);
    inputs += std::abs(x[i]);
    largest = std::max(largest, std::abs(double{x[i]}));
    if (!x_error.empty()) carried += std::abs(w[i]) * x_error[i];
  }
  out.error = static_cast<double>(x.size() + 1) * kEps * magnitude + carried;
  if (weight.type() != FORGE_TYPE_F32) {
    const double variance = squares * kF16Eps * kF16Eps / 3 + input_variance(weight.type(), w, x);
    out.error += kDeviations * std::sqrt(variance);
  }
  if (weight.type() == FORGE_TYPE_F32 || is_float(weight.type())) return out;
  if (prompts == graph::PromptType::kF16) out.error = kHalfFactor * out.error + kHalfFloor;
  if (prompts == graph::PromptType::kFp8)
    out.error += kDeviations * kFp8Eps * std::sqrt(2 * squares / 3) +
                 kFp8Floor * (weights * largest + inputs * double{weight.largest()});
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
