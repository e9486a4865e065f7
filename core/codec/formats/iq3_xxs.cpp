#include "core/codec/formats/iq3_xxs.hpp"

#include <bit>
#include <cstring>

#include "core/codec/formats/iq_grids.hpp"
#include "forge/sdk/half.hpp"

namespace forge::codec {

void IQ3_XXS::decode(const Block& block, float* out) noexcept {
  const float d = half_to_float(block.d);
  for (int j = 0; j < 8; ++j) {
    std::uint32_t packed;
    std::memcpy(&packed, &block.packed[std::size_t{4} * j], sizeof packed);
    const float scale = d * (0.5f + static_cast<float>(packed >> 28)) * 0.5f;
    for (int k = 0; k < 4; ++k) {
      const std::uint32_t seven = packed >> (7 * k) & 0x7f;
      const std::uint32_t signs = seven | (std::popcount(seven) % 2 == 1 ? 0x80u : 0u);
      const std::uint8_t* points = &block.qs[8 * j + 2 * k];
      float* to = &out[std::size_t{32} * j + std::size_t{8} * k];
      decode_point<4, 3>(kIq3XxsGrid[points[0]], kIq3XxsLevels, signs, scale, to);
      decode_point<4, 3>(kIq3XxsGrid[points[1]], kIq3XxsLevels, signs >> 4, scale, to + 4);
    }
  }
}

}  // namespace forge::codec
