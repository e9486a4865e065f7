#include "core/codec/formats/iq2_s.hpp"

#include "core/codec/formats/iq_grids.hpp"
#include "forge/sdk/half.hpp"

namespace forge::codec {

void IQ2_S::decode(const Block& block, float* out) noexcept {
  const float d = half_to_float(block.d);
  for (int k = 0; k < 32; ++k) {
    const int s = block.scales[k / 4] >> (4 * (k % 4 / 2)) & 0x0f;
    const float scale = d * (0.5f + static_cast<float>(s)) * 0.25f;
    const unsigned high = block.qh[k / 4] >> (2 * (k % 4)) & 3u;
    decode_point<8, 2>(kIq2SGrid[block.qs[k] | high << 8], kIq2SLevels, block.signs[k], scale,
                       &out[std::size_t{8} * k]);
  }
}

}  // namespace forge::codec
