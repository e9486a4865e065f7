// forge/sdk/softmax_weight.hpp: e^-x as a whole number, the same bits on every machine.
//
// Softmax needs sums of e^(x - largest). As integers they do not depend on the order in which they
// are added, so that a GPU's sum over a row is the processor's, and a nucleus has the same tokens
// wherever it is cut. Host and device code: no library, and no float but a difference, a product by
// the temperature and one by a power of two, each rounded once.
#ifndef FORGE_SDK_SOFTMAX_WEIGHT_HPP_
#define FORGE_SDK_SOFTMAX_WEIGHT_HPP_

#include <stdint.h>

namespace forge::sdk {

// The weight of what is 0 behind. 2^23 weights fit into 64 bits.
inline constexpr uint64_t kSoftmaxOne = uint64_t{1} << 40;

// floor(2^26 * behind), for behind >= 0: below kSoftmaxEnd, or kSoftmaxFar from 28 on and for NaN.
inline constexpr uint32_t kSoftmaxEnd = 28u << 26;
inline constexpr uint32_t kSoftmaxFar = 0xffffffffu;
constexpr uint32_t softmax_distance(float behind) {
  return behind < 28.0f ? static_cast<uint32_t>(behind * 67108864.0f) : kSoftmaxFar;
}

// 2^40 * e^-(distance / 2^26); 0 where far, as it would be below 1.
//
// With t = distance / 2^26 / ln 2 the result is 2^-whole(t) * 2^-f, f the fraction; the latter by
// its series sum_k (-f ln 2)^k / k! to the ninth power, whose next term is 7e-9. Errors against
// e^-behind, relative to the result: that; 2^-26 from cutting `behind` and 10 * 2^-32 from rounding
// in the sum; together below 3e-8, and at most 1 from the last shift.
constexpr uint64_t weight_at(uint32_t distance) {
  if (distance == kSoftmaxFar) return 0;
  constexpr uint64_t kLog2E = 3098164009u;  // 2^31 / ln 2
  // 2^31 * (ln 2)^k / k!
  constexpr uint32_t kSeries[] = {2147483648u, 1488522236u, 515882496u, 119194166u, 20654775u,
                                  2863360u,    330788u,     32755u,     2838u,      219u};
  const uint64_t t = distance * kLog2E;               // 2^57 units
  const uint32_t f = static_cast<uint32_t>(t >> 25);  // 2^32 units
  uint32_t sum = kSeries[9];
  for (int k = 8; k >= 0; --k) sum = kSeries[k] - static_cast<uint32_t>(uint64_t{f} * sum >> 32);
  return (uint64_t{sum} << 9) >> (t >> 57);
}

constexpr uint64_t softmax_weight(float behind) { return weight_at(softmax_distance(behind)); }

// d(x) of FORGE_OP_DRAW. The difference of equal infinities would be NaN.
constexpr uint32_t softmax_distance(float largest, float x) {
  return softmax_distance(x == largest ? 0.0f : largest - x);
}

// w(x).
constexpr uint64_t softmax_weight(float largest, float x) {
  return weight_at(softmax_distance(largest, x));
}

// u(x).
constexpr uint64_t softmax_weight(float largest, float x, float inverse_temperature) {
  return softmax_weight(x == largest ? 0.0f : (largest - x) * inverse_temperature);
}

// floor(sum * fraction / 2^32), for a sum below 2^63.
constexpr uint64_t share_of(uint64_t sum, uint32_t fraction) {
  return (sum >> 32) * fraction + ((sum & 0xffffffffu) * fraction >> 32);
}

}  // namespace forge::sdk

#endif  // FORGE_SDK_SOFTMAX_WEIGHT_HPP_
