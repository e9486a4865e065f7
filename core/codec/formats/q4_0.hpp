// core/codec/formats/q4_0.hpp: Q4_0, 32 numbers in 18 bytes, 4.5 bits per weight.
//
//   byte  0  d    binary16, of either sign
//   byte  2  qs   codes 0..15 of four bits: byte i holds code i (low) and code i + 16 (high)
// value i = (code i - 8) * d
// https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h
#ifndef FORGE_CORE_CODEC_FORMATS_Q4_0_HPP_
#define FORGE_CORE_CODEC_FORMATS_Q4_0_HPP_

#include <cstddef>
#include <cstdint>

#include "forge/abi/tensor.h"
#include "forge/sdk/status.hpp"

namespace forge::codec {

struct Q4_0 {
  static constexpr std::uint32_t kType = FORGE_TYPE_Q4_0;
  static constexpr const char* kName = "Q4_0";
  static constexpr std::uint32_t kBlockElements = 32;
  static constexpr std::uint32_t kConvertsTo[] = {FORGE_TYPE_Q8_0, FORGE_TYPE_F16, FORGE_TYPE_F32};

  struct Block {
    std::uint16_t d;
    std::uint8_t qs[16];
  };
  static_assert(sizeof(Block) == 18 && offsetof(Block, qs) == 2);

  static void decode(const Block& block, float* out) noexcept;
  static Status encode(const float* x, const float* importance, Block& out);
};

}  // namespace forge::codec

#endif  // FORGE_CORE_CODEC_FORMATS_Q4_0_HPP_
