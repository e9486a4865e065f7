// core/codec/formats/iq3_s.hpp: IQ3_S, 256 numbers in 110 bytes, 3.44 bits per weight. Decoding
// only.
//
// 8 runs of 32 numbers; groups of four are points of a code book (iq_grids.hpp).
//   byte   0  d       binary16
//   byte   2  qs      bits 0..7 of the 8 points of run j: bytes 8 j .. + 7
//   byte  66  qh      bit 8 of point k of run j: byte j, bit k
//   byte  74  signs   bit i of byte b: number 8 b + i is negative
//   byte 106  scales  s of run j: byte j / 2, nibble j % 2 (low first)
// value = d * (1 + 2 s) * level * sign
// https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h
#ifndef FORGE_CORE_CODEC_FORMATS_IQ3_S_HPP_
#define FORGE_CORE_CODEC_FORMATS_IQ3_S_HPP_

#include <cstddef>
#include <cstdint>

#include "forge/abi/tensor.h"

namespace forge::codec {

struct IQ3_S {
  static constexpr std::uint32_t kType = FORGE_TYPE_IQ3_S;
  static constexpr const char* kName = "IQ3_S";
  static constexpr std::uint32_t kBlockElements = 256;
  static constexpr std::uint32_t kConvertsTo[] = {FORGE_TYPE_Q8_0, FORGE_TYPE_F16, FORGE_TYPE_F32};

  struct Block {
    std::uint16_t d;
    std::uint8_t qs[64];
    std::uint8_t qh[8];
    std::uint8_t signs[32];
    std::uint8_t scales[4];
  };
  static_assert(sizeof(Block) == 110 && offsetof(Block, qs) == 2 && offsetof(Block, qh) == 66 &&
                offsetof(Block, signs) == 74 && offsetof(Block, scales) == 106);

  static void decode(const Block& block, float* out) noexcept;
};

}  // namespace forge::codec

#endif  // FORGE_CORE_CODEC_FORMATS_IQ3_S_HPP_
