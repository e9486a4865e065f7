#include "plugins/hip/runtime/weight_range.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>

#include "forge/sdk/half.hpp"

namespace forge::hip {
namespace {

float half_at(const std::uint8_t* from, std::size_t i) {
  std::uint16_t half;
  std::memcpy(&half, from + 2 * i, 2);
  return half_to_float(half);
}

float signed_at(const std::uint8_t* from, std::size_t i) {
  return static_cast<float>(static_cast<std::int8_t>(from[i]));
}

float largest_code(const Format& f) {
  if (f.table) {
    const Table16& table = f.scale == ScaleKind::kExponent ? kTableMxfp4 : kTableIq4;
    int largest = 0;
    for (const std::int8_t v : table.value) largest = std::max(largest, std::abs(v));
    return static_cast<float>(largest);
  }
  const auto all = static_cast<float>(1u << f.bits());
  return f.is_signed() ? all / 2 : all - 1;
}

// d * s and dm * m of the entries of the scales plane and of the super plane (device/formats.hpp);
// of groups of 16 the second group's, too.
struct Factors {
  float d0 = 0, m0 = 0, d1 = 0, m1 = 0;
};

Factors factors_of(ScaleKind kind, const std::uint8_t* scale, const std::uint8_t* super) {
  const auto low = [&](std::size_t i) { return static_cast<float>(scale[i] & 15); };
  const auto high = [&](std::size_t i) { return static_cast<float>(scale[i] >> 4); };
  switch (kind) {
    case ScaleKind::kHalf:
      return {half_at(scale, 0)};
    case ScaleKind::kHalfPair:
      return {half_at(scale, 0), half_at(scale, 1)};
    case ScaleKind::kExponent:
      return {std::ldexp(1.0f, scale[0] - 128)};
    case ScaleKind::kSuper:
      return {half_at(super, 0) * signed_at(scale, 0)};
    case ScaleKind::kSuper16:
      return {half_at(super, 0) * signed_at(scale, 0), 0, half_at(super, 0) * signed_at(scale, 1)};
    case ScaleKind::kSuperMin:
      return {half_at(super, 0) * static_cast<float>(scale[0]),
              half_at(super, 1) * static_cast<float>(scale[1])};
    case ScaleKind::kSuper16Min:
      return {half_at(super, 0) * low(0), half_at(super, 1) * high(0), half_at(super, 0) * low(1),
              half_at(super, 1) * high(1)};
  }
  return {};
}

}  // namespace

float largest_weight(const MatrixLayout& matrix, std::uint8_t* const (&planes)[kPlanes]) {
  const Format& f = *matrix.type->format;
  const float code = largest_code(f);
  // Codes reach from 0, or from as far below it, to `code`.
  const auto reach = [&](float d, float m) {
    return std::max(std::fabs(m), std::fabs(d * code + m));
  };
  const std::size_t n_blocks = matrix.n_in / kBlock;
  float largest = 0;
  for (std::size_t b = 0; b < n_blocks; ++b) {
    for (std::size_t r = 0; r < kTileRows; ++r) {
      const std::uint8_t* super =
          planes[kSuper] + (b / kSuperBlocks * kTileRows + r) * super_bytes(f.scale);
      const std::uint8_t* scale = planes[kScales] + (b * kTileRows + r) * scale_bytes(f.scale);
      const Factors factors = factors_of(f.scale, scale, super);
      largest = std::max({largest, reach(factors.d0, factors.m0), reach(factors.d1, factors.m1)});
    }
  }
  return largest;
}

float fp8_unit(float largest) {
  constexpr float kLargest = 447.0f;  // a rounding on the way must not lead beyond 448
  if (!(largest > 0) || !std::isfinite(largest)) return 1.0f;
  int exponent = std::ilogb(largest / kLargest);
  if (std::ldexp(kLargest, exponent) < largest) ++exponent;
  // Neither it nor its inverse leaves the normal numbers.
  return std::ldexp(1.0f, std::clamp(exponent, -120, 120));
}

}  // namespace forge::hip
