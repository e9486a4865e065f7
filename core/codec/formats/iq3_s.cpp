#include "core/codec/formats/iq3_s.hpp"

#include "core/codec/formats/iq_grids.hpp"
#include "forge/sdk/half.hpp"

namespace forge::codec {

void IQ3_S::decode(const Block& block, float* out) noexcept {
  const float d = half_to_float(block.d);
  for (int j = 0; j < 8; ++j) {
    const int s = block.scales[j / 2] >> (4 * (j % 2)) & 0x0f;
    const float scale = d * static_cast<float>(1 + 2 * s);
    for (int k = 0; k < 8; ++k) {
      const unsigned high = block.qh[j] >> k & 1u;
      const unsigned signs = block.signs[4 * j + k / 2] >> (4 * (k % 2)) & 0x0fu;
      decode_point<4, 3>(kIq3SGrid[block.qs[8 * j + k] | high << 8], kIq3SLevels, signs, scale,
                         &out[32 * j + 4 * k]);
    }
  }
}

}  // namespace forge::codec
