// Q6_U: 32 numbers in 28 bytes, 7 bits per weight: 64 evenly spaced levels from a minimum upwards.
//   byte  0  scale   binary16
//   byte  2  min     binary16
//   byte  4  low     bits 0..3 of the codes: byte i holds those of code i (low) and code i + 16
//   byte 20  high    bits 4..5: byte i holds those of codes i, i + 8, i + 16, i + 24, lowest first
// value i = min + scale * code i
#ifndef CODEC_Q6U_HPP_
#define CODEC_Q6U_HPP_

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "forge/sdk/codec.hpp"
#include "forge/sdk/half.hpp"

struct Q6U {
  static constexpr std::uint32_t kType = FORGE_TYPE_PRIVATE + 0x6b;
  static constexpr const char* kName = "Q6_U";
  static constexpr std::uint32_t kBlockElements = 32;
  static constexpr std::uint32_t kConvertsTo[] = {FORGE_TYPE_Q8_0, FORGE_TYPE_F16, FORGE_TYPE_F32};

  struct Block {
    std::uint16_t scale;
    std::uint16_t min;
    std::uint8_t low[16];
    std::uint8_t high[8];
  };
  static_assert(sizeof(Block) == 28);

  static void decode(const Block& block, float* out) noexcept {
    const float scale = forge::half_to_float(block.scale);
    const float min = forge::half_to_float(block.min);
    for (int i = 0; i < 32; ++i) {
      const int low = block.low[i % 16] >> (4 * (i / 16)) & 15;
      const int high = block.high[i % 8] >> (2 * (i / 8)) & 3;
      out[i] = min + scale * static_cast<float>(low | high << 4);
    }
  }

  static forge::Status encode(const float* x, const float* importance, Block& out) {
    const auto [least, most] = std::minmax_element(x, x + 32);
    if (*most > 65504 || *least < -65504)
      return forge::out_of_range("it holds a number beyond 65504, where the format ends");
    float min = *least;
    float scale = (*most - min) / 63;
    // By turns: codes for the line, then the line of least squares for the codes.
    for (int step = 0; step < 3; ++step) {
      double w = 0, wq = 0, wqq = 0, wr = 0, wrq = 0;
      for (int i = 0; i < 32; ++i) {
        const double weight = importance == nullptr ? 1 : importance[i];
        const double q = code_of(x[i], scale, min);
        const double rest = x[i] - (min + scale * q);
        w += weight;
        wq += weight * q;
        wqq += weight * q * q;
        wr += weight * rest;
        wrq += weight * rest * q;
      }
      const double determinant = w * wqq - wq * wq;
      if (!(determinant > 1e-9 * w * wqq)) break;
      scale += static_cast<float>((w * wrq - wq * wr) / determinant);
      min += static_cast<float>((wqq * wr - wq * wrq) / determinant);
    }
    out.scale = forge::float_to_half(std::clamp(scale, 0.0f, 65504.0f));
    out.min = forge::float_to_half(std::clamp(min, -65504.0f, 65504.0f));
    for (int i = 0; i < 32; ++i) {  // for the line as it is stored
      const auto code = static_cast<unsigned>(
          code_of(x[i], forge::half_to_float(out.scale), forge::half_to_float(out.min)));
      std::uint8_t& low = out.low[i % 16];
      std::uint8_t& high = out.high[i % 8];
      low = static_cast<std::uint8_t>(low | (code & 15) << (4 * (i / 16)));
      high = static_cast<std::uint8_t>(high | code >> 4 << (2 * (i / 8)));
    }
    return {};
  }

 private:
  static float code_of(float x, float scale, float min) {
    return scale > 0 ? std::clamp(std::round((x - min) / scale), 0.0f, 63.0f) : 0.0f;
  }
};

#endif  // CODEC_Q6U_HPP_
