// core/codec/formats/q3_k.hpp: Q3_K, 256 numbers in 110 bytes, 3.4375 bits per weight.
//
// 16 runs of 16 numbers, each with a signed scale of six bits.
//   byte   0  hmask   bit 2 of the codes: number e is in byte e % 32, bit e / 32
//   byte  32  qs      bits 0..1: number e is in byte 32 (e / 128) + e % 32, bits 2 (e % 128 / 32)
//   byte  96  scales  s of run j: bits 0..3 in byte j % 8, nibble j / 8; bits 4..5 in byte
//                     8 + j % 4, bits 2 (j / 4)
//   byte 108  d       binary16
// value e = (d * (s - 32)) * (code - 4), s that of run e / 16
// https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h
#ifndef FORGE_CORE_CODEC_FORMATS_Q3_K_HPP_
#define FORGE_CORE_CODEC_FORMATS_Q3_K_HPP_

#include <cstddef>
#include <cstdint>

#include "forge/abi/tensor.h"
#include "forge/sdk/status.hpp"

namespace forge::codec {

struct Q3_K {
  static constexpr std::uint32_t kType = FORGE_TYPE_Q3_K;
  static constexpr const char* kName = "Q3_K";
  static constexpr std::uint32_t kBlockElements = 256;
  static constexpr std::uint32_t kConvertsTo[] = {FORGE_TYPE_Q8_0, FORGE_TYPE_F16, FORGE_TYPE_F32};

  struct Block {
    std::uint8_t hmask[32];
    std::uint8_t qs[64];
    std::uint8_t scales[12];
    std::uint16_t d;
  };
  static_assert(sizeof(Block) == 110 && offsetof(Block, qs) == 32 &&
                offsetof(Block, scales) == 96 && offsetof(Block, d) == 108);

  static void decode(const Block& block, float* out) noexcept;
  static Status encode(const float* x, const float* importance, Block& out);
};

}  // namespace forge::codec

#endif  // FORGE_CORE_CODEC_FORMATS_Q3_K_HPP_
