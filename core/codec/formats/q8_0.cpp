#include "core/codec/formats/q8_0.hpp"

#include <bit>
#include <optional>

#include "core/codec/fit/grid.hpp"
#include "core/codec/fit/scale_fit.hpp"
#include "core/codec/formats/packing.hpp"

namespace forge::codec {

namespace {

using Grid = IntegerGrid<-127, 127>;
constexpr float kReaches[] = {127.0f, 126.5f};

// True when every x is a whole number of d's, -127..127.
bool is_multiple(const float* x, float d) {
  for (int i = 0; i < 32; ++i)
    if (Grid::snap(x[i] / d) * d != x[i]) return false;
  return true;
}

// The binary16 d with x = integer * d exactly, if there is one. Blocks of Q8_0 itself, Q4_0, Q5_0,
// IQ4_NL and MXFP4 are like that, so that converting them to Q8_0 loses nothing.
std::optional<std::uint16_t> exact_scale(const float* x, float largest) {
  // A product of eleven and seven significant bits leaves the last six of a float zero.
  for (int i = 0; i < 32; ++i)
    if ((std::bit_cast<std::uint32_t>(x[i]) & 0x3fu) != 0) return std::nullopt;
  for (int code = 1; code <= 127; ++code) {
    const float d = largest / static_cast<float>(code);
    if ((std::bit_cast<std::uint32_t>(d) & 0x1fffu) != 0) continue;  // too long for a binary16
    const std::uint16_t half = float_to_half(d);
    if (half_to_float(half) == d && d * static_cast<float>(code) == largest && is_multiple(x, d))
      return half;
  }
  return std::nullopt;
}

}  // namespace

void Q8_0::decode(const Block& block, float* out) noexcept {
  const float d = half_to_float(block.d);
  for (int i = 0; i < 32; ++i) out[i] = static_cast<float>(block.qs[i]) * d;
}

Status Q8_0::encode(const float* x, const float* importance, Block& out) {
  FORGE_TRY(check_magnitude<32>(x, kLargestHalf * Grid::kHighest));
  const float largest = largest_magnitude<32>(x);
  if (const auto exact = exact_scale(x, largest); largest > 0 && exact) {
    out.d = *exact;
  } else {
    const Weights<32> weights(importance);
    const Run<32> run{x, weights.data()};
    out.d = round_scale<Grid>(run, fit_scale<Grid>(run, kReaches));
  }
  const float d = half_to_float(out.d);
  const float inverse = d == 0 ? 0.0f : 1.0f / d;
  for (int i = 0; i < 32; ++i) out.qs[i] = static_cast<std::int8_t>(Grid::snap(x[i] * inverse));
  return {};
}

}  // namespace forge::codec
