// core/codec/formats/k_scales.hpp: the twelve bytes with the scales and minima of Q4_K and Q5_K.
//
// Eight pairs (l, m) of six bits each:
//   j = 0..3: l is bits 0..5 of byte j, m is bits 0..5 of byte j + 4
//   j = 4..7: l is bits 0..3 of byte j + 4 and above them bits 6..7 of byte j - 4,
//             m is bits 4..7 of byte j + 4 and above them bits 6..7 of byte j
// https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c (get_scale_min_k4)
#ifndef FORGE_CORE_CODEC_FORMATS_K_SCALES_HPP_
#define FORGE_CORE_CODEC_FORMATS_K_SCALES_HPP_

#include <cstdint>

namespace forge::codec {

struct ScaleAndMin {
  int scale;
  int min;
};

constexpr ScaleAndMin unpack_k_scales(const std::uint8_t (&bytes)[12], int run) {
  if (run < 4) return {bytes[run] & 0x3f, bytes[run + 4] & 0x3f};
  return {(bytes[run + 4] & 0x0f) | (bytes[run - 4] >> 6) << 4,
          (bytes[run + 4] >> 4) | (bytes[run] >> 6) << 4};
}

// Sets the pair of one run; the bytes start out zero and each run is set once.
constexpr void pack_k_scales(std::uint8_t (&bytes)[12], int run, ScaleAndMin pair) {
  const auto scale = static_cast<unsigned>(pair.scale);
  const auto min = static_cast<unsigned>(pair.min);
  const auto put = [&bytes](int byte, unsigned bits) {
    bytes[byte] = static_cast<std::uint8_t>(bytes[byte] | bits);
  };
  if (run < 4) {
    put(run, scale);
    put(run + 4, min);
  } else {
    put(run + 4, (scale & 0x0f) | (min & 0x0f) << 4);
    put(run - 4, scale >> 4 << 6);
    put(run, min >> 4 << 6);
  }
}

}  // namespace forge::codec

#endif  // FORGE_CORE_CODEC_FORMATS_K_SCALES_HPP_
