// core/codec/formats/iq3_xxs.hpp: IQ3_XXS, 256 numbers in 98 bytes, 3.06 bits per weight. Decoding
// only.
//
// 8 runs of 32 numbers; groups of four are points of a code book (iq_grids.hpp).
//   byte  0  d        binary16
//   byte  2  qs       8 points of run j: bytes 8 j .. + 7
//   byte 66  packed   32 bits a run (little-endian): s in bits 28..31; below, 7 bits for each two
//                     points: the signs of seven numbers, the eighth makes their count even
// value = d * (0.5 + s) * 0.5 * level * sign
// https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h
#ifndef FORGE_CORE_CODEC_FORMATS_IQ3_XXS_HPP_
#define FORGE_CORE_CODEC_FORMATS_IQ3_XXS_HPP_

#include <cstddef>
#include <cstdint>

#include "forge/abi/tensor.h"

namespace forge::codec {

struct IQ3_XXS {
  static constexpr std::uint32_t kType = FORGE_TYPE_IQ3_XXS;
  static constexpr const char* kName = "IQ3_XXS";
  static constexpr std::uint32_t kBlockElements = 256;
  static constexpr std::uint32_t kConvertsTo[] = {FORGE_TYPE_Q8_0, FORGE_TYPE_F16, FORGE_TYPE_F32};

  struct Block {
    std::uint16_t d;
    std::uint8_t qs[64];
    std::uint8_t packed[32];
  };
  static_assert(sizeof(Block) == 98 && offsetof(Block, qs) == 2 && offsetof(Block, packed) == 66);

  static void decode(const Block& block, float* out) noexcept;
};

}  // namespace forge::codec

#endif  // FORGE_CORE_CODEC_FORMATS_IQ3_XXS_HPP_
