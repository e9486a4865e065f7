// core/codec/formats/f32.hpp: F32, IEEE binary32 as it is. 32 bits per weight.
#ifndef FORGE_CORE_CODEC_FORMATS_F32_HPP_
#define FORGE_CORE_CODEC_FORMATS_F32_HPP_

#include <cstdint>

#include "forge/abi/tensor.h"
#include "forge/sdk/status.hpp"

namespace forge::codec {

struct F32 {
  static constexpr std::uint32_t kType = FORGE_TYPE_F32;
  static constexpr const char* kName = "F32";
  static constexpr std::uint32_t kBlockElements = 1;

  struct Block {
    float value;
  };
  static_assert(sizeof(Block) == 4);

  static void decode(const Block& block, float* out) noexcept { *out = block.value; }
  static Status encode(const float* x, const float* /*importance*/, Block& out) {
    out.value = *x;
    return {};
  }
};

}  // namespace forge::codec

#endif  // FORGE_CORE_CODEC_FORMATS_F32_HPP_
