// core/codec/formats/iq_grids.hpp: the code books of IQ3_XXS, IQ3_S and IQ2_S.
//
// Each entry is a point of a lattice: four or eight levels, all positive; signs are stored apart.
// Packed here: 3 bits a level for the IQ3 grids, 2 for IQ2_S, the first level lowest.
// https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h (iq3xxs_grid, iq3s_grid,
// iq2s_grid)
#ifndef FORGE_CORE_CODEC_FORMATS_IQ_GRIDS_HPP_
#define FORGE_CORE_CODEC_FORMATS_IQ_GRIDS_HPP_

#include <cstdint>

namespace forge::codec {

extern const std::uint16_t kIq3XxsGrid[256];
extern const std::uint16_t kIq3SGrid[512];
extern const std::uint16_t kIq2SGrid[1024];

inline constexpr float kIq3XxsLevels[8] = {4, 12, 20, 28, 36, 44, 52, 62};
inline constexpr float kIq3SLevels[8] = {1, 3, 5, 7, 9, 11, 13, 15};
inline constexpr float kIq2SLevels[4] = {8, 25, 43, 0};  // 3 does not occur

// out[i] = scale * level i of `point`, negated where bit i of `signs` is set. N levels of Bits
// bits.
template <int N, int Bits>
void decode_point(std::uint16_t point, const float (&levels)[1 << Bits], unsigned signs,
                  float scale, float* out) {
  for (int i = 0; i < N; ++i) {
    const float value = scale * levels[point >> (Bits * i) & ((1 << Bits) - 1)];
    out[i] = (signs >> i & 1u) != 0 ? -value : value;
  }
}

}  // namespace forge::codec

#endif  // FORGE_CORE_CODEC_FORMATS_IQ_GRIDS_HPP_
