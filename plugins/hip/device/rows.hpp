// plugins/hip/device/rows.hpp: ops that work row by row.
#ifndef FORGE_PLUGINS_HIP_DEVICE_ROWS_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_ROWS_HPP_

#include "forge/abi/graph.h"
#include "plugins/hip/device/activation.hpp"
#include "plugins/hip/device/args.hpp"
#include "plugins/hip/device/formats.hpp"
#include "plugins/hip/device/target.hpp"

namespace forge::hip::device {

// d of a block: the largest magnitude / 127, rounded up to a float whose last two bits are zero,
// see matmul.hpp: kMagic. Numbers so small that 1 / d would overflow count as zeros.
struct BlockScale {
  float d, inverse;
};

FORGE_DEVICE BlockScale block_scale(float largest) {
  if (!(largest > 1.0e-35f)) return {0, 0};
  const float d = float_of_bits((bits_of_float(largest / 127.0f) + 3) & ~3u);
  return {d, 1.0f / d};
}

// The wave's 32 lanes hold 32 consecutive elements; writes their quants and meta.
FORGE_DEVICE void quantize_block(float v, int8_t* q, BlockMeta* meta) {
  const BlockScale scale = block_scale(wave_max(abs_of(v)));
  const auto quant = static_cast<int32_t>(round_of(v * scale.inverse));
  const int32_t sum = wave_sum_of_16(quant);
  q[lane()] = static_cast<int8_t>(quant);
  const int32_t other = shuffle_xor<16>(sum);
  if (lane() == 0) *meta = {scale.d, static_cast<int16_t>(sum), static_cast<int16_t>(other)};
}

// The same with 8 consecutive elements in a lane and 4 neighbouring lanes for a block; lanes from
// element n on only take part; `at` is the
// first element.
inline constexpr uint32_t kRunLength = 8;

FORGE_DEVICE void quantize_run(const float (&v)[kRunLength], int8_t* q, BlockMeta* meta,
                               uint32_t at, uint32_t n) {
  float largest = 0;
  for (uint32_t i = 0; i < kRunLength; ++i) largest = max_of(largest, abs_of(v[i]));
  largest = max_of(largest, shuffle_xor<1>(largest));
  largest = max_of(largest, shuffle_xor<2>(largest));
  const BlockScale scale = block_scale(largest);
  int32_t sum = 0;
  uint32_t words[2] = {};
  for (uint32_t i = 0; i < kRunLength; ++i) {
    const auto quant = static_cast<int32_t>(round_of(v[i] * scale.inverse));
    sum += quant;
    words[i / 4] |= (static_cast<uint32_t>(quant) & 255u) << 8 * (i % 4);
  }
  sum += shuffle_xor<1>(sum);  // of 16 elements
  const int32_t other = shuffle_xor<2>(sum);
  if (at >= n) return;
  *reinterpret_cast<Words2*>(q + at) = {{words[0], words[1]}};
  if (at % kBlock == 0)
    meta[at / kBlock] = {scale.d, static_cast<int16_t>(sum), static_cast<int16_t>(other)};
}

FORGE_DEVICE void load_run(float (&v)[kRunLength], const float* x) {
  if (reinterpret_cast<uint64_t>(x) % 16 != 0) {  // a view that begins anywhere
    for (uint32_t i = 0; i < kRunLength; ++i) v[i] = x[i];
    return;
  }
  uint32_t words[kRunLength];
  load_words<kRunLength>(words, x);
  for (uint32_t i = 0; i < kRunLength; ++i) v[i] = float_of_bits(words[i]);
}

FORGE_DEVICE void quantize(const QuantizeArgs& a) {
  const uint32_t row = block_y();
  const uint32_t at = (block_x() * kThreads + thread()) * kRunLength;
  float v[kRunLength] = {};
  if (at < a.to.k) load_run(v, a.x.base + uint64_t{row} * a.x.stride + at);
  quantize_run(v, a.to.q + uint64_t{row} * a.to.k, a.to.meta + uint64_t{row} * (a.to.k / kBlock),
               at, a.to.k);
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
  FORGE_METHOD float of(float x, float weight, float bias) const {
    return (x - mean) * factor * weight + bias;
  }
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

FORGE_DEVICE void norm(const NormArgs& a) {
  FORGE_LDS(float, buffer, kThreads / kWave);
  const uint32_t row = block_x();
  const uint32_t at = block_y() * a.group;
  const float* x = a.x.base + uint64_t{row} * a.x.stride + at;
  const Normal normal = normal_of(x, a.group, a.kind, a.eps, buffer);
  const float* weight = a.weight == nullptr ? nullptr : a.weight + block_y() * a.weight_stride;
  const float* bias = a.bias == nullptr ? nullptr : a.bias + block_y() * a.weight_stride;
  float* y = a.y.base + uint64_t{row} * a.y.stride + at;
  for (uint32_t i = thread(); i < a.group; i += kThreads)
    y[i] = normal.of(x[i], weight == nullptr ? 1.0f : weight[i], bias == nullptr ? 0.0f : bias[i]);
}

// As normal_of, for rows of a multiple of kBlock elements that go on to be quantized.
FORGE_DEVICE Normal normal_of_runs(const float* x, uint32_t n, uint32_t kind, float eps,
                                   float* buffer) {
  const float count = static_cast<float>(n);
  float mean = 0;
  if (kind == FORGE_NORM_LAYER) {
    float sum = 0;
    for (uint32_t at = thread() * kRunLength; at < n; at += kThreads * kRunLength) {
      float v[kRunLength];
      load_run(v, x + at);
      for (uint32_t i = 0; i < kRunLength; ++i) sum += v[i];
    }
    mean = workgroup_sum(sum, buffer) / count;
  }
  float squares = 0;
  for (uint32_t at = thread() * kRunLength; at < n; at += kThreads * kRunLength) {
    float v[kRunLength];
    load_run(v, x + at);
    for (uint32_t i = 0; i < kRunLength; ++i) squares = fma_of(v[i] - mean, v[i] - mean, squares);
  }
  squares = workgroup_sum(squares, buffer);
  if (kind == FORGE_NORM_L2) return {0, 1.0f / max_of(sqrt_of(squares), eps)};
  return {mean, 1.0f / sqrt_of(squares / count + eps)};
}

// Normalises and quantizes a row; its floats go to y if they are wanted.
FORGE_DEVICE void norm_quantize_row(const float* x, const float* weight, const float* bias,
                                    uint32_t n, const Normal& normal, bool wants_floats, float* y,
                                    int8_t* q, BlockMeta* meta) {
  // Whole waves go round together, lanes beyond the row's end too: they shuffle.
  for (uint32_t front = 0; front < n; front += kThreads * kRunLength) {
    const uint32_t at = front + thread() * kRunLength;
    float v[kRunLength] = {}, w[kRunLength], b[kRunLength];
    for (uint32_t i = 0; i < kRunLength; ++i) {
      w[i] = 1.0f;
      b[i] = 0.0f;
    }
    if (at < n) {
      load_run(v, x + at);
      if (weight != nullptr) load_run(w, weight + at);
      if (bias != nullptr) load_run(b, bias + at);
    }
    for (uint32_t i = 0; i < kRunLength; ++i) {
      v[i] = normal.of(v[i], w[i], b[i]);
      if (wants_floats && at < n) y[at + i] = v[i];
    }
    quantize_run(v, q, meta, at, n);
  }
}

// Both at once for RMS and rows of at most kHeld runs a thread: row and weights are read once,
// before anything waits for them. The same bits.
template <uint32_t kHeld>
FORGE_DEVICE void rms_quantize_held(const float* x, const float* weight, uint32_t n, float eps,
                                    float* buffer, int8_t* q, BlockMeta* meta) {
  float v[kHeld][kRunLength] = {}, w[kHeld][kRunLength];
  FORGE_UNROLL_ALL
  for (uint32_t h = 0; h < kHeld; ++h) {
    const uint32_t at = (h * kThreads + thread()) * kRunLength;
    for (uint32_t i = 0; i < kRunLength; ++i) w[h][i] = 1.0f;
    if (at >= n) continue;
    load_run(v[h], x + at);
    if (weight != nullptr) load_run(w[h], weight + at);
  }
  float squares = 0;
  FORGE_UNROLL_ALL
  for (uint32_t h = 0; h < kHeld; ++h) {
    for (uint32_t i = 0; i < kRunLength; ++i) squares = fma_of(v[h][i], v[h][i], squares);
  }
  squares = workgroup_sum(squares, buffer);
  const Normal normal = {0, 1.0f / sqrt_of(squares / static_cast<float>(n) + eps)};
  FORGE_UNROLL_ALL
  for (uint32_t h = 0; h < kHeld; ++h) {
    if (h * kThreads * kRunLength >= n) break;
    for (uint32_t i = 0; i < kRunLength; ++i) v[h][i] = normal.of(v[h][i], w[h][i], 0.0f);
    quantize_run(v[h], q, meta, (h * kThreads + thread()) * kRunLength, n);
  }
}

FORGE_DEVICE void norm_quantize(const NormArgs& a) {
  FORGE_LDS(float, buffer, kThreads / kWave);
  const uint32_t row = block_x();
  const float* x = a.x.base + uint64_t{row} * a.x.stride;
  const Normal normal = normal_of_runs(x, a.group, a.kind, a.eps, buffer);
  norm_quantize_row(x, a.weight, a.bias, a.group, normal, a.y.base != nullptr,
                    a.y.base + uint64_t{row} * a.y.stride, a.to.q + uint64_t{row} * a.to.k,
                    a.to.meta + uint64_t{row} * (a.to.k / kBlock));
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
