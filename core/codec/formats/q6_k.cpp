#include "core/codec/formats/q6_k.hpp"

#include "core/codec/fit/grid.hpp"
#include "core/codec/fit/super_scale.hpp"
#include "core/codec/formats/packing.hpp"

namespace forge::codec {

namespace {

using Grid = IntegerGrid<-32, 31>;
constexpr int kRuns = 16;
constexpr int kRunElements = 16;
constexpr float kReaches[] = {-32.0f, 32.0f, -31.4f, 31.4f, -30.8f, 30.8f, -32.5f, 32.5f};

// Where number e of a block is: byte of ql and its shift, byte of qh and its shift.
struct Place {
  int low_byte, low_shift, high_byte, high_shift;
};

constexpr Place place_of(int e) {
  const int half = e / 128;
  const int quarter = e % 128 / 32;
  return {64 * half + 32 * (quarter % 2) + e % 32, 4 * (quarter / 2), 32 * half + e % 32,
          2 * quarter};
}

}  // namespace

void Q6_K::decode(const Block& block, float* out) noexcept {
  const float d = half_to_float(block.d);
  for (int j = 0; j < kRuns; ++j) {
    const float scale = d * static_cast<float>(block.scales[j]);
    for (int e = kRunElements * j; e < kRunElements * (j + 1); ++e) {
      const Place place = place_of(e);
      const int low = block.ql[place.low_byte] >> place.low_shift & 0x0f;
      const int high = block.qh[place.high_byte] >> place.high_shift & 3;
      out[e] = scale * static_cast<float>((low | high << 4) - 32);
    }
  }
}

Status Q6_K::encode(const float* x, const float* importance, Block& out) {
  FORGE_TRY(check_magnitude<kSuper>(x, kLargestHalf * Grid::kHighest));
  const Weights<kSuper> weights(importance);
  const auto fit =
      fit_super_scale<Grid, kRunElements, kRuns, -128, 127>({x, weights.data()}, kReaches);
  out = {};
  out.d = fit.d;
  std::uint8_t codes[kSuper];
  for (int j = 0; j < kRuns; ++j) {
    out.scales[j] = static_cast<std::int8_t>(fit.scales[j]);
    const float scale = half_to_float(fit.d) * static_cast<float>(fit.scales[j]);
    choose_codes<Grid, kRunElements>(part<kRunElements>(x, j), scale, part<kRunElements>(codes, j));
  }
  for (int e = 0; e < kSuper; ++e) {
    const Place place = place_of(e);
    std::uint8_t& low = out.ql[place.low_byte];
    std::uint8_t& high = out.qh[place.high_byte];
    low = static_cast<std::uint8_t>(low | (codes[e] & 0x0fu) << place.low_shift);
    high =
        static_cast<std::uint8_t>(high | static_cast<unsigned>(codes[e] >> 4) << place.high_shift);
  }
  return {};
}

}  // namespace forge::codec
