#include "core/codec/formats/q4_0.hpp"

#include "core/codec/fit/grid.hpp"
#include "core/codec/fit/scale_fit.hpp"
#include "core/codec/formats/packing.hpp"

namespace forge::codec {

namespace {

using Grid = IntegerGrid<-8, 7>;
// The long end of the grid is at -8, so both signs of the scale are tried.
constexpr float kReaches[] = {-8.0f, 8.0f,  -7.6f, 7.6f,  -7.2f, 7.2f,  -6.8f,
                              6.8f,  -6.3f, 6.3f,  -8.4f, 8.4f,  -8.8f, 8.8f};

}  // namespace

void Q4_0::decode(const Block& block, float* out) noexcept {
  const float d = half_to_float(block.d);
  for (int i = 0; i < 16; ++i) {
    out[i] = static_cast<float>((block.qs[i] & 0x0f) - 8) * d;
    out[i + 16] = static_cast<float>((block.qs[i] >> 4) - 8) * d;
  }
}

Status Q4_0::encode(const float* x, const float* importance, Block& out) {
  FORGE_TRY(check_magnitude<32>(x, kLargestHalf * Grid::kHighest));
  const Weights<32> weights(importance);
  const Run<32> run{x, weights.data()};
  out.d = round_scale<Grid>(run, fit_scale<Grid>(run, kReaches));
  std::uint8_t codes[32];
  choose_codes<Grid, 32>(x, half_to_float(out.d), codes);
  pack_nibbles<16>(codes, out.qs);
  return {};
}

}  // namespace forge::codec
