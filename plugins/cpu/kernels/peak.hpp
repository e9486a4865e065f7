// plugins/cpu/kernels/peak.hpp: loops that do nothing but multiply, to know the processor's limits.
#ifndef FORGE_PLUGINS_CPU_KERNELS_PEAK_HPP_
#define FORGE_PLUGINS_CPU_KERNELS_PEAK_HPP_

#include <cstdint>

#include "plugins/cpu/kernels/api.hpp"

namespace forge::cpu {

// Independent chains: more than latency times throughput of any processor's multiplier (5 * 2), and
// with two operands no more than AVX2's 16 registers.
inline constexpr int kChains = 12;

// The value may have been read or changed here, says this to the compiler.
template <class T>
inline void keep(T& value) {
  asm volatile("" : "+x"(value));
}

// Products of bytes as the matmul kernels add them up; returns the multiply-adds done.
template <class Isa>
std::uint64_t peak_int8(std::uint64_t rounds) {
  using B = typename Isa::B;
  alignas(64) static constexpr std::int8_t kBytes[4] = {1, 2, 3, 4};
  B weights = Isa::set1_byte(5);
  B sums[kChains];
#pragma GCC unroll 12
  // NOLINTNEXTLINE(modernize-loop-convert): unrolled, as the loops below
  for (int i = 0; i < kChains; ++i) sums[i] = Isa::zero_i();
  for (std::uint64_t r = 0; r < rounds; ++r) {
#pragma GCC unroll 12
    // NOLINTNEXTLINE(modernize-loop-convert)
    for (int i = 0; i < kChains; ++i) {
      keep(weights);  // or a product would be taken once for all
      if constexpr (Isa::kPairLimit != 0) {
        sums[i] = Isa::add_pairs(sums[i], Isa::dot_pairs(weights, kBytes));
      } else {
        sums[i] = Isa::dot(sums[i], weights, kBytes);
      }
    }
  }
#pragma GCC unroll 12
  // NOLINTNEXTLINE(modernize-loop-convert)
  for (int i = 0; i < kChains; ++i) keep(sums[i]);
  return rounds * kChains * std::uint64_t{Isa::kWidth} * 4;
}

template <class Isa>
std::uint64_t peak_f32(std::uint64_t rounds) {
  using F = typename Isa::F;
  const F factor = Isa::set1(0.5f);
  F sums[kChains];
#pragma GCC unroll 12
  // NOLINTNEXTLINE(modernize-loop-convert): unrolled, as the loops below
  for (int i = 0; i < kChains; ++i) {
    sums[i] = Isa::zero();
    keep(sums[i]);  // or all chains would be known to be one
  }
  for (std::uint64_t r = 0; r < rounds; ++r) {
#pragma GCC unroll 12
    // NOLINTNEXTLINE(modernize-loop-convert)
    for (int i = 0; i < kChains; ++i) sums[i] = Isa::fma(sums[i], factor, factor);
  }
#pragma GCC unroll 12
  // NOLINTNEXTLINE(modernize-loop-convert)
  for (int i = 0; i < kChains; ++i) keep(sums[i]);
  return rounds * kChains * std::uint64_t{Isa::kWidth};
}

// Products of pairs of BF16. Latency times throughput is 6 * 2.
inline constexpr int kBf16Chains = 16;

template <class Isa>
std::uint64_t peak_bfloat16(std::uint64_t rounds) {
  const typename Isa::I ones = Isa::set1_i(0x3f803f80);
  typename Isa::F sums[kBf16Chains];
#pragma GCC unroll 16
  // NOLINTNEXTLINE(modernize-loop-convert): unrolled, as the loops below
  for (int i = 0; i < kBf16Chains; ++i) {
    sums[i] = Isa::zero();
    keep(sums[i]);
  }
  for (std::uint64_t r = 0; r < rounds; ++r) {
#pragma GCC unroll 16
    // NOLINTNEXTLINE(modernize-loop-convert)
    for (int i = 0; i < kBf16Chains; ++i) sums[i] = Isa::dot_bfloat16(sums[i], ones, ones);
  }
#pragma GCC unroll 16
  // NOLINTNEXTLINE(modernize-loop-convert)
  for (int i = 0; i < kBf16Chains; ++i) keep(sums[i]);
  return rounds * kBf16Chains * std::uint64_t{Isa::kWidth} * 2;
}

// Reads memory once, front to back; n a multiple of 256.
template <class Isa>
void read_through(const std::uint8_t* p, std::size_t n) {
  constexpr std::size_t kStep = 4 * Isa::kWidth;
  for (std::size_t i = 0; i < n; i += 4 * kStep) {
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      typename Isa::B bytes = Isa::load_bytes(p + i + j * kStep);
      keep(bytes);
    }
  }
}

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_KERNELS_PEAK_HPP_
