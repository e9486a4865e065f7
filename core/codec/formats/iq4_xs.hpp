// core/codec/formats/iq4_xs.hpp: IQ4_XS, 256 numbers in 136 bytes, 4.25 bits per weight.
//
// 8 runs of 32 numbers with the levels of IQ4_NL, each run with a signed scale of six bits.
//   byte  0  d         binary16
//   byte  2  scales_h  bits 4..5 of s of run j: bits 2 j of these 16 (little-endian)
//   byte  4  scales_l  bits 0..3: byte j / 2, nibble j % 2
//   byte  8  qs        run j is in bytes 16 j .. + 15: number i of it (low) and i + 16 (high)
// value e = (d * (s - 32)) * level[code e], s that of run e / 32
// https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h
#ifndef FORGE_CORE_CODEC_FORMATS_IQ4_XS_HPP_
#define FORGE_CORE_CODEC_FORMATS_IQ4_XS_HPP_

#include <cstddef>
#include <cstdint>

#include "forge/abi/tensor.h"
#include "forge/sdk/status.hpp"

namespace forge::codec {

struct IQ4_XS {
  static constexpr std::uint32_t kType = FORGE_TYPE_IQ4_XS;
  static constexpr const char* kName = "IQ4_XS";
  static constexpr std::uint32_t kBlockElements = 256;
  static constexpr std::uint32_t kConvertsTo[] = {FORGE_TYPE_Q8_0, FORGE_TYPE_F16, FORGE_TYPE_F32};

  struct Block {
    std::uint16_t d;
    std::uint16_t scales_h;
    std::uint8_t scales_l[4];
    std::uint8_t qs[128];
  };
  static_assert(sizeof(Block) == 136 && offsetof(Block, scales_h) == 2 &&
                offsetof(Block, scales_l) == 4 && offsetof(Block, qs) == 8);

  static void decode(const Block& block, float* out) noexcept;
  static Status encode(const float* x, const float* importance, Block& out);
};

}  // namespace forge::codec

#endif  // FORGE_CORE_CODEC_FORMATS_IQ4_XS_HPP_
