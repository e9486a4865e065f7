// core/codec/fit/grid.hpp: the levels a code can stand for, before scaling.
//
// A grid snaps numbers to their nearest level: V is float or Float4.
#ifndef FORGE_CORE_CODEC_FIT_GRID_HPP_
#define FORGE_CORE_CODEC_FIT_GRID_HPP_

#include <algorithm>
#include <array>

#include "core/codec/fit/float4.hpp"

namespace forge::codec {

// Nearest integer, ties to even, for |v| < 2^22: adding 1.5 * 2^23 leaves no room for a fraction.
template <class V>
constexpr V round_to_integer(V v) {
  return (v + 12582912.0f) - 12582912.0f;
}

// The integers Lo..Hi; the code of a level is level - Lo.
template <int Lo, int Hi>
struct IntegerGrid {
  static constexpr float kLowest = Lo;
  static constexpr float kHighest = Hi;

  template <class V>
  static constexpr V snap(V v) {
    const V lowest = V{} + kLowest;
    const V highest = V{} + kHighest;
    const V above = v < lowest ? lowest : v;
    return round_to_integer(above > highest ? highest : above);
  }
  static constexpr int code(float level) { return static_cast<int>(level) - Lo; }
};

// The 16 levels of IQ4_NL and IQ4_XS: denser near zero, asymmetric.
// https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h (kvalues_iq4nl)
struct NonlinearGrid {
  static constexpr std::array<float, 16> kLevels = {-127, -104, -83, -65, -49, -35, -22, -10,
                                                    1,    13,   25,  38,  53,  69,  89,  113};
  static constexpr float kLowest = kLevels.front();
  static constexpr float kHighest = kLevels.back();

  template <class V>
  static constexpr V snap(V v) {
    V level = V{} + kLowest;
    for (unsigned i = 1; i < kLevels.size(); ++i) {
      const V middle = V{} + (kLevels[i - 1] + kLevels[i]) / 2;
      level += v > middle ? V{} + (kLevels[i] - kLevels[i - 1]) : V{};
    }
    return level;
  }
  static constexpr int code(float level) {
    return static_cast<int>(std::lower_bound(kLevels.begin(), kLevels.end(), level) -
                            kLevels.begin());
  }
};

}  // namespace forge::codec

#endif  // FORGE_CORE_CODEC_FIT_GRID_HPP_
