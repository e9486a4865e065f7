// core/codec/formats/iq4_nl.hpp: IQ4_NL, 32 numbers in 18 bytes, 4.5 bits per weight.
//
// The 16 levels are not evenly spaced (NonlinearGrid in fit/grid.hpp).
//   byte  0  d    binary16, of either sign
//   byte  2  qs   codes of four bits: byte i holds code i (low) and code i + 16 (high)
// value i = d * level[code i]
// https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h
#ifndef FORGE_CORE_CODEC_FORMATS_IQ4_NL_HPP_
#define FORGE_CORE_CODEC_FORMATS_IQ4_NL_HPP_

#include <cstddef>
#include <cstdint>

#include "forge/abi/tensor.h"
#include "forge/sdk/status.hpp"

namespace forge::codec {

struct IQ4_NL {
  static constexpr std::uint32_t kType = FORGE_TYPE_IQ4_NL;
  static constexpr const char* kName = "IQ4_NL";
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

#endif  // FORGE_CORE_CODEC_FORMATS_IQ4_NL_HPP_
