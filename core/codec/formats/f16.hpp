// core/codec/formats/f16.hpp: F16, IEEE binary16, rounded to nearest even. 16 bits per weight.
//
// Numbers that would round to infinity (65520 and more) are refused: one infinite weight makes
// every output NaN.
#ifndef FORGE_CORE_CODEC_FORMATS_F16_HPP_
#define FORGE_CORE_CODEC_FORMATS_F16_HPP_

#include <cmath>
#include <cstdint>
#include <string>

#include "forge/abi/tensor.h"
#include "forge/sdk/half.hpp"
#include "forge/sdk/status.hpp"

namespace forge::codec {

struct F16 {
  static constexpr std::uint32_t kType = FORGE_TYPE_F16;
  static constexpr const char* kName = "F16";
  static constexpr std::uint32_t kBlockElements = 1;
  static constexpr std::uint32_t kConvertsTo[] = {FORGE_TYPE_F32, FORGE_TYPE_BF16};

  struct Block {
    std::uint16_t value;
  };
  static_assert(sizeof(Block) == 2);

  static void decode(const Block& block, float* out) noexcept { *out = half_to_float(block.value); }
  static Status encode(const float* x, const float* /*importance*/, Block& out) {
    constexpr float kFirstInfinite = 65520.0f;  // halfway between the largest finite and the next
    if (std::fabs(*x) >= kFirstInfinite)
      return out_of_range("the number " + std::to_string(*x) +
                          " is beyond the largest, 65504; keep this tensor in BF16 or F32");
    out.value = float_to_half(*x);
    return {};
  }
};

}  // namespace forge::codec

#endif  // FORGE_CORE_CODEC_FORMATS_F16_HPP_
