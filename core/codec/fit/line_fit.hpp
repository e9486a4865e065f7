// core/codec/fit/line_fit.hpp: the scale and base for which base + scale * q, q = 0..Highest, is
// nearest to given numbers.
//
// Minimises sum w * (x - base - scale * q)^2. As in scale_fit.hpp many trial lines are screened,
// one pass each, by what the line of least squares through their codes would leave over; then codes
// and line are improved by turns from the best one.
#ifndef FORGE_CORE_CODEC_FIT_LINE_FIT_HPP_
#define FORGE_CORE_CODEC_FIT_LINE_FIT_HPP_

#include <algorithm>
#include <cstdint>
#include <limits>

#include "core/codec/fit/float4.hpp"
#include "core/codec/fit/grid.hpp"
#include "core/codec/fit/run.hpp"
#include "forge/sdk/half.hpp"

namespace forge::codec {

struct Line {
  float scale;
  float base;
};

inline float inverse_of(float scale) { return scale == 0 ? 0.0f : 1.0f / scale; }

// Sums over the codes q chosen for one line; r = x - origin.
struct LineSums {
  float wq, wqq, wrq;
};

template <int Highest, int N>
LineSums line_sums(Run<N> run, Line line, float origin) {
  const float inverse = inverse_of(line.scale);
  Float4 wq{}, wqq{}, wrq{};
  for (int i = 0; i < N; i += 4) {
    const Float4 x = load4(run.x + i);
    const Float4 q = IntegerGrid<0, Highest>::snap((x - line.base) * inverse);
    const Float4 weighted = load4(run.w + i) * q;
    wq += weighted;
    wqq += weighted * q;
    wrq += weighted * (x - origin);
  }
  return {total(wq), total(wqq), total(wrq)};
}

// sum w * (x - base - scale * q)^2, as decoding computes scale * q + base.
template <int Highest, int N>
float line_error(Run<N> run, Line line) {
  const float inverse = inverse_of(line.scale);
  Float4 error{};
  for (int i = 0; i < N; i += 4) {
    const Float4 x = load4(run.x + i);
    const Float4 q = IntegerGrid<0, Highest>::snap((x - line.base) * inverse);
    const Float4 rest = x - (line.scale * q + line.base);
    error += load4(run.w + i) * (rest * rest);
  }
  return total(error);
}

enum class Base { kFree, kNotPositive };

// What does not depend on the codes. Numbers are taken relative to `origin`, their weighted mean,
// so that a small spread on a large offset keeps its digits.
struct LineProblem {
  Base rule;
  float origin;
  float w;   // sum of weights
  float wr;  // sum w * (x - origin): rounding errors only
};

template <int N>
LineProblem line_problem(Run<N> run, Base rule) {
  Float4 w{}, wx{}, wr{};
  for (int i = 0; i < N; i += 4) {
    const Float4 weight = load4(run.w + i);
    w += weight;
    wx += weight * load4(run.x + i);
  }
  const float origin = total(wx) / total(w);
  for (int i = 0; i < N; i += 4) wr += load4(run.w + i) * (load4(run.x + i) - origin);
  return {rule, origin, total(w), total(wr)};
}

// The line of least squares through given codes, and by how much its error is below that of the
// constant `origin`. A base that may not be positive is held at 0 when it would be.
struct Solution {
  Line line;
  float gain;
};

inline Solution solve(const LineProblem& problem, const LineSums& s) {
  const float determinant = problem.w * s.wqq - s.wq * s.wq;
  if (determinant > 1e-6f * (problem.w * s.wqq)) {
    const float scale = (problem.w * s.wrq - s.wq * problem.wr) / determinant;
    const float rest = (s.wqq * problem.wr - s.wq * s.wrq) / determinant;
    if (problem.rule == Base::kFree || rest + problem.origin <= 0)
      return {{scale, rest + problem.origin}, scale * s.wrq + rest * problem.wr};
  } else if (problem.rule == Base::kFree || problem.origin <= 0) {
    return {{0, problem.origin}, 0};  // all codes alike
  }
  if (!(s.wqq > 0)) return {{0, 0}, 0};
  // sum w (x - scale q)^2 with x = r + origin, less that of the constant.
  const float wxq = s.wrq + problem.origin * s.wq;
  const float scale = wxq / s.wqq;
  return {{scale, 0}, scale * wxq - problem.origin * problem.origin * problem.w};
}

// How far the ends of trial lines are from the least and the largest number, in steps of the code:
// inside, or, negative, outside. Every pair is tried. Measured: without the outer two the error of
// blocks with one outlier is up to 5 % larger.
inline constexpr float kLineInsets[] = {0.0f, -0.3f, -0.6f, 0.3f, 0.8f};

// With kNotPositive zero is always in the range, base <= 0 and scale >= 0.
template <int Highest, int N>
Line fit_line(Run<N> run, Base rule) {
  float low = *std::min_element(run.x, run.x + N);
  float high = *std::max_element(run.x, run.x + N);
  const LineProblem problem = line_problem(run, rule);
  if (rule == Base::kNotPositive) {
    low = std::min(low, 0.0f);
    high = std::max(high, 0.0f);
  }
  Line best{0, rule == Base::kFree ? problem.origin : std::min(problem.origin, 0.0f)};
  float error = line_error<Highest>(run, best);
  const float range = high - low;
  if (range < kSmallestHalf / 2) return best;

  Solution screened{best, -std::numeric_limits<float>::infinity()};
  const bool at_limit = low == 0 && rule == Base::kNotPositive;
  for (const float below : kLineInsets) {
    if (at_limit && below != 0) continue;
    for (const float above : kLineInsets) {
      const float scale = range / (static_cast<float>(Highest) + below + above);
      const Line line{scale, low + scale * below};
      const Solution solution = solve(problem, line_sums<Highest>(run, line, problem.origin));
      if (solution.gain > screened.gain && solution.line.scale > 0) screened = solution;
    }
  }
  Line line = screened.line;
  for (int step = 0; step < 4; ++step) {
    const float next_error = line_error<Highest>(run, line);
    if (!(next_error < error)) break;
    best = line;
    error = next_error;
    line = solve(problem, line_sums<Highest>(run, line, problem.origin)).line;
    if (!(line.scale > 0)) break;
  }
  return best;
}

// A line as Q4_1 and Q5_1 store it.
struct HalfLine {
  std::uint16_t scale;  // binary16
  std::uint16_t base;   // binary16
  Line line() const { return {half_to_float(scale), half_to_float(base)}; }
};

// The free line in binary16. Rounding the base can cost more than rounding the scale (a small
// spread on a large offset), so its two neighbours are tried too, and the scale is fitted again to
// each.
template <int Highest, int N>
HalfLine fit_half_line(Run<N> run) {
  const Line ideal = fit_line<Highest>(run, Base::kFree);
  HalfLine best{0, 0};  // among the subnormals zeros can be best
  float least = line_error<Highest>(run, best.line());
  const auto consider = [&](HalfLine candidate) {
    const float error = line_error<Highest>(run, candidate.line());
    if (error >= least) return;
    least = error;
    best = candidate;
  };
  const std::uint16_t nearest = finite_half(ideal.base);
  consider({finite_half(ideal.scale), nearest});
  for (int offset = -1; offset <= 1; ++offset) {
    const auto base = static_cast<std::uint16_t>(nearest + offset);
    if ((base & 0x7c00) == 0x7c00) continue;  // stepped over the largest finite number, or zero
    const float held = half_to_float(base);
    const LineSums sums = line_sums<Highest>(run, {ideal.scale, held}, held);
    if (sums.wqq > 0) consider({finite_half(sums.wrq / sums.wqq), base});
  }
  return best;
}

// codes[i] = the code nearest to x on the line.
template <int Highest, int N>
void choose_codes(const float* x, Line line, std::uint8_t* codes) {
  const float inverse = inverse_of(line.scale);
  for (int i = 0; i < N; ++i)
    codes[i] =
        static_cast<std::uint8_t>(IntegerGrid<0, Highest>::snap((x[i] - line.base) * inverse));
}

}  // namespace forge::codec

#endif  // FORGE_CORE_CODEC_FIT_LINE_FIT_HPP_
