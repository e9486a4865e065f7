// plugins/hip/device/attention_merge.hpp: softmax in parts, and the kernel that puts them together.
#ifndef FORGE_PLUGINS_HIP_DEVICE_ATTENTION_MERGE_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_ATTENTION_MERGE_HPP_

#include "plugins/hip/device/kv.hpp"
#include "plugins/hip/device/rows.hpp"

namespace forge::hip::device {

inline constexpr float kNothing = -3.0e38f;  // the largest score when there was none

// Softmax over some positions without its division.
struct Softmax {
  float largest = kNothing;
  float sum = 0;
};

// t * a + v * b, in both kernels alike.
FORGE_DEVICE float blend(float t, float a, float v, float b) { return fma_of(t, a, v * b); }

struct Blend {
  float old_factor, new_factor;
};

// Merges s into t; the sums of values are blended with what is returned.
FORGE_DEVICE Blend merge(Softmax& t, const Softmax& s) {
  const float largest = max_of(t.largest, s.largest);
  const Blend b = {exp_of(t.largest - largest), exp_of(s.largest - largest)};
  t.sum = blend(t.sum, b.old_factor, s.sum, b.new_factor);
  t.largest = largest;
  return b;
}

// What the sum of values is multiplied by in the end.
FORGE_DEVICE float final_factor(const Softmax& t, const float* sinks, uint32_t head) {
  if (sinks == nullptr) return 1.0f / t.sum;
  const float largest = max_of(t.largest, sinks[head]);
  const float old_factor = exp_of(t.largest - largest);
  return old_factor / fma_of(t.sum, old_factor, exp_of(sinks[head] - largest));
}

FORGE_DEVICE uint32_t first_seen(uint32_t position, uint32_t window) {
  return window == 0 || position < window ? 0 : position - window + 1;
}

// A workgroup folds the partial results of one row and head.
FORGE_DEVICE void attention_merge(const AttentionArgs& a) {
  const uint32_t row = block_x();
  const uint32_t head = block_y();
  const uint32_t dv = a.cache.dv;
  const uint32_t n_segments = a.rows[row].position / (kKvBlock * kSegmentBlocks) + 1;
  // Of its item: partial results are numbered from the item's first segment.
  const uint32_t first_segment =
      first_seen(a.merge_first[row], a.window) / (kKvBlock * kSegmentBlocks);
  const float* from = a.partial + (uint64_t{row} * a.n_heads + head) * a.max_segments * (dv + 2);
  if (thread() >= dv) return;
  Softmax total;
  float sum = 0;
  constexpr uint32_t kAhead = 8;  // results that are loaded before the first is used
  const uint32_t n = n_segments - first_segment;
  for (uint32_t front = 0; front < n; front += kAhead) {
    Softmax soft[kAhead];
    float values[kAhead];
    FORGE_UNROLL_ALL
    for (uint32_t i = 0; i < kAhead; ++i) {
      const uint32_t segment = front + i < n ? front + i : n - 1;
      const float* result = from + uint64_t{segment} * (dv + 2);
      soft[i] = {result[dv], result[dv + 1]};
      values[i] = result[thread()];
    }
    FORGE_UNROLL_ALL
    for (uint32_t i = 0; i < kAhead; ++i) {
      if (front + i >= n) break;
      const Blend blended = merge(total, soft[i]);
      sum = blend(sum, blended.old_factor, values[i], blended.new_factor);
    }
  }
  const float v = sum * final_factor(total, a.sinks, head);
  if (a.y.base != nullptr) a.y.base[uint64_t{row} * a.y.stride + head * dv + thread()] = v;
  if (a.to.q == nullptr) return;
  const uint64_t block = (uint64_t{row} * a.to.k + head * dv) / kBlock + wave();
  quantize_block(v, a.to.q + block * kBlock, a.to.meta + block);
}

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_ATTENTION_MERGE_HPP_
