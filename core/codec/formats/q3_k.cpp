#include "core/codec/formats/q3_k.hpp"

#include "core/codec/fit/grid.hpp"
#include "core/codec/fit/super_scale.hpp"
#include "core/codec/formats/packing.hpp"

namespace forge::codec {

namespace {

using Grid = IntegerGrid<-4, 3>;
constexpr int kRuns = 16;
constexpr int kRunElements = 16;
constexpr float kReaches[] = {-4.0f, 4.0f,  -3.7f, 3.7f,  -3.4f, 3.4f,  -3.1f,
                              3.1f,  -2.7f, 2.7f,  -4.3f, 4.3f,  -4.6f, 4.6f};

int scale_of(const Q3_K::Block& block, int run) {
  const int low = block.scales[run % 8] >> (4 * (run / 8)) & 0x0f;
  const int high = block.scales[8 + run % 4] >> (2 * (run / 4)) & 3;
  return (low | high << 4) - 32;
}

}  // namespace

void Q3_K::decode(const Block& block, float* out) noexcept {
  const float d = half_to_float(block.d);
  for (int j = 0; j < kRuns; ++j) {
    const float scale = d * static_cast<float>(scale_of(block, j));
    for (int e = kRunElements * j; e < kRunElements * (j + 1); ++e) {
      const int low = block.qs[32 * (e / 128) + e % 32] >> (2 * (e % 128 / 32)) & 3;
      const int high = block.hmask[e % 32] >> (e / 32) & 1;
      out[e] = scale * static_cast<float>((low | high << 2) - 4);
    }
  }
}

Status Q3_K::encode(const float* x, const float* importance, Block& out) {
  FORGE_TRY(check_magnitude<kSuper>(x, kLargestHalf * Grid::kHighest));
  const Weights<kSuper> weights(importance);
  const auto fit =
      fit_super_scale<Grid, kRunElements, kRuns, -32, 31>({x, weights.data()}, kReaches);
  out = {};
  out.d = fit.d;
  std::uint8_t codes[kSuper];
  for (int j = 0; j < kRuns; ++j) {
    const float scale = half_to_float(fit.d) * static_cast<float>(fit.scales[j]);
    choose_codes<Grid, kRunElements>(part<kRunElements>(x, j), scale, part<kRunElements>(codes, j));
    const auto stored = static_cast<unsigned>(fit.scales[j] + 32);
    std::uint8_t& low = out.scales[j % 8];
    std::uint8_t& high = out.scales[8 + j % 4];
    low = static_cast<std::uint8_t>(low | (stored & 0x0f) << (4 * (j / 8)));
    high = static_cast<std::uint8_t>(high | stored >> 4 << (2 * (j / 4)));
  }
  for (int e = 0; e < kSuper; ++e) {
    std::uint8_t& low = out.qs[32 * (e / 128) + e % 32];
    std::uint8_t& high = out.hmask[e % 32];
    low = static_cast<std::uint8_t>(low | (codes[e] & 3u) << (2 * (e % 128 / 32)));
    high = static_cast<std::uint8_t>(high | static_cast<unsigned>(codes[e] >> 2) << (e / 32));
  }
  return {};
}

}  // namespace forge::codec
