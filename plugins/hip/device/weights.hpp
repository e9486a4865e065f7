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

// Bytes to multiply: elements 4 w .. 4 w + 3 of half 0 in to0[i], of half 1 in to1[i], w = first +
// i.
template <Format kF, int kRun>
FORGE_DEVICE void unpack(const RawCodes<kRun>& raw, uint32_t first, uint32_t* to0, uint32_t* to1) {
  for (int i = 0; i < kRun; ++i) {
    uint32_t half0 = 0, half1 = 0;
    if constexpr (kF.code_bits == 4) {
      half0 = raw.low[i] & 0x0f0f0f0fu;
      half1 = (raw.low[i] >> 4) & 0x0f0f0f0fu;
    } else if constexpr (kF.code_bits == 8) {
      half0 = raw.low[i];
      half1 = raw.high[i];
    }
    const uint32_t w = first + static_cast<uint32_t>(i);
    if constexpr (kF.pair_bits != 0) {
      half0 |= ((raw.pairs[0] >> (2 * w)) & 0x03030303u) << kF.code_bits;
      half1 |= ((raw.pairs[1] >> (2 * w)) & 0x03030303u) << kF.code_bits;
    }
    if constexpr (kF.low_bits != 0) {
      half0 |= ((raw.singles >> w) & 0x01010101u) << (kF.code_bits + kF.pair_bits);
      half1 |= ((raw.singles >> (4 + w)) & 0x01010101u) << (kF.code_bits + kF.pair_bits);
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

// A block's scales of one row; the small integers as floats.
struct Scales {
  float d, dm;
  float s0, s1, m0, m1;
};

template <Format kF>
FORGE_DEVICE Scales load_scales(const Planes& planes, uint32_t n_blocks, uint32_t tile,
                                uint32_t block, uint32_t row) {
  Scales s = {0, 0, 1, 1, 1, 1};
  const uint64_t entry = (uint64_t{tile} * n_blocks + block) * kTileRows + row;
  const uint64_t above =
      (uint64_t{tile} * (n_blocks / kSuperBlocks) + block / kSuperBlocks) * kTileRows + row;
  if constexpr (kF.scale == ScaleKind::kHalf) {
    s.d = float_of_half(reinterpret_cast<const uint16_t*>(planes.scales)[entry]);
  } else if constexpr (kF.scale == ScaleKind::kHalfPair) {
    const uint32_t pair = reinterpret_cast<const uint32_t*>(planes.scales)[entry];
    s.d = float_of_half(static_cast<uint16_t>(pair));
    s.dm = float_of_half(static_cast<uint16_t>(pair >> 16));
  } else if constexpr (kF.scale == ScaleKind::kExponent) {
    const uint32_t e = planes.scales[entry];
    s.d = float_of_bits(e < 2 ? 0x00200000u << e : (e - 1) << 23);
  } else if constexpr (kF.scale == ScaleKind::kSuper) {
    s.d = float_of_half(reinterpret_cast<const uint16_t*>(planes.super)[above]);
    s.s0 = static_cast<float>(reinterpret_cast<const int8_t*>(planes.scales)[entry]);
  } else if constexpr (kF.scale == ScaleKind::kSuper16) {
    s.d = float_of_half(reinterpret_cast<const uint16_t*>(planes.super)[above]);
    const uint32_t pair = reinterpret_cast<const uint16_t*>(planes.scales)[entry];
    s.s0 = static_cast<float>(static_cast<int8_t>(pair & 255));
    s.s1 = static_cast<float>(static_cast<int8_t>(pair >> 8));
  } else {
    const uint32_t both = reinterpret_cast<const uint32_t*>(planes.super)[above];
    s.d = float_of_half(static_cast<uint16_t>(both));
    s.dm = float_of_half(static_cast<uint16_t>(both >> 16));
    const uint32_t pair = reinterpret_cast<const uint16_t*>(planes.scales)[entry];
    if constexpr (kF.scale == ScaleKind::kSuperMin) {
      s.s0 = static_cast<float>(pair & 255);
      s.m0 = static_cast<float>(pair >> 8);
    } else {
      s.s0 = static_cast<float>(pair & 15);
      s.m0 = static_cast<float>((pair >> 4) & 15);
      s.s1 = static_cast<float>((pair >> 8) & 15);
      s.m1 = static_cast<float>(pair >> 12);
    }
  }
  return s;
}

// A block of x as products need it. The sums of products of integers begin with the part that the
// codes' offset makes, which depends on x alone.
struct BlockInput {
  float d;
  int32_t start0, start1;  // of the two halves; of groups of 32 the first is both's
  float sum0, sum1;        // likewise; where there are mins
};

template <Format kF>
FORGE_DEVICE BlockInput input_of(const BlockMeta& meta) {
  const int32_t first = kF.group == 32 ? meta.sum0 + meta.sum1 : meta.sum0;
  return {meta.d, -kF.offset * first, -kF.offset * meta.sum1, static_cast<float>(first),
          static_cast<float>(meta.sum1)};
}

// acc + what the block adds, from its integer sums (as floats): of groups of 32 in `sum0` alone,
// else of the two halves. The one place where floats are added along k. Products of a sum and a
// small integer are below 2^24, so they are exact.
template <Format kF>
FORGE_DEVICE float accumulate(float acc, const Scales& s, float sum0, float sum1,
                              const BlockInput& x) {
  float t = sum0;
  if constexpr (kF.group == 16)
    t = fma_of(s.s1, sum1, s.s0 * sum0);
  else if constexpr (super_bytes(kF.scale) != 0)
    t = s.s0 * sum0;
  acc = fma_of(t, s.d * x.d, acc);
  if constexpr (kF.has_min()) {
    float u = x.sum0;
    if constexpr (kF.group == 16)
      u = fma_of(s.m1, x.sum1, s.m0 * x.sum0);
    else if constexpr (super_bytes(kF.scale) != 0)
      u = s.m0 * x.sum0;
    acc = fma_of(u, s.dm * x.d, acc);
  }
  return acc;
}

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_WEIGHTS_HPP_
