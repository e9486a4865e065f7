// core/codec/formats/q8_0.hpp: Q8_0, 32 numbers in 34 bytes, 8.5 bits per weight.
//
//   byte  0  d    binary16
//   byte  2  qs   32 signed codes, -127..127
// value i = qs[i] * d
// https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h
#ifndef FORGE_CORE_CODEC_FORMATS_Q8_0_HPP_
#define FORGE_CORE_CODEC_FORMATS_Q8_0_HPP_

#include <cstddef>
#include <cstdint>

#include "forge/abi/tensor.h"
#include "forge/sdk/status.hpp"

namespace forge::codec {

struct Q8_0 {
  static constexpr std::uint32_t kType = FORGE_TYPE_Q8_0;
  static constexpr const char* kName = "Q8_0";
  static constexpr std::uint32_t kBlockElements = 32;
  static constexpr std::uint32_t kConvertsTo[] = {FORGE_TYPE_F16, FORGE_TYPE_F32};

  struct Block {
    std::uint16_t d;
    std::int8_t qs[32];
  };
  static_assert(sizeof(Block) == 34 && offsetof(Block, qs) == 2);

  static void decode(const Block& block, float* out) noexcept;
  static Status encode(const float* x, const float* importance, Block& out);
};

}  // namespace forge::codec

#endif  // FORGE_CORE_CODEC_FORMATS_Q8_0_HPP_
