// plugins/hip/device/kv.hpp: writing and reading the KV state; layout in args.hpp at KvCache.
#ifndef FORGE_PLUGINS_HIP_DEVICE_KV_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_KV_HPP_

#include "plugins/hip/device/args.hpp"
#include "plugins/hip/device/formats.hpp"
#include "plugins/hip/device/halves.hpp"
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

// What the kernel knows of the types of the state it reads.
enum class KvTypes { kF16, kQ8, kAny };

template <KvTypes kTypes>
FORGE_DEVICE bool is_f16(KvType type) {
  return kTypes == KvTypes::kF16 || (kTypes == KvTypes::kAny && type == KvType::kF16);
}

// kRun words of halves of K: row `position` of the block, elements from 16 * step + 2 * first.
// Rounded once: a quant times its scale is exact before.
template <KvTypes kTypes, int kRun>
FORGE_DEVICE void read_k(const KvCache& c, const uint8_t* block, uint32_t head, uint32_t position,
                         uint32_t step, uint32_t first, uint32_t* to) {
  const uint32_t entry = head * kKvBlock + position;
  if (is_f16<kTypes>(c.k_type)) {
    uint32_t words[kRun];
    load_words<kRun>(
        words, reinterpret_cast<const uint32_t*>(block) + entry * (c.dk / 2) + step * 8 + first);
    for (int i = 0; i < kRun; ++i) to[i] = words[i];
    return;
  }
  const auto* scales = reinterpret_cast<const uint16_t*>(block + c.n_kv_heads * kKvBlock * c.dk);
  const uint32_t d = twice(scales[entry * (c.dk / kKvGroup) + step / 2]);
  uint32_t quants[kRun / 2];
  load_words<kRun / 2>(quants, block + entry * c.dk + step * 16 + 2 * first);
  for (int i = 0; i < kRun / 2; ++i) {
    uint32_t pairs[2];
    halves_of<true>(quants[i], pairs);
    for (int j = 0; j < 2; ++j) to[2 * i + j] = multiply_halves(pairs[j], d);
  }
}

// kRun words of halves of V: element `i` of the vectors of positions 16 * step + 2 * first, ...
template <KvTypes kTypes, int kRun>
FORGE_DEVICE void read_v(const KvCache& c, const uint8_t* block, uint32_t head, uint32_t i,
                         uint32_t step, uint32_t first, uint32_t* to) {
  const uint32_t entry = head * c.dv + i;
  if (is_f16<kTypes>(c.v_type)) {
    uint32_t words[kRun];
    load_words<kRun>(words, reinterpret_cast<const uint32_t*>(block) + entry * (kKvBlock / 2) +
                                step * 8 + first);
    for (int w = 0; w < kRun; ++w) to[w] = words[w];
    return;
  }
  uint32_t scales[kRun], quants[kRun / 2];
  load_words<kRun>(
      scales, reinterpret_cast<const uint16_t*>(block + c.n_kv_heads * kKvBlock * c.dv) +
                  (head * (c.dv / kKvGroup) + i / kKvGroup) * kKvBlock + step * 16 + 2 * first);
  load_words<kRun / 2>(quants, block + entry * kKvBlock + step * 16 + 2 * first);
  for (int w = 0; w < kRun / 2; ++w) {
    uint32_t pairs[2];
    halves_of<true>(quants[w], pairs);
    for (int j = 0; j < 2; ++j) to[2 * w + j] = multiply_halves(pairs[j], scales[2 * w + j]);
  }
}

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_KV_HPP_
