// plugins/hip/device/rows.hpp: ops that work row by row.
#ifndef FORGE_PLUGINS_HIP_DEVICE_ROWS_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_ROWS_HPP_

#include "forge/abi/graph.h"
#include "plugins/hip/device/activation.hpp"
#include "plugins/hip/device/args.hpp"
#include "plugins/hip/device/formats.hpp"
#include "plugins/hip/device/target.hpp"

namespace forge::hip::device {

// The wave's 32 lanes hold 32 consecutive elements; writes their quants and meta.
FORGE_DEVICE void quantize_block(float v, int8_t* q, BlockMeta* meta) {
  const float largest = wave_max(abs_of(v));
  const float inverse = largest > 0 ? 127.0f / largest : 0.0f;
  const auto quant = static_cast<int32_t>(round_of(v * inverse));
  const int32_t sum = wave_sum_of_16(quant);
  q[lane()] = static_cast<int8_t>(quant);
  const int32_t other = shuffle_xor<16>(sum);
  if (lane() == 0) *meta = {largest / 127.0f, static_cast<int16_t>(sum), static_cast<int16_t>(other)};
}

FORGE_DEVICE void quantize(const QuantizeArgs& a) {
  const uint32_t row = block_y();
  const uint32_t block = block_x() * (kThreads / kBlock) + wave();
  const uint32_t n_blocks = a.to.k / kBlock;
  if (block >= n_blocks) return;
  const float v = a.x.base[uint64_t{row} * a.x.stride + block * kBlock + lane()];
  quantize_block(v, a.to.q + uint64_t{row} * a.to.k + block * kBlock, a.to.meta + uint64_t{row} * n_blocks + block);
}

// The sum over a workgroup of 256 threads, in one order; `buffer` has 8 floats.
FORGE_DEVICE float workgroup_sum(float v, float* buffer) {
  v = wave_sum(v);
  barrier();  // the last use of the buffer
  if (lane() == 0) buffer[wave()] = v;
  barrier();
  float sum = 0;
  for (uint32_t i = 0; i < kThreads / kWave; ++i) sum += buffer[i];
  return sum;
}

struct Normal {
  float mean, factor;
  FORGE_METHOD float of(float x, float weight, float bias) const { return (x - mean) * factor * weight + bias; }
};

// How the n elements at x are normalised.
FORGE_DEVICE Normal normal_of(const float* x, uint32_t n, uint32_t kind, float eps, float* buffer) {
  const float count = static_cast<float>(n);
  float mean = 0;
  if (kind == FORGE_NORM_LAYER) {
    float sum = 0;
    for (uint32_t i = thread(); i < n; i += kThreads) sum += x[i];
    mean = workgroup_sum(sum, buffer) / count;
  }
  float squares = 0;
  for (uint32_t i = thread(); i < n; i += kThreads) {
    const float v = x[i] - mean;
    squares = fma_of(v, v, squares);
  }
  squares = workgroup_sum(squares, buffer);
  if (kind == FORGE_NORM_L2) return {0, 1.0f / max_of(sqrt_of(squares), eps)};
  return {mean, 1.0f / sqrt_of(squares / count + eps)};
}

template <bool kQuantize>
FORGE_DEVICE void norm(const NormArgs& a) {
  FORGE_LDS(float, buffer, kThreads / kWave);
  const uint32_t row = block_x();
  const uint32_t at = block_y() * a.group;
  const float* x = a.x.base + uint64_t{row} * a.x.stride + at;
  const Normal normal = normal_of(x, a.group, a.kind, a.eps, buffer);
  const float* weight = a.weight == nullptr ? nullptr : a.weight + block_y() * a.weight_stride;
  const float* bias = a.bias == nullptr ? nullptr : a.bias + block_y() * a.weight_stride;
  float* y = a.y.base + uint64_t{row} * a.y.stride + at;
  // Whole waves go round together: with quantization the width is a multiple of a wave.
  for (uint32_t i = thread(); i < a.group; i += kThreads) {
    const float v = normal.of(x[i], weight == nullptr ? 1.0f : weight[i], bias == nullptr ? 0.0f : bias[i]);
    if (a.y.base != nullptr) y[i] = v;
    if constexpr (kQuantize) {
      const uint32_t n_blocks = a.to.k / kBlock;
      quantize_block(v, a.to.q + uint64_t{row} * a.to.k + i / kBlock * kBlock,
                     a.to.meta + uint64_t{row} * n_blocks + i / kBlock);
    }
  }
}

// ---------------------------------------------------------------- element by element

template <class Function>
FORGE_DEVICE void each_element(const ElementArgs& a, const Function& function) {
  const uint32_t i = block_x() * kThreads + thread();
  const uint32_t row = block_y();
  if (i < a.y.width) a.y.base[uint64_t{row} * a.y.stride + i] = function(row, i);
}

FORGE_DEVICE float element(const Rows& rows, uint32_t row, uint32_t i) {
  return rows.base[uint64_t{row} * rows.stride + i];
}

FORGE_DEVICE void gated(const ElementArgs& a) {
  each_element(a, [&](uint32_t row, uint32_t i) {
    return activate(a.activation, element(a.a, row, i)) * element(a.b, row, i);
  });
}

FORGE_DEVICE void unary(const ElementArgs& a) {
  each_element(a, [&](uint32_t row, uint32_t i) {
    const float x = element(a.a, row, i);
    if (a.kind == FORGE_UNARY_SCALE) return x * a.argument;
    if (a.kind == FORGE_UNARY_SOFT_CAP) return a.argument * tanh_of(x / a.argument);
    return activate(a.activation, x);
  });
}

FORGE_DEVICE void binary(const ElementArgs& a) {
  each_element(a, [&](uint32_t row, uint32_t i) {
    const float x = element(a.a, row, i);
    const float y = element(a.b, row, i);
    return a.kind == FORGE_BINARY_ADD ? x + y : x * y;
  });
}

FORGE_DEVICE void select_rows(const ElementArgs& a) {
  each_element(a, [&](uint32_t row, uint32_t i) { return element(a.a, a.index[row], i); });
}

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_ROWS_HPP_
