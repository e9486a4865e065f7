#include "core/codec/formats/mxfp4.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "core/codec/fit/scale_fit.hpp"
#include "core/codec/formats/packing.hpp"

namespace forge::codec {
namespace {

// E2M1, doubled so that all are integers; bit 3 of a code is the sign.
constexpr float kLevels[16] = {0, 1, 2, 3, 4, 6, 8, 12, -0.0f, -1, -2, -3, -4, -6, -8, -12};

// The doubled levels as a grid. Ties go to the even mantissa, as IEEE 754 rounds; weights that come
// from BF16 are often ties.
struct Grid {
  template <class V>
  static V snap(V v) {
    const V magnitude = v < 0.0f ? -v : v;
    V level{};
    for (int i = 1; i < 8; ++i) {
      const V middle = V{} + (kLevels[i - 1] + kLevels[i]) / 2;
      const V step = V{} + (kLevels[i] - kLevels[i - 1]);
      if (i % 2 == 0) {
        level += magnitude >= middle ? step : V{};
      } else {
        level += magnitude > middle ? step : V{};
      }
    }
    return v < 0.0f ? -level : level;
  }
  static int code(float level) {
    const auto* found = std::find(kLevels, kLevels + 8, std::fabs(level));
    return static_cast<int>(found - kLevels) + (level < 0 ? 8 : 0);
  }
};

// The largest e for which 6 * 2^(e - 127) is a finite float.
constexpr int kLargestExponent = 252;

// 2^(e - 128), subnormal for e < 2.
float half_scale(int e) {
  return std::bit_cast<float>(e < 2 ? 0x00200000u << e : static_cast<std::uint32_t>(e - 1) << 23);
}

}  // namespace

void MXFP4::decode(const Block& block, float* out) noexcept {
  const float scale = half_scale(block.e);
  for (int i = 0; i < 16; ++i) {
    out[i] = kLevels[block.qs[i] & 0x0f] * scale;
    out[i + 16] = kLevels[block.qs[i] >> 4] * scale;
  }
}

Status MXFP4::encode(const float* x, const float* importance, Block& out) {
  out = {};
  const float largest = largest_magnitude<32>(x);
  if (largest == 0) return {};
  // Brought near 1 by a power of two, which is exact, so that no square overflows.
  const int magnitude = std::ilogb(largest);
  const int exponent = std::clamp(magnitude, -126, 126);
  const float factor = std::ldexp(1.0f, -exponent);
  float y[32];
  for (int i = 0; i < 32; ++i) y[i] = x[i] * factor;
  const Weights<32> weights(importance);
  const Run<32> run{y, weights.data()};

  // Exponents that put the largest number at 4..8 (6 is the largest level), and their neighbours.
  const int middle = std::clamp(magnitude - 2 + 127, 0, kLargestExponent);
  float least = std::numeric_limits<float>::infinity();
  float scale = 0;
  for (int e = std::max(middle - 1, 0); e <= std::min(middle + 1, kLargestExponent); ++e) {
    const float trial = std::ldexp(1.0f, e - 128 - exponent);
    const float error = scale_error<Grid>(run, trial);
    if (error >= least) continue;
    least = error;
    scale = trial;
    out.e = static_cast<std::uint8_t>(e);
  }
  std::uint8_t codes[32];
  choose_codes<Grid, 32>(y, scale, codes);
  pack_nibbles<16>(codes, out.qs);
  return {};
}

}  // namespace forge::codec
