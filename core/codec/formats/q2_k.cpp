#include "core/codec/formats/q2_k.hpp"

#include "core/codec/fit/super_line.hpp"
#include "core/codec/formats/packing.hpp"

namespace forge::codec {

namespace {

constexpr int kRuns = 16;
constexpr int kRunElements = 16;

}  // namespace

void Q2_K::decode(const Block& block, float* out) noexcept {
  const float d = half_to_float(block.d);
  const float dmin = half_to_float(block.dmin);
  for (int j = 0; j < kRuns; ++j) {
    const float scale = d * static_cast<float>(block.scales[j] & 0x0f);
    const float min = dmin * static_cast<float>(block.scales[j] >> 4);
    for (int e = kRunElements * j; e < kRunElements * (j + 1); ++e) {
      const int code = block.qs[32 * (e / 128) + e % 32] >> (2 * (e % 128 / 32)) & 3;
      out[e] = scale * static_cast<float>(code) - min;
    }
  }
}

Status Q2_K::encode(const float* x, const float* importance, Block& out) {
  FORGE_TRY(check_magnitude<kSuper>(x, kLargestHalf * 15));
  const Weights<kSuper> weights(importance);
  const auto fit = fit_super_line<3, kRunElements, kRuns, 15>({x, weights.data()});
  out = {};
  out.d = fit.d;
  out.dmin = fit.dmin;
  std::uint8_t codes[kSuper];
  for (int j = 0; j < kRuns; ++j) {
    out.scales[j] = static_cast<std::uint8_t>(fit.scales[j] | fit.mins[j] << 4);
    choose_codes<3, kRunElements>(part<kRunElements>(x, j), fit.line(j),
                                  part<kRunElements>(codes, j));
  }
  for (int e = 0; e < kSuper; ++e) {
    std::uint8_t& byte = out.qs[32 * (e / 128) + e % 32];
    byte =
        static_cast<std::uint8_t>(byte | static_cast<unsigned>(codes[e]) << (2 * (e % 128 / 32)));
  }
  return {};
}

}  // namespace forge::codec
