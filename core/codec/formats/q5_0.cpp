#include "core/codec/formats/q5_0.hpp"

#include "core/codec/fit/grid.hpp"
#include "core/codec/fit/scale_fit.hpp"
#include "core/codec/formats/packing.hpp"

namespace forge::codec {

namespace {

using Grid = IntegerGrid<-16, 15>;
// The long end of the grid is at -16, so both signs of the scale are tried.
constexpr float kReaches[] = {-16.0f, 16.0f, -15.7f, 15.7f, -15.4f, 15.4f, -15.1f, 15.1f,
                              -14.7f, 14.7f, -14.2f, 14.2f, -16.4f, 16.4f, -16.8f, 16.8f};

}  // namespace

void Q5_0::decode(const Block& block, float* out) noexcept {
  const float d = half_to_float(block.d);
  std::uint8_t codes[32];
  unpack_five_bits(block.qs, block.qh, codes);
  for (int i = 0; i < 32; ++i) out[i] = static_cast<float>(codes[i] - 16) * d;
}

Status Q5_0::encode(const float* x, const float* importance, Block& out) {
  FORGE_TRY(check_magnitude<32>(x, kLargestHalf * Grid::kHighest));
  const Weights<32> weights(importance);
  const Run<32> run{x, weights.data()};
  out.d = round_scale<Grid>(run, fit_scale<Grid>(run, kReaches));
  std::uint8_t codes[32];
  choose_codes<Grid, 32>(x, half_to_float(out.d), codes);
  pack_five_bits(codes, out.qs, out.qh);
  return {};
}

}  // namespace forge::codec
