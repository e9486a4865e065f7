#include "core/codec/formats/q5_1.hpp"

#include "core/codec/fit/line_fit.hpp"
#include "core/codec/formats/packing.hpp"

namespace forge::codec {

void Q5_1::decode(const Block& block, float* out) noexcept {
  const float d = half_to_float(block.d);
  const float m = half_to_float(block.m);
  std::uint8_t codes[32];
  unpack_five_bits(block.qs, block.qh, codes);
  for (int i = 0; i < 32; ++i) out[i] = static_cast<float>(codes[i]) * d + m;
}

Status Q5_1::encode(const float* x, const float* importance, Block& out) {
  FORGE_TRY(check_magnitude<32>(x, kLargestHalf));
  const Weights<32> weights(importance);
  const HalfLine line = fit_half_line<31>(Run<32>{x, weights.data()});
  out.d = line.scale;
  out.m = line.base;
  std::uint8_t codes[32];
  choose_codes<31, 32>(x, line.line(), codes);
  pack_five_bits(codes, out.qs, out.qh);
  return {};
}

}  // namespace forge::codec
