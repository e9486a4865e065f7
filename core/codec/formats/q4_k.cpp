#include "core/codec/formats/q4_k.hpp"

#include "core/codec/fit/super_line.hpp"
#include "core/codec/formats/k_scales.hpp"
#include "core/codec/formats/packing.hpp"

namespace forge::codec {

namespace {

constexpr int kRuns = 8;
constexpr int kRunElements = 32;

}  // namespace

void Q4_K::decode(const Block& block, float* out) noexcept {
  const float d = half_to_float(block.d);
  const float dmin = half_to_float(block.dmin);
  for (int j = 0; j < kRuns; ++j) {
    const ScaleAndMin pair = unpack_k_scales(block.scales, j);
    const float scale = d * static_cast<float>(pair.scale);
    const float min = dmin * static_cast<float>(pair.min);
    const int shift = 4 * (j % 2);
    for (int i = 0; i < kRunElements; ++i) {
      const int code = block.qs[32 * (j / 2) + i] >> shift & 0x0f;
      out[kRunElements * j + i] = scale * static_cast<float>(code) - min;
    }
  }
}

Status Q4_K::encode(const float* x, const float* importance, Block& out) {
  FORGE_TRY(check_magnitude<kSuper>(x, kLargestHalf * 63));
  const Weights<kSuper> weights(importance);
  const auto fit = fit_super_line<15, kRunElements, kRuns, 63>({x, weights.data()});
  out = {};
  out.d = fit.d;
  out.dmin = fit.dmin;
  std::uint8_t codes[kSuper];
  for (int j = 0; j < kRuns; ++j) {
    pack_k_scales(out.scales, j, {fit.scales[j], fit.mins[j]});
    choose_codes<15, kRunElements>(part<kRunElements>(x, j), fit.line(j),
                                   part<kRunElements>(codes, j));
  }
  for (int pair = 0; pair < kRuns / 2; ++pair)
    pack_nibbles<32>(part<64>(codes, pair), part<32>(out.qs, pair));
  return {};
}

}  // namespace forge::codec
