// core/codec/formats/q5_0.hpp: Q5_0, 32 numbers in 22 bytes, 5.5 bits per weight.
//
//   byte  0  d    binary16, of either sign
//   byte  2  qh   bit i of these 32 (little-endian) is bit 4 of code i
//   byte  6  qs   bits 0..3: byte i holds those of code i (low) and code i + 16 (high)
// value i = (code i - 16) * d
// https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h
#ifndef FORGE_CORE_CODEC_FORMATS_Q5_0_HPP_
#define FORGE_CORE_CODEC_FORMATS_Q5_0_HPP_

#include <cstddef>
#include <cstdint>

#include "forge/abi/tensor.h"
#include "forge/sdk/status.hpp"

namespace forge::codec {

struct Q5_0 {
  static constexpr std::uint32_t kType = FORGE_TYPE_Q5_0;
  static constexpr const char* kName = "Q5_0";
  static constexpr std::uint32_t kBlockElements = 32;
  static constexpr std::uint32_t kConvertsTo[] = {FORGE_TYPE_Q8_0, FORGE_TYPE_F16, FORGE_TYPE_F32};

  struct Block {
    std::uint16_t d;
    std::uint8_t qh[4];
    std::uint8_t qs[16];
  };
  static_assert(sizeof(Block) == 22 && offsetof(Block, qh) == 2 && offsetof(Block, qs) == 6);

  static void decode(const Block& block, float* out) noexcept;
  static Status encode(const float* x, const float* importance, Block& out);
};

}  // namespace forge::codec

#endif  // FORGE_CORE_CODEC_FORMATS_Q5_0_HPP_
