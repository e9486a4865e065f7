// core/codec/formats/iq2_s.hpp: IQ2_S, 256 numbers in 82 bytes, 2.56 bits per weight. Decoding
// only.
//
// Groups of eight are points of a code book (iq_grids.hpp); 16 numbers share a scale.
//   byte  0  d       binary16
//   byte  2  qs      bits 0..7 of point k (numbers 8 k .. + 7): byte k
//   byte 34  signs   bit i of byte k: number 8 k + i is negative
//   byte 66  qh      bits 8..9 of point k: byte k / 4, bits 2 (k % 4)
//   byte 74  scales  s of points 4 j, 4 j + 1: byte j, low; of the next two: high
// value = d * (0.5 + s) * 0.25 * level * sign
// https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h
#ifndef FORGE_CORE_CODEC_FORMATS_IQ2_S_HPP_
#define FORGE_CORE_CODEC_FORMATS_IQ2_S_HPP_

#include <cstddef>
#include <cstdint>

#include "forge/abi/tensor.h"

namespace forge::codec {

struct IQ2_S {
  static constexpr std::uint32_t kType = FORGE_TYPE_IQ2_S;
  static constexpr const char* kName = "IQ2_S";
  static constexpr std::uint32_t kBlockElements = 256;
  static constexpr std::uint32_t kConvertsTo[] = {FORGE_TYPE_Q8_0, FORGE_TYPE_F16, FORGE_TYPE_F32};

  struct Block {
    std::uint16_t d;
    std::uint8_t qs[32];
    std::uint8_t signs[32];
    std::uint8_t qh[8];
    std::uint8_t scales[8];
  };
  static_assert(sizeof(Block) == 82 && offsetof(Block, qs) == 2 && offsetof(Block, signs) == 34 &&
                offsetof(Block, qh) == 66 && offsetof(Block, scales) == 74);

  static void decode(const Block& block, float* out) noexcept;
};

}  // namespace forge::codec

#endif  // FORGE_CORE_CODEC_FORMATS_IQ2_S_HPP_
