// core/codec/formats/q6_k.hpp: Q6_K, 256 numbers in 210 bytes, 6.5625 bits per weight.
//
// 16 runs of 16 numbers, each with a signed scale of eight bits. With h = e / 128, k = e % 128 / 32
// and i = e % 32:
//   byte   0  ql      bits 0..3 of code e: byte 64 h + 32 (k % 2) + i, nibble k / 2
//   byte 128  qh      bits 4..5 of code e: byte 32 h + i, bits 2 k
//   byte 192  scales  signed byte per run
//   byte 208  d       binary16
// value e = (d * scale) * (code - 32), scale that of run e / 16
// https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h
#ifndef FORGE_CORE_CODEC_FORMATS_Q6_K_HPP_
#define FORGE_CORE_CODEC_FORMATS_Q6_K_HPP_

#include <cstddef>
#include <cstdint>

#include "forge/abi/tensor.h"
#include "forge/sdk/status.hpp"

namespace forge::codec {

struct Q6_K {
  static constexpr std::uint32_t kType = FORGE_TYPE_Q6_K;
  static constexpr const char* kName = "Q6_K";
  static constexpr std::uint32_t kBlockElements = 256;
  static constexpr std::uint32_t kConvertsTo[] = {FORGE_TYPE_Q8_0, FORGE_TYPE_F16, FORGE_TYPE_F32};

  struct Block {
    std::uint8_t ql[128];
    std::uint8_t qh[64];
    std::int8_t scales[16];
    std::uint16_t d;
  };
  static_assert(sizeof(Block) == 210 && offsetof(Block, qh) == 128 &&
                offsetof(Block, scales) == 192 && offsetof(Block, d) == 208);

  static void decode(const Block& block, float* out) noexcept;
  static Status encode(const float* x, const float* importance, Block& out);
};

}  // namespace forge::codec

#endif  // FORGE_CORE_CODEC_FORMATS_Q6_K_HPP_
