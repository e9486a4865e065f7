// core/codec/fit/super_line.hpp: runs that share a scale of scales and a scale of minima.
//
// Run j of a super-block decodes to (d * l[j]) * q - dmin * m[j], with binary16 d and dmin and
// small integers l[j], m[j] >= 0. As in super_scale.hpp, first every run gets the line it would
// like; then (l, m) and (d, dmin) are improved by turns, judged by the true error.
#ifndef FORGE_CORE_CODEC_FIT_SUPER_LINE_HPP_
#define FORGE_CORE_CODEC_FIT_SUPER_LINE_HPP_

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include "core/codec/fit/line_fit.hpp"

namespace forge::codec {

template <int Runs>
struct SuperLine {
  std::uint16_t d = 0;                // binary16
  std::uint16_t dmin = 0;             // binary16
  std::array<int, Runs> scales = {};  // l
  std::array<int, Runs> mins = {};    // m

  // The line of run j, exactly as decoding computes it.
  Line line(int j) const {
    return {half_to_float(d) * static_cast<float>(scales[j]),
            -(half_to_float(dmin) * static_cast<float>(mins[j]))};
  }
};

namespace super_line_detail {

template <int Runs>
struct Step {
  SuperLine<Runs> result;
  float error = 0;
  // Least squares of (d, dmin) for the codes chosen: sums over a = l q and b = -m.
  double aa = 0, ab = 0, bb = 0, ax = 0, bx = 0;
};

inline int nearest_count(float wish, float unit, int most) {
  if (unit == 0) return 0;
  return static_cast<int>(std::lround(std::clamp<float>(wish / unit, 0, static_cast<float>(most))));
}

// Chooses every (l, m) near its wish, for given d and dmin.
template <int Highest, int N, int Runs, int Most>
Step<Runs> choose_lines(Run<N * Runs> block, std::uint16_t half_d, std::uint16_t half_dmin,
                        const std::array<Line, Runs>& wishes) {
  Step<Runs> step;
  SuperLine<Runs>& result = step.result;
  result.d = half_d;
  result.dmin = half_dmin;
  for (int j = 0; j < Runs; ++j) {
    const Run<N> run{part<N>(block.x, j), part<N>(block.w, j)};
    const int l0 = nearest_count(wishes[j].scale, half_to_float(half_d), Most);
    const int m0 = nearest_count(-wishes[j].base, half_to_float(half_dmin), Most);
    float least = std::numeric_limits<float>::infinity();
    int chosen_l = 0;
    int chosen_m = 0;
    for (int l = std::max(l0 - 1, 0); l <= std::min(l0 + 1, Most); ++l) {
      for (int m = std::max(m0 - 1, 0); m <= std::min(m0 + 1, Most); ++m) {
        result.scales[j] = l;
        result.mins[j] = m;
        const float error = line_error<Highest>(run, result.line(j));
        if (error >= least) continue;
        least = error;
        chosen_l = l;
        chosen_m = m;
      }
    }
    result.scales[j] = chosen_l;
    result.mins[j] = chosen_m;
    step.error += least;
    const LineSums sums = line_sums<Highest>(run, result.line(j), 0);
    const LineProblem whole = line_problem(run, Base::kNotPositive);
    const double l = chosen_l;
    const double m = chosen_m;
    step.aa += l * l * sums.wqq;
    step.ab -= l * m * sums.wq;
    step.bb += m * m * whole.w;
    step.ax += l * sums.wrq;
    step.bx -= m * (double{whole.origin} * whole.w + whole.wr);
  }
  return step;
}

// A binary16 near v, not zero unless v is.
inline std::uint16_t nonzero_half(double v) {
  const std::uint16_t half = finite_half(static_cast<float>(v));
  return v > 0 && half == 0 ? std::uint16_t{1} : half;
}

}  // namespace super_line_detail

// block: Runs * N numbers and weights; q in 0..Highest, l and m in 0..Most. Needs |x| small enough
// for finite d and dmin.
template <int Highest, int N, int Runs, int Most>
SuperLine<Runs> fit_super_line(Run<N * Runs> block) {
  namespace detail = super_line_detail;
  std::array<Line, Runs> wishes;
  double d = 0;
  double dmin = 0;
  for (int j = 0; j < Runs; ++j) {
    const Run<N> run{part<N>(block.x, j), part<N>(block.w, j)};
    wishes[j] = fit_line<Highest>(run, Base::kNotPositive);
    d = std::max<double>(d, wishes[j].scale / Most);
    dmin = std::max<double>(dmin, -wishes[j].base / Most);
  }
  SuperLine<Runs> best;
  float least_error = std::numeric_limits<float>::infinity();
  for (int round = 0; round < 3; ++round) {
    const auto step = detail::choose_lines<Highest, N, Runs, Most>(
        block, detail::nonzero_half(d), detail::nonzero_half(dmin), wishes);
    if (step.error >= least_error) break;
    least_error = step.error;
    best = step.result;
    const double determinant = step.aa * step.bb - step.ab * step.ab;
    if (determinant > 1e-9 * step.aa * step.bb) {
      d = (step.bb * step.ax - step.ab * step.bx) / determinant;
      dmin = (step.aa * step.bx - step.ab * step.ax) / determinant;
    } else if (step.aa > 0) {
      d = step.ax / step.aa;
    } else if (step.bb > 0) {
      dmin = step.bx / step.bb;
    }
    d = std::max(d, 0.0);
    dmin = std::max(dmin, 0.0);
  }
  return best;
}

}  // namespace forge::codec

#endif  // FORGE_CORE_CODEC_FIT_SUPER_LINE_HPP_
