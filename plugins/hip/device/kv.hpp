// plugins/hip/device/kv.hpp: writing and reading the KV state; layout in args.hpp at KvCache.
#ifndef FORGE_PLUGINS_HIP_DEVICE_KV_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_KV_HPP_

#include "plugins/hip/device/args.hpp"
#include "plugins/hip/device/formats.hpp"
#include "plugins/hip/device/target.hpp"

namespace forge::hip::device {

inline constexpr uint32_t kKvBlock = 32;                   // positions; FORGE_KV_BLOCK_TOKENS
inline constexpr uint32_t kMaxHeadElements = 256 / kWave;  // of a head, a lane
inline constexpr uint32_t kKvGroup = 32;                   // elements of a q8_0 scale

// Always a number: see KvCache.
FORGE_DEVICE uint16_t kv_half(float v) {
  if (!(v == v)) return 0;
  return half_of_float(v > 65504.0f ? 65504.0f : (v < -65504.0f ? -65504.0f : v));
}

// Quants of 32 elements held by the lanes of a wave, and their scale, rounded to f16 before it is
// used: what is read back is what was meant.
struct KvQuant {
  int8_t q;
  uint16_t scale;
};

FORGE_DEVICE KvQuant kv_quantize(float v) {
  KvQuant out;
  out.scale = kv_half(wave_max(abs_of(v)) / 127.0f);
  const float d = float_of_half(out.scale);
  const float q = d > 0 ? round_of(v / d) : 0.0f;
  out.q = static_cast<int8_t>(q > 127.0f ? 127.0f : (q < -127.0f ? -127.0f : q));
  return out;
}

// v[e] of a lane is element lane + 32 e.
FORGE_DEVICE void write_k(const KvCache& c, const RowInfo& row, const uint32_t* tables,
                          uint32_t head, const float (&v)[kMaxHeadElements]) {
  uint8_t* block = c.k + uint64_t{tables[row.table + row.position / kKvBlock]} * c.k_block_bytes;
  const uint32_t entry = head * kKvBlock + row.position % kKvBlock;
  FORGE_UNROLL_ALL
  for (uint32_t e = 0; e < kMaxHeadElements; ++e) {
    const uint32_t i = lane() + e * kWave;
    if (e * kWave >= c.dk) break;
    if (c.k_type == KvType::kF16) {
      if (i < c.dk) reinterpret_cast<uint16_t*>(block)[entry * c.dk + i] = kv_half(v[e]);
      continue;
    }
    const KvQuant quant = kv_quantize(v[e]);
    reinterpret_cast<int8_t*>(block)[entry * c.dk + i] = quant.q;
    auto* scales = reinterpret_cast<uint16_t*>(block + c.n_kv_heads * kKvBlock * c.dk);
    if (lane() == 0) scales[entry * (c.dk / kKvGroup) + e] = quant.scale;
  }
}

FORGE_DEVICE void write_v(const KvCache& c, const RowInfo& row, const uint32_t* tables,
                          uint32_t head, const float (&v)[kMaxHeadElements]) {
  uint8_t* block = c.v + uint64_t{tables[row.table + row.position / kKvBlock]} * c.v_block_bytes;
  const uint32_t at = row.position % kKvBlock;
  FORGE_UNROLL_ALL
  for (uint32_t e = 0; e < kMaxHeadElements; ++e) {
    const uint32_t i = lane() + e * kWave;
    if (e * kWave >= c.dv) break;
    if (c.v_type == KvType::kF16) {
      if (i < c.dv)
        reinterpret_cast<uint16_t*>(block)[(head * c.dv + i) * kKvBlock + at] = kv_half(v[e]);
      continue;
    }
    const KvQuant quant = kv_quantize(v[e]);
    reinterpret_cast<int8_t*>(block)[(head * c.dv + i) * kKvBlock + at] = quant.q;
    auto* scales = reinterpret_cast<uint16_t*>(block + c.n_kv_heads * kKvBlock * c.dv);
    if (lane() == 0) scales[(head * (c.dv / kKvGroup) + e) * kKvBlock + at] = quant.scale;
  }
}

// Two elements as halves from two signed bytes (bits 0 to 15 of `pair`) and their scales.
FORGE_DEVICE uint32_t halves_of_bytes(uint32_t pair, float d0, float d1) {
  const uint32_t low = half_of_float(static_cast<float>(static_cast<int8_t>(pair & 255)) * d0);
  const uint32_t high =
      half_of_float(static_cast<float>(static_cast<int8_t>(pair >> 8 & 255)) * d1);
  return low | high << 16;
}

// kRun words of halves of K (f16 unless kAny): row `position` of the block, elements from 16 * step
// + 2 * first.
template <bool kAny, int kRun>
FORGE_DEVICE void read_k(const KvCache& c, const uint8_t* block, uint32_t head, uint32_t position,
                         uint32_t step, uint32_t first, uint32_t* to) {
  const uint32_t entry = head * kKvBlock + position;
  if (!kAny || c.k_type == KvType::kF16) {
    uint32_t words[kRun];
    load_words<kRun>(
        words, reinterpret_cast<const uint32_t*>(block) + entry * (c.dk / 2) + step * 8 + first);
    for (int i = 0; i < kRun; ++i) to[i] = words[i];
    return;
  }
  const auto* scales = reinterpret_cast<const uint16_t*>(block + c.n_kv_heads * kKvBlock * c.dk);
  const float d = float_of_half(scales[entry * (c.dk / kKvGroup) + step / 2]);
  const auto* pairs = reinterpret_cast<const uint16_t*>(block + entry * c.dk + step * 16) + first;
  for (int i = 0; i < kRun; ++i) to[i] = halves_of_bytes(pairs[i], d, d);
}

// kRun words of halves of V (f16 unless kAny): element `i` of the vectors of positions 16 * step +
// 2 * first, ...
template <bool kAny, int kRun>
FORGE_DEVICE void read_v(const KvCache& c, const uint8_t* block, uint32_t head, uint32_t i,
                         uint32_t step, uint32_t first, uint32_t* to) {
  const uint32_t entry = head * c.dv + i;
  if (!kAny || c.v_type == KvType::kF16) {
    uint32_t words[kRun];
    load_words<kRun>(words, reinterpret_cast<const uint32_t*>(block) + entry * (kKvBlock / 2) +
                                step * 8 + first);
    for (int w = 0; w < kRun; ++w) to[w] = words[w];
    return;
  }
  const auto* scales = reinterpret_cast<const uint16_t*>(block + c.n_kv_heads * kKvBlock * c.dv) +
                       (head * (c.dv / kKvGroup) + i / kKvGroup) * kKvBlock + step * 16 + 2 * first;
  const auto* pairs =
      reinterpret_cast<const uint16_t*>(block + entry * kKvBlock + step * 16) + first;
  for (int w = 0; w < kRun; ++w)
    to[w] =
        halves_of_bytes(pairs[w], float_of_half(scales[2 * w]), float_of_half(scales[2 * w + 1]));
}

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_KV_HPP_
