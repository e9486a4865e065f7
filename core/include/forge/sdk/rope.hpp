// forge/sdk/rope.hpp: the angles of FORGE_OP_ROPE, in double precision.
//
// Every pack turns by the same numbers: angles are rounded to f32 only as sine and cosine, so that
// long contexts lose nothing. Header-only, baseline code; [any-thread].
#ifndef FORGE_SDK_ROPE_HPP_
#define FORGE_SDK_ROPE_HPP_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include "forge/abi/graph.h"

namespace forge::sdk {

// Turns positions into (cos, sin) pairs for one rope node. Immutable after construction.
class RopeAngles {
 public:
  // factors: [n_rot / 2] or nullptr.
  RopeAngles(const forge_rope_params_v1& params, const float* factors) : params_(params) {
    const std::uint32_t n_pairs = params.n_rot / 2;
    frequency_.resize(n_pairs);
    magnitude_ = params.attn_factor;
    // YaRN (arXiv 2309.00071): below `low` turns are kept, above `high` interpolated, blended
    // between.
    double low = 0;
    double high = 0;
    if (params.ext_factor != 0) {
      low = std::max(0.0, std::floor(correction_pair(params.beta_fast)));
      high = std::min(params.n_rot - 1.0, std::ceil(correction_pair(params.beta_slow)));
      magnitude_ *= 1.0 + 0.1 * std::log(1.0 / params.freq_scale);
    }
    for (std::uint32_t i = 0; i < n_pairs; ++i) {
      double extrapolated = std::pow(double{params.base}, -2.0 * i / params.n_rot);
      if (factors != nullptr) extrapolated /= factors[i];
      const double interpolated = extrapolated * params.freq_scale;
      const double ramp = std::clamp((i - low) / std::max(0.001, high - low), 0.0, 1.0);
      const double mix = (1.0 - ramp) * params.ext_factor;
      frequency_[i] = interpolated * (1.0 - mix) + extrapolated * mix;
    }
  }

  std::uint32_t n_pairs() const { return static_cast<std::uint32_t>(frequency_.size()); }

  // cos and sin [n_pairs] for one row. positions: component c of the row at positions[c * stride].
  void fill(const std::int32_t* positions, std::uint32_t stride, float* cos, float* sin) const {
    for (std::uint32_t i = 0; i < n_pairs(); ++i) {
      const double angle = positions[std::size_t{component(i)} * stride] * frequency_[i];
      cos[i] = static_cast<float>(std::cos(angle) * magnitude_);
      sin[i] = static_cast<float>(std::sin(angle) * magnitude_);
    }
  }

 private:
  // The pair that makes `turns` full turns over the original context.
  double correction_pair(double turns) const {
    const double ratio = params_.n_ctx_orig / (turns * 2 * std::numbers::pi);
    return params_.n_rot * std::log(ratio) / (2 * std::log(double{params_.base}));
  }

  // Which position component turns pair i: sections in a row for MROPE, interleaved by three for
  // IMROPE (time, height, width), the fourth for what is left.
  std::uint32_t component(std::uint32_t i) const {
    const std::uint32_t* s = params_.sections;
    const std::uint32_t total = s[0] + s[1] + s[2] + s[3];
    if (params_.mode < FORGE_ROPE_MROPE || total == 0) return 0;
    const std::uint32_t sector = i % total;
    if (params_.mode == FORGE_ROPE_IMROPE) {
      const std::uint32_t c = sector % 3;
      return sector < 3 * s[c] ? c : 3;
    }
    if (sector < s[0]) return 0;
    if (sector < s[0] + s[1]) return 1;
    return sector < s[0] + s[1] + s[2] ? 2 : 3;
  }

  forge_rope_params_v1 params_;
  std::vector<double> frequency_;  // radians per position
  double magnitude_ = 1;
};

}  // namespace forge::sdk

#endif  // FORGE_SDK_ROPE_HPP_
