// core/codec/formats/mxfp4.hpp: MXFP4, 32 numbers in 17 bytes, 4.25 bits per weight.
//
// The microscaling format of the OCP, with E2M1 elements and an E8M0 scale
// (https://www.opencompute.org/documents/ocp-microscaling-formats-mx-v1-0-spec-final-pdf).
//   byte  0  e    exponent of the scale, 2^(e - 127)
//   byte  1  qs   codes of four bits: byte i holds code i (low) and code i + 16 (high); bit 3 is
//                 the sign, bits 0..2 choose 0, 0.5, 1, 1.5, 2, 3, 4, 6
// value i = (doubled level of code i) * 2^(e - 128). e = 255, NaN in the OCP's text, is taken as an
// ordinary exponent, as the engines that use the format do.
// https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h
#ifndef FORGE_CORE_CODEC_FORMATS_MXFP4_HPP_
#define FORGE_CORE_CODEC_FORMATS_MXFP4_HPP_

#include <cstddef>
#include <cstdint>

#include "forge/abi/tensor.h"
#include "forge/sdk/status.hpp"

namespace forge::codec {

struct MXFP4 {
  static constexpr std::uint32_t kType = FORGE_TYPE_MXFP4;
  static constexpr const char* kName = "MXFP4";
  static constexpr std::uint32_t kBlockElements = 32;
  static constexpr std::uint32_t kConvertsTo[] = {FORGE_TYPE_Q8_0, FORGE_TYPE_F16, FORGE_TYPE_F32};

  struct Block {
    std::uint8_t e;
    std::uint8_t qs[16];
  };
  static_assert(sizeof(Block) == 17 && offsetof(Block, qs) == 1);

  static void decode(const Block& block, float* out) noexcept;
  static Status encode(const float* x, const float* importance, Block& out);
};

}  // namespace forge::codec

#endif  // FORGE_CORE_CODEC_FORMATS_MXFP4_HPP_
