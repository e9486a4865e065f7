// plugins/hip/device/peak.hpp: what a device can do at most.
#ifndef FORGE_PLUGINS_HIP_DEVICE_PEAK_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_PEAK_HPP_

#include "plugins/hip/device/args.hpp"
#include "plugins/hip/device/peak_args.hpp"
#include "plugins/hip/device/target.hpp"

namespace forge::hip::device {

FORGE_DEVICE void peak_read(const PeakReadArgs& a) {
  const uint32_t t = block_x() * kThreads + thread();
  const Words4* from = reinterpret_cast<const Words4*>(a.from) + t;
  uint32_t sum = 0;
  for (uint32_t round = 0; round < a.n_rounds; ++round) {
    Words4 w[kPeakLoads];
    FORGE_UNROLL_ALL
    for (uint32_t i = 0; i < kPeakLoads; ++i) w[i] = from[uint64_t{i} * a.n_threads];
    FORGE_UNROLL_ALL
    for (uint32_t i = 0; i < kPeakLoads; ++i) sum += w[i].v[0] + w[i].v[1] + w[i].v[2] + w[i].v[3];
    from += uint64_t{kPeakLoads} * a.n_threads;
  }
  a.to[t] = sum;
}

FORGE_DEVICE void peak_int8(const PeakArgs& a) {
  constexpr int kWords = Int8Tile::kARows * Int8Tile::kRun;
  uint32_t a0[kWords], a1[kWords], b0[Int8Tile::kRun], b1[Int8Tile::kRun];
  for (int i = 0; i < kWords; ++i) a0[i] = a1[i] = a.from[i];
  for (int i = 0; i < Int8Tile::kRun; ++i) {
    b0[i] = b1[i] = a.from[i];
    opaque(b0[i]);
  }
  // Every product starts from the sums of the chain's last one: none can be left out.
  Int8Tile::Start chain[kPeakChains];
  FORGE_UNROLL_ALL
  for (uint32_t c = 0; c < kPeakChains; ++c) chain[c] = Int8Tile::start_from(0);
  int32_t out[Int8Tile::kElements] = {};
  for (uint32_t round = 0; round < a.n_rounds; ++round) {
    FORGE_UNROLL_ALL
    for (uint32_t c = 0; c < kPeakChains; ++c) {
      Int8Tile::multiply2<true>(out, a0, a1, b0, b1, chain[c]);
      chain[c] = Int8Tile::start_from(out);
    }
  }
  int32_t sum = 0;
  FORGE_UNROLL_ALL
  for (uint32_t c = 0; c < kPeakChains; ++c) {
    Int8Tile::multiply2<true>(out, a0, a1, b0, b1, chain[c]);
    sum += out[0];
  }
  a.to[block_x() * kThreads + thread()] = static_cast<uint32_t>(sum);
}

FORGE_DEVICE void peak_f32(const PeakArgs& a) {
  const float x = float_of_bits(a.from[0]);
  const float y = float_of_bits(a.from[1]);
  float sums[kPeakChains];
  for (uint32_t c = 0; c < kPeakChains; ++c) {
    sums[c] = float_of_bits(a.from[c]);
    opaque(sums[c]);  // or one scalar would be computed for all lanes
  }
  for (uint32_t round = 0; round < a.n_rounds; ++round) {
    FORGE_UNROLL_ALL
    for (uint32_t c = 0; c < kPeakChains; ++c) sums[c] = fma_of(sums[c], x, y);
  }
  float sum = 0;
  for (uint32_t c = 0; c < kPeakChains; ++c) sum += sums[c];
  a.to[block_x() * kThreads + thread()] = bits_of_float(sum);
}

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_PEAK_HPP_
