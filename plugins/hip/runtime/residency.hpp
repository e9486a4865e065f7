// plugins/hip/runtime/residency.hpp: how many workgroups of a product for one row share a
// multiprocessor.
//
// As many as fit is best, until a few are left over: those start when all others are done, and have
// the machine to themselves for as long as one takes. With one less at a time the rounds may come
// out even. LDS that nobody uses keeps the others from starting.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_RESIDENCY_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_RESIDENCY_HPP_

#include <algorithm>
#include <cstdint>

#include "plugins/hip/runtime/traits.hpp"

namespace forge::hip {

// Time of n workgroups on n_units multiprocessors, up to `most` at a time on each, in the time that
// one more on every one takes where the memory is the limit. A round with fewer than 1.8 (H200,
// gate and up of 7B and 8B models) lasts no less: the way of one workgroup from end to end.
inline double time_of_rounds(std::uint32_t n, std::uint32_t n_units, std::uint32_t most) {
  constexpr double kAlone = 1.8;
  double time = 0;
  for (std::uint32_t done = 0; done < n; done += most * n_units) {
    const std::uint32_t on_each = std::min(most, (n - done + n_units - 1) / n_units);
    time += std::max(kAlone, static_cast<double>(on_each));
  }
  return time;
}

// Bytes of unused LDS that n workgroups of a gated product are best launched with.
inline std::uint32_t unused_lds(const PackTraits& traits, std::uint32_t n, std::uint32_t n_units) {
  const std::uint32_t most = traits.gated_groups;
  if (most < 2 || n_units == 0) return 0;
  if (time_of_rounds(n, n_units, most) <= time_of_rounds(n, n_units, most - 1)) return 0;
  return traits.unit_lds / most;  // more than fits `most` times, as the kernels use some themselves
}

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_RESIDENCY_HPP_
