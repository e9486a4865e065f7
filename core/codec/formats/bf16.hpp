// core/codec/formats/bf16.hpp: BF16, the upper half of a binary32, rounded to nearest even.
// 16 bits per weight.
#ifndef FORGE_CORE_CODEC_FORMATS_BF16_HPP_
#define FORGE_CORE_CODEC_FORMATS_BF16_HPP_

#include <cmath>
#include <cstdint>
#include <string>

#include "forge/abi/tensor.h"
#include "forge/sdk/half.hpp"
#include "forge/sdk/status.hpp"

namespace forge::codec {

struct BF16 {
  static constexpr std::uint32_t kType = FORGE_TYPE_BF16;
  static constexpr const char* kName = "BF16";
  static constexpr std::uint32_t kBlockElements = 1;
  static constexpr std::uint32_t kConvertsTo[] = {FORGE_TYPE_F32, FORGE_TYPE_F16};

  struct Block {
    std::uint16_t value;
  };
  static_assert(sizeof(Block) == 2);

  static void decode(const Block& block, float* out) noexcept {
    *out = bfloat16_to_float(block.value);
  }
  static Status encode(const float* x, const float* /*importance*/, Block& out) {
    out.value = float_to_bfloat16(*x);
    if (std::isinf(bfloat16_to_float(out.value)))
      return out_of_range("the number " + std::to_string(*x) +
                          " rounds to infinity; keep this tensor in F32");
    return {};
  }
};

}  // namespace forge::codec

#endif  // FORGE_CORE_CODEC_FORMATS_BF16_HPP_
