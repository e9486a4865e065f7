// core/codec/fit/run.hpp: the numbers one scale is fitted to, and how much each error counts.
#ifndef FORGE_CORE_CODEC_FIT_RUN_HPP_
#define FORGE_CORE_CODEC_FIT_RUN_HPP_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "core/codec/fit/float4.hpp"
#include "forge/sdk/half.hpp"

namespace forge::codec {

// x [N] finite; w [N] above 0, at most 1. Borrowed.
template <int N>
struct Run {
  static_assert(N % 4 == 0);
  const float* x;
  const float* w;
};

// Where part j of an array of parts of N begins.
template <int N, class T>
T* part(T* first, int j) {
  return first + std::ptrdiff_t{N} * j;
}

// The weights of a block: the importance of its columns, or 1. Scaled to a largest weight of 1, so
// that sums neither overflow nor vanish. No column counts less than a millionth of the most
// important one: calibration data that never touched a column does not make it worthless.
template <int N>
class Weights {
 public:
  explicit Weights(const float* importance) {
    float largest = 0;
    if (importance != nullptr) largest = *std::max_element(importance, importance + N);
    for (int i = 0; i < N; ++i) {
      const float own = importance == nullptr ? 1.0f : importance[i];
      w_[i] = largest > 0 ? std::max(own / largest, 1e-6f) : 1.0f;
    }
  }
  const float* data() const { return w_; }

 private:
  float w_[N];
};

template <int N>
float largest_magnitude(const float* x) {
  float largest = 0;
  for (int i = 0; i < N; ++i) largest = std::max(largest, std::fabs(x[i]));
  return largest;
}

// The smallest binary16 above zero. A block whose every number is below half of it decodes to
// zeros; the fits need not look at it (and need not fear the overflow of its inverse).
inline constexpr float kSmallestHalf = 0x1p-24f;
inline constexpr float kLargestHalf = 65504.0f;

// The binary16 next to v among the finite ones.
constexpr std::uint16_t finite_half(float v) {
  return float_to_half(std::clamp(v, -kLargestHalf, kLargestHalf));
}

}  // namespace forge::codec

#endif  // FORGE_CORE_CODEC_FIT_RUN_HPP_
