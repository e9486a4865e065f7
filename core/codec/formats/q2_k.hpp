// core/codec/formats/q2_k.hpp: Q2_K, 256 numbers in 84 bytes, 2.625 bits per weight.
//
// 16 runs of 16 numbers, each with a scale and a minimum of four bits.
//   byte  0  scales  byte j: l of run j (low), m of run j (high)
//   byte 16  qs      codes 0..3: number e is in byte 32 (e / 128) + e % 32, bits 2 (e % 128 / 32)
//   byte 80  d       binary16
//   byte 82  dmin    binary16
// value e = (d * l) * code - dmin * m, l and m those of run e / 16
// https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h
#ifndef FORGE_CORE_CODEC_FORMATS_Q2_K_HPP_
#define FORGE_CORE_CODEC_FORMATS_Q2_K_HPP_

#include <cstddef>
#include <cstdint>

#include "forge/abi/tensor.h"
#include "forge/sdk/status.hpp"

namespace forge::codec {

struct Q2_K {
  static constexpr std::uint32_t kType = FORGE_TYPE_Q2_K;
  static constexpr const char* kName = "Q2_K";
  static constexpr std::uint32_t kBlockElements = 256;
  static constexpr std::uint32_t kConvertsTo[] = {FORGE_TYPE_Q8_0, FORGE_TYPE_F16, FORGE_TYPE_F32};

  struct Block {
    std::uint8_t scales[16];
    std::uint8_t qs[64];
    std::uint16_t d;
    std::uint16_t dmin;
  };
  static_assert(sizeof(Block) == 84 && offsetof(Block, qs) == 16 && offsetof(Block, d) == 80 &&
                offsetof(Block, dmin) == 82);

  static void decode(const Block& block, float* out) noexcept;
  static Status encode(const float* x, const float* importance, Block& out);
};

}  // namespace forge::codec

#endif  // FORGE_CORE_CODEC_FORMATS_Q2_K_HPP_
