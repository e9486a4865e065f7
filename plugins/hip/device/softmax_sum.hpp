// plugins/hip/device/softmax_sum.hpp: FORGE_OP_SOFTMAX_SUM. What softmax divides a row by, as whole
// numbers: what is added first makes no difference. A workgroup for each kSoftmaxPart elements;
// LDS: 64 bytes.
#ifndef FORGE_PLUGINS_HIP_DEVICE_SOFTMAX_SUM_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_SOFTMAX_SUM_HPP_

#include "forge/sdk/softmax_weight.hpp"
#include "plugins/hip/device/args.hpp"
#include "plugins/hip/device/target.hpp"

namespace forge::hip::device {

template <int kMask>
FORGE_DEVICE uint64_t add_shuffled(uint64_t v) {
  const uint32_t high = shuffle_xor<kMask>(static_cast<uint32_t>(v >> 32));
  return v + (uint64_t{high} << 32 | shuffle_xor<kMask>(static_cast<uint32_t>(v)));
}

FORGE_DEVICE void softmax_sum(const SoftmaxSumArgs& a) {
  constexpr uint32_t kEach = kSoftmaxPart / kThreads, kWaves = kThreads / kWave;
  FORGE_LDS(uint64_t, buffer, kWaves);
  const uint32_t n = a.x.width;
  const float* x = a.x.base + uint64_t{block_y()} * a.x.stride;
  const float largest = a.best.base[uint64_t{block_y()} * a.best.stride];
  uint32_t* sums = reinterpret_cast<uint32_t*>(a.sums.base + uint64_t{block_y()} * a.sums.stride);
  const uint32_t at = block_x() * kSoftmaxPart + thread();
  float v[kEach];
  FORGE_UNROLL_ALL
  for (uint32_t i = 0; i < kEach; ++i) {
    const uint32_t e = at + i * kThreads;
    v[i] = x[e < n ? e : n - 1];
  }
  uint64_t sum = 0;
  FORGE_UNROLL_ALL
  for (uint32_t i = 0; i < kEach; ++i) {
    const uint64_t weight = sdk::softmax_weight(largest, v[i]);
    sum += at + i * kThreads < n ? weight : 0;
  }
  sum = add_shuffled<16>(sum);
  sum = add_shuffled<8>(sum);
  sum = add_shuffled<4>(sum);
  sum = add_shuffled<2>(sum);
  sum = add_shuffled<1>(sum);
  if (lane() == 0) buffer[wave()] = sum;
  barrier();
  if (thread() != 0) return;
  sum = 0;
  FORGE_UNROLL_ALL
  for (uint32_t w = 0; w < kWaves; ++w) sum += buffer[w];
  sums[2 * block_x()] = static_cast<uint32_t>(sum);
  sums[2 * block_x() + 1] = static_cast<uint32_t>(sum >> 32);
}

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_SOFTMAX_SUM_HPP_
