// core/codec/formats/q5_k.hpp: Q5_K, 256 numbers in 176 bytes, 5.5 bits per weight.
//
// 8 runs of 32 numbers, each with a scale and a minimum of six bits (k_scales.hpp).
//   byte  0  d       binary16
//   byte  2  dmin    binary16
//   byte  4  scales  l and m of the runs, packed
//   byte 16  qh      bit 4 of the codes: number e is in byte e % 32, bit e / 32
//   byte 48  qs      bits 0..3: run j is in bytes 32 (j / 2) .. + 31, nibble j % 2
// value e = (d * l) * code - dmin * m, l and m those of run e / 32
// https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h
#ifndef FORGE_CORE_CODEC_FORMATS_Q5_K_HPP_
#define FORGE_CORE_CODEC_FORMATS_Q5_K_HPP_

#include <cstddef>
#include <cstdint>

#include "forge/abi/tensor.h"
#include "forge/sdk/status.hpp"

namespace forge::codec {

struct Q5_K {
  static constexpr std::uint32_t kType = FORGE_TYPE_Q5_K;
  static constexpr const char* kName = "Q5_K";
  static constexpr std::uint32_t kBlockElements = 256;
  static constexpr std::uint32_t kConvertsTo[] = {FORGE_TYPE_Q8_0, FORGE_TYPE_F16, FORGE_TYPE_F32};

  struct Block {
    std::uint16_t d;
    std::uint16_t dmin;
    std::uint8_t scales[12];
    std::uint8_t qh[32];
    std::uint8_t qs[128];
  };
  static_assert(sizeof(Block) == 176 && offsetof(Block, dmin) == 2 &&
                offsetof(Block, scales) == 4 && offsetof(Block, qh) == 16 &&
                offsetof(Block, qs) == 48);

  static void decode(const Block& block, float* out) noexcept;
  static Status encode(const float* x, const float* importance, Block& out);
};

}  // namespace forge::codec

#endif  // FORGE_CORE_CODEC_FORMATS_Q5_K_HPP_
