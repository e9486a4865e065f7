// core/codec/fit/scale_fit.hpp: the scale d for which d * level is nearest to given numbers.
//
// Minimises sum w * (x - d * snap(x / d))^2. For fixed levels q the best scale is
// sum(w x q) / sum(w q q) (least squares) and leaves sum(w x x) - sum(w x q)^2 / sum(w q q). So
// many trial scales are screened by that quotient, which takes one pass each; then levels and scale
// are improved by turns from the best one.
#ifndef FORGE_CORE_CODEC_FIT_SCALE_FIT_HPP_
#define FORGE_CORE_CODEC_FIT_SCALE_FIT_HPP_

#include <cmath>
#include <cstdint>
#include <span>

#include "core/codec/fit/float4.hpp"
#include "core/codec/fit/run.hpp"
#include "forge/sdk/half.hpp"

namespace forge::codec {

// Sums over the levels q chosen for one scale.
struct ScaleSums {
  float wxq;
  float wqq;
};

template <class Grid, int N>
ScaleSums scale_sums(Run<N> run, float inverse) {
  Float4 wxq{}, wqq{};
  for (int i = 0; i < N; i += 4) {
    const Float4 x = load4(run.x + i);
    const Float4 q = Grid::snap(x * inverse);
    const Float4 wq = load4(run.w + i) * q;
    wxq += wq * x;
    wqq += wq * q;
  }
  return {total(wxq), total(wqq)};
}

// sum w * (x - scale * q)^2, as decoding computes scale * q; scale must not be 0.
template <class Grid, int N>
float scale_error(Run<N> run, float scale) {
  const float inverse = 1.0f / scale;
  Float4 error{};
  for (int i = 0; i < N; i += 4) {
    const Float4 x = load4(run.x + i);
    const Float4 rest = x - scale * Grid::snap(x * inverse);
    error += load4(run.w + i) * (rest * rest);
  }
  return total(error);
}

// sum w * x^2: the error of scale 0.
template <int N>
float energy(Run<N> run) {
  Float4 sum{};
  for (int i = 0; i < N; i += 4) {
    const Float4 x = load4(run.x + i);
    sum += load4(run.w + i) * (x * x);
  }
  return total(sum);
}

// The best scale found; 0 when every x is far below what binary16 can scale. Trial scales put the
// largest magnitude at each of `reaches` (levels); a negative reach turns the grid around.
template <class Grid, int N>
float fit_scale(Run<N> run, std::span<const float> reaches) {
  const float largest = largest_magnitude<N>(run.x);
  if (largest < kSmallestHalf / 2) return 0;
  float scale = 0;
  float best_quotient = 0;
  for (const float reach : reaches) {
    const ScaleSums sums = scale_sums<Grid>(run, reach / largest);
    // False, too, when every level is 0 and so both sums are.
    if (!(sums.wxq * sums.wxq > best_quotient * sums.wqq)) continue;
    best_quotient = sums.wxq * sums.wxq / sums.wqq;
    scale = sums.wxq / sums.wqq;
  }
  if (scale == 0) return 0;
  float error = scale_error<Grid>(run, scale);
  for (int step = 0; step < 4; ++step) {
    const ScaleSums sums = scale_sums<Grid>(run, 1.0f / scale);
    if (!(sums.wqq > 0) || sums.wxq == 0) break;
    const float next = sums.wxq / sums.wqq;
    const float next_error = scale_error<Grid>(run, next);
    if (!(next_error < error)) break;
    scale = next;
    error = next_error;
  }
  return scale;
}

// The binary16 for `scale`. Far from the subnormals that is the nearest one; among them a neighbour
// can be much better, and zero is a choice.
template <class Grid, int N>
std::uint16_t round_scale(Run<N> run, float scale) {
  const std::uint16_t nearest = finite_half(scale);
  constexpr unsigned kMagnitude = 0x7fff;
  constexpr unsigned kSmallestNormal = 0x0400;
  if ((nearest & kMagnitude) > kSmallestNormal) return nearest;
  std::uint16_t best = 0;
  float least = energy(run);
  for (int offset = -1; offset <= 1; ++offset) {
    const auto candidate = static_cast<std::uint16_t>(nearest + offset);
    const unsigned magnitude = candidate & kMagnitude;
    if (magnitude == 0 || magnitude > kSmallestNormal + 1) continue;  // stepped over zero
    const float error = scale_error<Grid>(run, half_to_float(candidate));
    if (error < least) {
      least = error;
      best = candidate;
    }
  }
  return best;
}

// codes[i] = Grid::code of the level nearest to x / scale; scale 0 chooses the level next to 0.
template <class Grid, int N>
void choose_codes(const float* x, float scale, std::uint8_t* codes) {
  const float inverse = scale == 0 ? 0.0f : 1.0f / scale;
  for (int i = 0; i < N; ++i)
    codes[i] = static_cast<std::uint8_t>(Grid::code(Grid::snap(x[i] * inverse)));
}

}  // namespace forge::codec

#endif  // FORGE_CORE_CODEC_FIT_SCALE_FIT_HPP_
