// core/conformance/error_bound.hpp: how far a right implementation may be from the reference.
//
// The reference keeps its sums in double, so its own error is one rounding to f32. A pack may
//   - add in f32 in any order: each of k additions rounds to 2^-24 of a partial sum, which is at
//     most sum |w x|; together (k + 1) 2^-24 sum |w x|, always (Higham, Accuracy and
//     Stability, 3.1);
//   - with weights of other types than F32, round weights and inputs to what matrix units take.
//   Each
//     such rounding is an error of its own; they add like independent ones, and we allow eight
//     standard deviations, which chance does not reach:
//       weights to f16:   relative, at most 2^-11, standard deviation 2^-11 / sqrt(3)
//       inputs to bf16:   relative, at most 2^-9, standard deviation 2^-9 / sqrt(3)
//       inputs to int8 (quantized weights only), with one scale for up to 256 elements and at least
//       120 levels: absolute, at most half a step, standard deviation step / sqrt(12), step =
//       max |x| / 120.
//   - with quantized weights, where the pack was asked to (graph::PromptType), round both to
//     f16: see kHalfFactor; to FP8 (E4M3): relative, at most 2^-4 each, standard deviation at most
//     2^-4 / sqrt(3); what is small beside the largest number of the matrix or of the row of inputs
//     more, see kFp8Floor.
// Inputs that are whole numbers up to 127, with 127 among every 32, lose nothing in any of these,
// so with them a single wrong bit in a weight stands out.
#ifndef FORGE_CORE_CONFORMANCE_ERROR_BOUND_HPP_
#define FORGE_CORE_CONFORMANCE_ERROR_BOUND_HPP_

#include <cstdint>
#include <span>

#include "core/conformance/weight.hpp"
#include "core/graph/pack_device.hpp"

namespace forge::conformance {

inline constexpr double kEps = 0x1p-24;     // half a unit in the last place of f32, relative
inline constexpr double kF16Eps = 0x1p-11;  // the same of f16
// Relative error allowed to exp, tanh and erf: eight units in the last place.
inline constexpr double kFunctionEps = 8 * 0x1p-23;

// A product and what it may be off by.
struct Product {
  double value = 0;
  double error = 0;
};

// Row `row` of the weight times x. x_error: what each element of x may be off by already, or empty.
Product product(const Weight& weight, std::uint64_t row, std::span<const float> x,
                std::span<const double> x_error = {},
                graph::PromptType prompts = graph::PromptType::kInt8);

// act(x) where x may be off by `error`.
Product activated(std::uint32_t activation, Product x);

}  // namespace forge::conformance

#endif  // FORGE_CORE_CONFORMANCE_ERROR_BOUND_HPP_
