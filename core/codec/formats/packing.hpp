// core/codec/formats/packing.hpp: how formats of ggml put codes into bytes.
#ifndef FORGE_CORE_CODEC_FORMATS_PACKING_HPP_
#define FORGE_CORE_CODEC_FORMATS_PACKING_HPP_

#include <cstdint>
#include <string>

#include "core/codec/fit/run.hpp"
#include "forge/sdk/status.hpp"

namespace forge::codec {

// Elements of a super-block of the K formats and of IQ4_XS.
inline constexpr int kSuper = 256;

// Two codes of four bits a byte: byte i holds code i (low) and code i + Bytes (high).
template <int Bytes>
void pack_nibbles(const std::uint8_t* codes, std::uint8_t* bytes) {
  for (int i = 0; i < Bytes; ++i)
    bytes[i] =
        static_cast<std::uint8_t>((codes[i] & 0x0f) | static_cast<unsigned>(codes[i + Bytes]) << 4);
}

// 32 codes of five bits: bits 0..3 as nibbles, bit 4 of code i in bit i of qh.
inline void pack_five_bits(const std::uint8_t* codes, std::uint8_t (&qs)[16],
                           std::uint8_t (&qh)[4]) {
  pack_nibbles<16>(codes, qs);
  for (int i = 0; i < 4; ++i) {
    unsigned bits = 0;
    for (int bit = 0; bit < 8; ++bit)
      bits |= static_cast<unsigned>(codes[8 * i + bit] >> 4 & 1) << bit;
    qh[i] = static_cast<std::uint8_t>(bits);
  }
}

inline void unpack_five_bits(const std::uint8_t (&qs)[16], const std::uint8_t (&qh)[4],
                             std::uint8_t* codes) {
  for (int i = 0; i < 32; ++i) {
    const unsigned low = i < 16 ? qs[i] & 0x0fu : static_cast<unsigned>(qs[i - 16] >> 4);
    codes[i] = static_cast<std::uint8_t>(low | (qh[i / 8] >> (i % 8) & 1u) << 4);
  }
}

// kOutOfRange when a number of x [N] is too large for a scale in binary16.
template <int N>
Status check_magnitude(const float* x, float limit) {
  const float largest = largest_magnitude<N>(x);
  if (largest <= limit) return {};
  return out_of_range("it holds a number of magnitude " + std::to_string(largest) +
                      ", but the format ends at " + std::to_string(limit) +
                      "; keep this tensor in BF16 or F32");
}

}  // namespace forge::codec

#endif  // FORGE_CORE_CODEC_FORMATS_PACKING_HPP_
