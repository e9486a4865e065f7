#include "core/codec/formats/iq4_nl.hpp"

#include "core/codec/fit/grid.hpp"
#include "core/codec/fit/scale_fit.hpp"
#include "core/codec/formats/packing.hpp"

namespace forge::codec {

namespace {

constexpr float kReaches[] = {-127.0f, 127.0f, -120.0f, 120.0f, -113.0f, 113.0f,
                              -106.0f, 106.0f, -134.0f, 134.0f, -141.0f, 141.0f};

}  // namespace

void IQ4_NL::decode(const Block& block, float* out) noexcept {
  const float d = half_to_float(block.d);
  for (int i = 0; i < 16; ++i) {
    out[i] = d * NonlinearGrid::kLevels[block.qs[i] & 0x0f];
    out[i + 16] = d * NonlinearGrid::kLevels[block.qs[i] >> 4];
  }
}

Status IQ4_NL::encode(const float* x, const float* importance, Block& out) {
  FORGE_TRY(check_magnitude<32>(x, kLargestHalf * NonlinearGrid::kHighest));
  const Weights<32> weights(importance);
  const Run<32> run{x, weights.data()};
  out.d = round_scale<NonlinearGrid>(run, fit_scale<NonlinearGrid>(run, kReaches));
  std::uint8_t codes[32];
  choose_codes<NonlinearGrid, 32>(x, half_to_float(out.d), codes);
  pack_nibbles<16>(codes, out.qs);
  return {};
}

}  // namespace forge::codec
