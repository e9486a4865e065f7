// plugins/hip/device/peak_args.hpp: what the kernels of peak.hpp are launched with. Host and
// device.
#ifndef FORGE_PLUGINS_HIP_DEVICE_PEAK_ARGS_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_PEAK_ARGS_HPP_

#include <stdint.h>

namespace forge::hip {

// "peak_read": thread t of all adds the words of the 16 bytes number t, t + threads, ..., n_rounds
// times kPeakLoads of them: to[t]. Grid (workgroups).
inline constexpr uint32_t kPeakLoads = 8;
struct PeakReadArgs {
  const uint8_t* from;
  uint32_t* to;
  uint32_t n_rounds;
  uint32_t n_threads;  // of all workgroups
};

// "peak_int8": every wave has kPeakChains chains of n_rounds + 1 products of tiles, 16 x 32 and 32
// x columns, each added to the one before: to[t] is the sum of one element of each. `from` has 64
// bytes, equal ones, so that all elements are; (n_rounds + 1) * kPeakChains * 32 times their square
// has to be below 2^31.
// "peak_f32": every thread has kPeakChains chains of fused multiply-adds of n_rounds links.
// Grid (workgroups).
inline constexpr uint32_t kPeakChains = 8;
struct PeakArgs {
  const uint32_t* from;
  uint32_t* to;
  uint32_t n_rounds;
};

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_DEVICE_PEAK_ARGS_HPP_
