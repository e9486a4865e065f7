#include "core/codec/formats/iq4_xs.hpp"

#include "core/codec/fit/grid.hpp"
#include "core/codec/fit/super_scale.hpp"
#include "core/codec/formats/packing.hpp"

namespace forge::codec {

namespace {

constexpr int kRuns = 8;
constexpr int kRunElements = 32;
constexpr float kReaches[] = {-127.0f, 127.0f, -120.0f, 120.0f, -113.0f, 113.0f,
                              -106.0f, 106.0f, -134.0f, 134.0f, -141.0f, 141.0f};

int scale_of(const IQ4_XS::Block& block, int run) {
  const int low = block.scales_l[run / 2] >> (4 * (run % 2)) & 0x0f;
  const int high = block.scales_h >> (2 * run) & 3;
  return (low | high << 4) - 32;
}

}  // namespace

void IQ4_XS::decode(const Block& block, float* out) noexcept {
  const float d = half_to_float(block.d);
  for (int j = 0; j < kRuns; ++j) {
    const float scale = d * static_cast<float>(scale_of(block, j));
    for (int i = 0; i < 16; ++i) {
      const unsigned byte = block.qs[16 * j + i];
      out[kRunElements * j + i] = scale * NonlinearGrid::kLevels[byte & 0x0f];
      out[kRunElements * j + i + 16] = scale * NonlinearGrid::kLevels[byte >> 4];
    }
  }
}

Status IQ4_XS::encode(const float* x, const float* importance, Block& out) {
  FORGE_TRY(check_magnitude<kSuper>(x, kLargestHalf * NonlinearGrid::kHighest));
  const Weights<kSuper> weights(importance);
  const auto fit =
      fit_super_scale<NonlinearGrid, kRunElements, kRuns, -32, 31>({x, weights.data()}, kReaches);
  out = {};
  out.d = fit.d;
  for (int j = 0; j < kRuns; ++j) {
    const float scale = half_to_float(fit.d) * static_cast<float>(fit.scales[j]);
    std::uint8_t codes[kRunElements];
    choose_codes<NonlinearGrid, kRunElements>(part<kRunElements>(x, j), scale, codes);
    pack_nibbles<16>(codes, part<16>(out.qs, j));
    const auto stored = static_cast<unsigned>(fit.scales[j] + 32);
    out.scales_l[j / 2] =
        static_cast<std::uint8_t>(out.scales_l[j / 2] | (stored & 0x0f) << (4 * (j % 2)));
    out.scales_h = static_cast<std::uint16_t>(out.scales_h | stored >> 4 << (2 * j));
  }
  return {};
}

}  // namespace forge::codec
