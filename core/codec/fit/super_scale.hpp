// core/codec/fit/super_scale.hpp: runs that share a scale of scales.
//
// Run j of a super-block decodes to (d * l[j]) * level with a binary16 d and small integers l[j].
// First every run gets the scale it would like; then d and l are improved by turns, each step
// judged by the true error: l[j] among three neighbours, d by least squares over all runs.
#ifndef FORGE_CORE_CODEC_FIT_SUPER_SCALE_HPP_
#define FORGE_CORE_CODEC_FIT_SUPER_SCALE_HPP_

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>

#include "core/codec/fit/scale_fit.hpp"

namespace forge::codec {

template <int Runs>
struct SuperScale {
  std::uint16_t d = 0;                // binary16
  std::array<int, Runs> scales = {};  // l
};

namespace super_scale_detail {

template <int Runs>
struct Step {
  SuperScale<Runs> result;
  float error = 0;
  double improved_d = 0;  // least squares for the levels chosen
};

// Chooses every l near its wish, for a given d != 0.
template <class Grid, int N, int Runs, int Least, int Most>
Step<Runs> choose_scales(Run<N * Runs> block, std::uint16_t half,
                         const std::array<float, Runs>& wishes) {
  Step<Runs> step;
  step.result.d = half;
  const float d = half_to_float(half);
  double lxq = 0;
  double llqq = 0;
  for (int j = 0; j < Runs; ++j) {
    const Run<N> run{part<N>(block.x, j), part<N>(block.w, j)};
    const int middle = static_cast<int>(std::lround(std::clamp<float>(wishes[j] / d, Least, Most)));
    float least = energy(run);
    int chosen = 0;
    for (int l = std::max(middle - 1, Least); l <= std::min(middle + 1, Most); ++l) {
      if (l == 0) continue;
      const float error = scale_error<Grid>(run, d * static_cast<float>(l));
      if (error >= least) continue;
      least = error;
      chosen = l;
    }
    step.result.scales[j] = chosen;
    step.error += least;
    if (chosen == 0) continue;
    const ScaleSums sums = scale_sums<Grid>(run, 1.0f / (d * static_cast<float>(chosen)));
    lxq += double{sums.wxq} * chosen;
    llqq += double{sums.wqq} * chosen * chosen;
  }
  step.improved_d = llqq > 0 ? lxq / llqq : 0;
  return step;
}

}  // namespace super_scale_detail

// block: Runs * N numbers and weights. l is in Least..Most, Least < 0 < Most. Needs |x| small
// enough for a finite d.
template <class Grid, int N, int Runs, int Least, int Most>
SuperScale<Runs> fit_super_scale(Run<N * Runs> block, std::span<const float> reaches) {
  std::array<float, Runs> wishes;
  float longest = 0;
  for (int j = 0; j < Runs; ++j) {
    const Run<N> run{part<N>(block.x, j), part<N>(block.w, j)};
    wishes[j] = fit_scale<Grid>(run, reaches);
    if (std::fabs(wishes[j]) > std::fabs(longest)) longest = wishes[j];
  }
  SuperScale<Runs> best;
  float least_error = std::numeric_limits<float>::infinity();
  double d = longest / Least;
  for (int round = 0; round < 3 && d != 0; ++round) {
    std::uint16_t half = finite_half(static_cast<float>(d));
    if ((half & 0x7fff) == 0) half = static_cast<std::uint16_t>(half | 1);  // smallest subnormal
    const auto step =
        super_scale_detail::choose_scales<Grid, N, Runs, Least, Most>(block, half, wishes);
    if (step.error >= least_error) break;
    least_error = step.error;
    best = step.result;
    d = step.improved_d;
  }
  return best;
}

}  // namespace forge::codec

#endif  // FORGE_CORE_CODEC_FIT_SUPER_SCALE_HPP_
