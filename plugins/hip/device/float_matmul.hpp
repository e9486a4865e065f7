// plugins/hip/device/float_matmul.hpp: products with f16, bf16 and f32 weights, in f32.
//
// Order of addition: k is cut into kSegments segments of whole chunks; one chain of fused
// multiply-adds a segment, then the segments in order.
#ifndef FORGE_PLUGINS_HIP_DEVICE_FLOAT_MATMUL_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_FLOAT_MATMUL_HPP_

#include "plugins/hip/device/matmul.hpp"

namespace forge::hip::device {

enum class FloatType { kF16, kBf16, kF32 };

template <FloatType kType>
struct FloatChunk {
  static constexpr uint32_t kElements = kType == FloatType::kF32 ? 4 : 8;
  float v[kElements];
};

template <FloatType kType>
FORGE_DEVICE FloatChunk<kType> load_chunk(const uint8_t* codes, uint64_t entry) {
  uint32_t words[4];
  load_words<4>(words, codes + entry * 16);
  FloatChunk<kType> chunk;
  for (uint32_t i = 0; i < chunk.kElements; ++i) {
    if constexpr (kType == FloatType::kF32) {
      chunk.v[i] = float_of_bits(words[i]);
    } else {
      const uint32_t bits = words[i / 2] >> (16 * (i % 2)) & 0xffffu;
      chunk.v[i] = kType == FloatType::kF16 ? float_of_half(static_cast<uint16_t>(bits))
                                            : float_of_bits(bits << 16);
    }
  }
  return chunk;
}

// A workgroup makes 16 outputs for kFloatRows rows; a lane walks one segment of one row of weights.
template <FloatType kType, bool kGated>
FORGE_DEVICE void float_matmul(const FloatMatmulArgs& a) {
  constexpr int kMatrices = kGated ? 2 : 1;
  constexpr uint32_t kChunk = FloatChunk<kType>::kElements;
  FORGE_LDS(float, partial, kMatrices* kFloatRows* kSegments* kTileRows);
  const MatmulPart& part = part_of(a.part, a.n_parts, block_x());
  const uint32_t tile = block_x() - part.first_tile;
  const uint32_t first = block_y() * kFloatRows;
  const uint32_t n_chunks = (a.x.width + kChunk - 1) / kChunk;
  const uint32_t per = (n_chunks + kSegments - 1) / kSegments;
  const uint32_t begin = smaller(thread() / kTileRows * per, n_chunks);
  const uint32_t end = smaller(begin + per, n_chunks);
  const float* x[kFloatRows];
  for (uint32_t r = 0; r < kFloatRows; ++r)
    x[r] = a.x.base + uint64_t{smaller(first + r, a.n_rows - 1)} * a.x.stride;
  float acc[kMatrices][kFloatRows] = {};
  for (uint32_t c = begin; c < end; ++c) {
    const uint64_t entry = (uint64_t{tile} * n_chunks + c) * kTileRows + thread() % kTileRows;
    const uint32_t n = smaller(kChunk, a.x.width - c * kChunk);
    for (int m = 0; m < kMatrices; ++m) {
      const auto w = load_chunk<kType>(m == 0 ? part.weight.codes : part.up.codes, entry);
      for (uint32_t i = 0; i < kChunk; ++i) {
        for (uint32_t r = 0; r < kFloatRows; ++r)
          acc[m][r] = fma_of(w.v[i], i < n ? x[r][c * kChunk + i] : 0.0f, acc[m][r]);
      }
    }
  }
  for (int m = 0; m < kMatrices; ++m) {
    for (uint32_t r = 0; r < kFloatRows; ++r)
      partial[(static_cast<uint32_t>(m) * kFloatRows + r) * kThreads + thread()] = acc[m][r];
  }
  barrier();
  const uint32_t r = thread() / kTileRows;
  if (r >= kFloatRows || first + r >= a.n_rows) return;
  float sum = 0, up = 0;
  for (uint32_t s = 0; s < kSegments; ++s) {
    sum += partial[r * kThreads + s * kTileRows + thread() % kTileRows];
    if constexpr (kGated)
      up += partial[(kFloatRows + r) * kThreads + s * kTileRows + thread() % kTileRows];
  }
  finish<kGated>(part, a.activation, first + r, tile * kTileRows + thread() % kTileRows, sum, up);
}

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_FLOAT_MATMUL_HPP_
