// plugins/hip/device/target.hpp: the few things kernels need of a machine.
//
// Kernels are written once against this layer. It has three forms, one for each compiler that sees
// them:
//   target_amdgcn.hpp  clang for gfx11 and gfx12, without ROCm's headers and device libraries
//   target_cuda.hpp    nvcc, for the sm90 pack
//   target_host.hpp    the host compiler, for the simulator of the tests
// A form gives:
//   - thread(), block_x(), block_y(), block_z(), barrier(), wave_barrier(), shuffle_xor<M>(v)
//   - FORGE_LDS(type, name, count); FORGE_KERNEL(name, Args, n_threads) { a body that uses `a` };
//     FORGE_DENSE_KERNEL and FORGE_STREAM_KERNEL where a processor should hold two or three of them
//   - half <-> float, exp2, sqrt, fma; dot4 of signed or unsigned bytes with signed ones; lookup16
//   - of words with two halves: add_halves, multiply_halves, fma_halves; spread_bytes<0 or 1>(v,
//   f):
//     the lower or the upper two bytes of v, each with f above it
//   - opaque(v), schedule_here(), prefetch(p) where kHasPrefetch
//   - FORGE_FP8_ROWS: rows of a workgroup of "fp8_gemm_..."; 0: the matrix units do not take E4M3.
//     Else fp8_of(4 floats), fp8_of_bytes(4 bytes, d, m)
//   - matrix products of a wave: Int8Tile, HalfTile and, with FORGE_FP8_ROWS, Fp8Tile, see below.
//   Int8Tile::Start is what sums
//     start from; load_a and load_two bring operands from LDS
// Waves have 32 lanes everywhere.
//
// Matrix products: C[16, kColumns] += A[16, 16] * B[16, kColumns], spread over the lanes of a wave.
// A row (of A) and a column (of B) is 16 consecutive k: 4 words of 4 bytes, or 8 words of 2 halves.
// A lane holds
//   of A: kARows rows a_row(i), of each the words first() .. first() + kRun - 1
//   of B: the words first() .. of column b_column()
//   of C: kCRows x kCColumns elements: row c_row(i), column c_column(j) is element i * kCColumns +
//   j
// What order the lanes' k have inside a product does not matter, as A and B agree.
#ifndef FORGE_PLUGINS_HIP_DEVICE_TARGET_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_TARGET_HPP_

#include <stdint.h>

#if defined(__AMDGCN__)
#include "plugins/hip/device/target_amdgcn.hpp"
#elif defined(__CUDACC__)
#include "plugins/hip/device/target_cuda.hpp"
#else
#include "plugins/hip/device/target_host.hpp"
#endif

namespace forge::hip::device {

inline constexpr uint32_t kWave = 32;
inline constexpr uint32_t kLine = 128;  // bytes that prefetch() asks for

FORGE_DEVICE uint32_t lane() { return thread() % kWave; }
FORGE_DEVICE uint32_t wave() { return thread() / kWave; }

// Every lane gets the sum or the largest of all, added in one order.
FORGE_DEVICE float wave_sum(float v) {
  v += shuffle_xor<16>(v);
  v += shuffle_xor<8>(v);
  v += shuffle_xor<4>(v);
  v += shuffle_xor<2>(v);
  return v + shuffle_xor<1>(v);
}

FORGE_DEVICE float wave_max(float v) {
  v = max_of(v, shuffle_xor<16>(v));
  v = max_of(v, shuffle_xor<8>(v));
  v = max_of(v, shuffle_xor<4>(v));
  v = max_of(v, shuffle_xor<2>(v));
  return max_of(v, shuffle_xor<1>(v));
}

// Over the rows of C that other lanes hold of the same column.
FORGE_DEVICE float column_max(float v) {
  if constexpr (TileLayout::kCColumns == 2) {
    v = max_of(v, shuffle_xor<4>(v));
    v = max_of(v, shuffle_xor<8>(v));
  }
  return max_of(v, shuffle_xor<16>(v));
}

FORGE_DEVICE float column_sum(float v) {
  if constexpr (TileLayout::kCColumns == 2) {
    v += shuffle_xor<4>(v);
    v += shuffle_xor<8>(v);
  }
  return v + shuffle_xor<16>(v);
}

FORGE_DEVICE int32_t wave_sum_of_16(int32_t v) {  // of the lane's half
  v += shuffle_xor<8>(v);
  v += shuffle_xor<4>(v);
  v += shuffle_xor<2>(v);
  return v + shuffle_xor<1>(v);
}

FORGE_DEVICE float exp_of(float x) { return exp2_of(x * 1.4426950408889634f); }

// Four or eight words at once, for 16-byte loads.
struct alignas(16) Words4 {
  uint32_t v[4];
};
struct alignas(8) Words2 {
  uint32_t v[2];
};

// kN words from an address aligned to their size (at most 16 bytes).
template <int kN>
FORGE_DEVICE void load_words(uint32_t (&to)[kN], const void* from) {
  if constexpr (kN % 4 == 0) {
    for (int i = 0; i < kN / 4; ++i) {
      const Words4 w = static_cast<const Words4*>(from)[i];
      for (int j = 0; j < 4; ++j) to[4 * i + j] = w.v[j];
    }
  } else if constexpr (kN == 2) {
    const Words2 w = *static_cast<const Words2*>(from);
    to[0] = w.v[0];
    to[1] = w.v[1];
  } else {
    for (int i = 0; i < kN; ++i) to[i] = static_cast<const uint32_t*>(from)[i];
  }
}

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_TARGET_HPP_
