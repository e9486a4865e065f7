// core/codec/formats/q4_1.hpp: Q4_1, 32 numbers in 20 bytes, 5 bits per weight.
//
//   byte  0  d    binary16
//   byte  2  m    binary16
//   byte  4  qs   codes 0..15 of four bits: byte i holds code i (low) and code i + 16 (high)
// value i = (code i) * d + m
// https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h
#ifndef FORGE_CORE_CODEC_FORMATS_Q4_1_HPP_
#define FORGE_CORE_CODEC_FORMATS_Q4_1_HPP_

#include <cstddef>
#include <cstdint>

#include "forge/abi/tensor.h"
#include "forge/sdk/status.hpp"

namespace forge::codec {

struct Q4_1 {
  static constexpr std::uint32_t kType = FORGE_TYPE_Q4_1;
  static constexpr const char* kName = "Q4_1";
  static constexpr std::uint32_t kBlockElements = 32;
  static constexpr std::uint32_t kConvertsTo[] = {FORGE_TYPE_Q8_0, FORGE_TYPE_F16, FORGE_TYPE_F32};

  struct Block {
    std::uint16_t d;
    std::uint16_t m;
    std::uint8_t qs[16];
  };
  static_assert(sizeof(Block) == 20 && offsetof(Block, m) == 2 && offsetof(Block, qs) == 4);

  static void decode(const Block& block, float* out) noexcept;
  static Status encode(const float* x, const float* importance, Block& out);
};

}  // namespace forge::codec

#endif  // FORGE_CORE_CODEC_FORMATS_Q4_1_HPP_
