// plugins/hip/device/weights.hpp: reading weights in the layout of formats.hpp.
#ifndef FORGE_PLUGINS_HIP_DEVICE_WEIGHTS_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_WEIGHTS_HPP_

#include "plugins/hip/device/args.hpp"
#include "plugins/hip/device/formats.hpp"
#include "plugins/hip/device/target.hpp"

namespace forge::hip::device {

// The codes of kRun words (of 4 elements) of one row in both halves of a block, as they come from
// memory.
template <int kRun>
struct RawCodes {
  uint32_t low[kRun];   // 4-bit codes of both halves, or 8-bit ones of elements 0 to 15
  uint32_t high[kRun];  // 8-bit codes of elements 16 to 31
  uint32_t singles;
  uint32_t pairs[2];
};

// Words first .. first + kRun - 1 of row `row` of tile `tile`, block `block`; n_blocks along k.
template <Format kF, int kRun>
FORGE_DEVICE RawCodes<kRun> load_codes(const Planes& planes, uint32_t n_blocks, uint32_t tile,
                                       uint32_t block, uint32_t row, uint32_t first) {
  RawCodes<kRun> raw;
  const uint64_t chunk = uint64_t{tile} * n_blocks + block;
  if constexpr (kF.code_bits == 4)
    load_words<kRun>(raw.low, planes.codes + (chunk * kTileRows + row) * 16 + first * 4);
  if constexpr (kF.code_bits == 8) {
    load_words<kRun>(raw.low, planes.codes + chunk * 512 + row * 16 + first * 4);
    load_words<kRun>(raw.high, planes.codes + chunk * 512 + 256 + row * 16 + first * 4);
  }
  if constexpr (kF.low_bits != 0)
    raw.singles = reinterpret_cast<const uint32_t*>(planes.singles)[chunk * kTileRows + row];
  if constexpr (kF.pair_bits != 0)
    load_words<2>(raw.pairs, planes.pairs + (chunk * kTileRows + row) * 8);
  return raw;
}

// A shift of the codes in a word by n bits, n < 0: to the right.
template <int kN>
FORGE_DEVICE uint32_t shifted(uint32_t v) {
  if constexpr (kN < 0)
    return v >> -kN;
  else
    return v << kN;
}

// Bytes to multiply: elements 4 w .. 4 w + 3 of half 0 in to0[i], of half 1 in to1[i], w = first +
// i. They are 2^shift() times the codes.
template <Format kF, int kRun>
FORGE_DEVICE void unpack(const RawCodes<kRun>& raw, uint32_t first, uint32_t* to0, uint32_t* to1) {
  constexpr int kShift = static_cast<int>(kF.shift());
  constexpr int kHigh = static_cast<int>(kF.code_bits) + kShift;  // where the other bits go
  for (int i = 0; i < kRun; ++i) {
    uint32_t half0 = 0, half1 = 0;
    if constexpr (kF.code_bits == 4) {
      constexpr uint32_t kMask = 0x0f0f0f0fu << kShift;
      half0 = shifted<kShift>(raw.low[i]) & kMask;
      half1 = shifted<kShift - 4>(raw.low[i]) & kMask;
    } else if constexpr (kF.code_bits == 8) {
      half0 = raw.low[i];
      half1 = raw.high[i];
    }
    const uint32_t w = first + static_cast<uint32_t>(i);
    if constexpr (kF.pair_bits != 0) {
      half0 |= ((raw.pairs[0] >> (2 * w)) & 0x03030303u) << kHigh;
      half1 |= ((raw.pairs[1] >> (2 * w)) & 0x03030303u) << kHigh;
    }
    if constexpr (kF.low_bits != 0) {
      half0 |= ((raw.singles >> w) & 0x01010101u) << (kHigh + static_cast<int>(kF.pair_bits));
      half1 |= ((raw.singles >> (4 + w)) & 0x01010101u) << (kHigh + static_cast<int>(kF.pair_bits));
    }
    if constexpr (kF.table) {
      constexpr auto kWords = kF.scale == ScaleKind::kExponent ? kTableMxfp4 : kTableIq4;
      constexpr uint32_t kTable[4] = {kWords.word[0], kWords.word[1], kWords.word[2],
                                      kWords.word[3]};
      half0 = lookup16(kTable, half0);
      half1 = lookup16(kTable, half1);
    }
    to0[i] = half0;
    to1[i] = half1;
  }
}

// A block's entries of the planes of scales of one row, as they come from memory.
struct RawScales {
  uint32_t block, super;
};

template <Format kF>
FORGE_DEVICE RawScales load_raw_scales(const Planes& planes, uint32_t n_blocks, uint32_t tile,
                                       uint32_t block, uint32_t row) {
  RawScales raw = {};
  const uint64_t entry = (uint64_t{tile} * n_blocks + block) * kTileRows + row;
  const uint64_t above =
      (uint64_t{tile} * (n_blocks / kSuperBlocks) + block / kSuperBlocks) * kTileRows + row;
  if constexpr (scale_bytes(kF.scale) == 4)
    raw.block = reinterpret_cast<const uint32_t*>(planes.scales)[entry];
  else if constexpr (scale_bytes(kF.scale) == 2)
    raw.block = reinterpret_cast<const uint16_t*>(planes.scales)[entry];
  else
    raw.block = planes.scales[entry];
  if constexpr (super_bytes(kF.scale) == 4)
    raw.super = reinterpret_cast<const uint32_t*>(planes.super)[above];
  if constexpr (super_bytes(kF.scale) == 2)
    raw.super = reinterpret_cast<const uint16_t*>(planes.super)[above];
  return raw;
}

// What a block of one row is multiplied by: d * s and dm * m of its two halves; of groups of 32 the
// first is both's. Exact: a half has 11 bits and the small integers at most 8.
struct Scales {
  float d0, d1;
  float m0, m1;
};

template <Format kF>
FORGE_DEVICE Scales scales_of(const RawScales& raw) {
  const auto byte = [](uint32_t v) { return static_cast<float>(static_cast<int8_t>(v & 255)); };
  const auto number = [](uint32_t v) { return static_cast<float>(v); };
  Scales s = {};
  if constexpr (kF.scale == ScaleKind::kHalf) {
    s.d0 = float_of_half(static_cast<uint16_t>(raw.block));
  } else if constexpr (kF.scale == ScaleKind::kHalfPair) {
    s.d0 = float_of_half(static_cast<uint16_t>(raw.block));
    s.m0 = float_of_half(static_cast<uint16_t>(raw.block >> 16));
  } else if constexpr (kF.scale == ScaleKind::kExponent) {
    const uint32_t e = raw.block;
    s.d0 = float_of_bits(e < 2 ? 0x00200000u << e : (e - 1) << 23);
  } else {
    const float d = float_of_half(static_cast<uint16_t>(raw.super));
    const float dm = float_of_half(static_cast<uint16_t>(raw.super >> 16));
    if constexpr (kF.scale == ScaleKind::kSuper) s.d0 = d * byte(raw.block);
    if constexpr (kF.scale == ScaleKind::kSuper16) {
      s.d0 = d * byte(raw.block);
      s.d1 = d * byte(raw.block >> 8);
    }
    if constexpr (kF.scale == ScaleKind::kSuperMin) {
      s.d0 = d * number(raw.block & 255);
      s.m0 = dm * number(raw.block >> 8);
    }
    if constexpr (kF.scale == ScaleKind::kSuper16Min) {
      s.d0 = d * number(raw.block & 15);
      s.m0 = dm * number((raw.block >> 4) & 15);
      s.d1 = d * number((raw.block >> 8) & 15);
      s.m1 = dm * number(raw.block >> 12);
    }
  }
  return s;
}

template <Format kF>
FORGE_DEVICE Scales load_scales(const Planes& planes, uint32_t n_blocks, uint32_t tile,
                                uint32_t block, uint32_t row) {
  return scales_of<kF>(load_raw_scales<kF>(planes, n_blocks, tile, block, row));
}

// A block of x as products need it.
struct BlockInput {
  float d;           // 2^-shift() of it
  float sum0, sum1;  // where there are mins: d times the sum of the two halves; of groups of 32 the
                     // first is both's
};

template <Format kF>
FORGE_DEVICE BlockInput input_of(const BlockMeta& meta) {
  constexpr float kScale = 1.0f / static_cast<float>(1u << kF.shift());
  if constexpr (!kF.has_min()) return {meta.d * kScale, 0, 0};
  const int32_t first = kF.group == 32 ? meta.sum0 + meta.sum1 : meta.sum0;
  return {meta.d, meta.d * static_cast<float>(first), meta.d * static_cast<float>(meta.sum1)};
}

// acc + what the block adds, from its integer sums times x.d: of groups of 32 in `sum0` alone, else
// of the two halves. The one place where floats are added along k.
template <Format kF>
FORGE_DEVICE float accumulate(float acc, const Scales& s, float sum0, float sum1,
                              const BlockInput& x) {
  acc = fma_of(sum0, s.d0, acc);
  if constexpr (kF.group == 16) acc = fma_of(sum1, s.d1, acc);
  if constexpr (kF.has_min()) {
    acc = fma_of(x.sum0, s.m0, acc);
    if constexpr (kF.group == 16) acc = fma_of(x.sum1, s.m1, acc);
  }
  return acc;
}

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_WEIGHTS_HPP_
