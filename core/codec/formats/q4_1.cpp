#include "core/codec/formats/q4_1.hpp"

#include "core/codec/fit/line_fit.hpp"
#include "core/codec/formats/packing.hpp"

namespace forge::codec {

void Q4_1::decode(const Block& block, float* out) noexcept {
  const float d = half_to_float(block.d);
  const float m = half_to_float(block.m);
  for (int i = 0; i < 16; ++i) {
    out[i] = static_cast<float>(block.qs[i] & 0x0f) * d + m;
    out[i + 16] = static_cast<float>(block.qs[i] >> 4) * d + m;
  }
}

Status Q4_1::encode(const float* x, const float* importance, Block& out) {
  FORGE_TRY(check_magnitude<32>(x, kLargestHalf));
  const Weights<32> weights(importance);
  const HalfLine line = fit_half_line<15>(Run<32>{x, weights.data()});
  out.d = line.scale;
  out.m = line.base;
  std::uint8_t codes[32];
  choose_codes<15, 32>(x, line.line(), codes);
  pack_nibbles<16>(codes, out.qs);
  return {};
}

}  // namespace forge::codec
