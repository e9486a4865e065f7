// plugins/cpu/kernels/quantize.hpp: a row of activations as int8 blocks (api.hpp).
//
// Largest magnitude, error, sum: a block of 32 asks for several numbers that are made of all its
// elements. Folding a register down to one number takes longer than all the rest, so that kWidth
// blocks are done together and folded into one register with a lane for each.
#ifndef FORGE_PLUGINS_CPU_KERNELS_QUANTIZE_HPP_
#define FORGE_PLUGINS_CPU_KERNELS_QUANTIZE_HPP_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "plugins/cpu/kernels/api.hpp"

namespace forge::cpu {

// Of kWidth blocks.
template <class Isa>
struct BlockSums {
  alignas(64) std::int32_t first[Isa::kWidth];  // of elements 0 to 15, quantized
  alignas(64) std::int32_t second[Isa::kWidth];
  alignas(64) float scale[Isa::kWidth];
};

// The sums of n blocks in the forms the weight formats ask for.
template <class Isa>
inline void write_aux(const QuantizedRow& out, std::size_t block, std::size_t n,
                      const BlockSums<Isa>& sums) {
  // Elements of a row that is no number are any integers: what is made of them may wrap.
  const auto product = [](std::int32_t offset, std::int32_t sum) {
    return static_cast<std::int32_t>(0u - static_cast<std::uint32_t>(offset) *
                                              static_cast<std::uint32_t>(sum));
  };
  const auto both = [&](std::size_t b) {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(sums.first[b]) +
                                     static_cast<std::uint32_t>(sums.second[b]));
  };
  const auto put_float = [](std::int32_t* p, float f) { std::memcpy(p, &f, sizeof(f)); };
  for (std::size_t i = 0; i < out.n_aux; ++i) {
    const std::int32_t offset = out.kinds[i].offset;
    std::int32_t* const by32 = out.aux[i] + block;
    std::int32_t* const by16 = out.aux[i] + 2 * block;
    switch (out.kinds[i].aux) {
      case Aux::kOffset32:
        for (std::size_t b = 0; b < n; ++b) by32[b] = product(offset, both(b));
        break;
      case Aux::kOffset16:
        for (std::size_t b = 0; b < n; ++b) {
          by16[2 * b] = product(offset, sums.first[b]);
          by16[2 * b + 1] = product(offset, sums.second[b]);
        }
        break;
      case Aux::kMin32:
        for (std::size_t b = 0; b < n; ++b)
          put_float(by32 + b, sums.scale[b] * static_cast<float>(both(b)));
        break;
      case Aux::kMin16:
        for (std::size_t b = 0; b < n; ++b) {
          put_float(by16 + 2 * b, sums.scale[b] * static_cast<float>(sums.first[b]));
          put_float(by16 + 2 * b + 1, sums.scale[b] * static_cast<float>(sums.second[b]));
        }
        break;
      case Aux::kNone:
        break;
    }
  }
}

// Blocks without an element above this are taken as zeros: 127 divided by less is no f32.
inline constexpr float kLeastMagnitude = 1e-36f;

// Scales that lose little: of a few near max|x| / 127, the one with the least squared error.
// Rounding errors of neighbouring scales are nearly independent, so the least of four is about a
// tenth below the first in mean square, for every product that reads the block.
inline constexpr float kLevels[] = {127.0f, 126.0f, 125.0f, 124.0f};

// Of kWidth registers those that no block fills.
template <class Isa>
inline void clear_from(std::size_t n, typename Isa::F (&registers)[Isa::kWidth]) {
  for (std::size_t b = n; b < Isa::kWidth; ++b) registers[b] = Isa::zero();
}

template <class Isa>
struct BlockScales {
  typename Isa::F scale, inverse;  // of each block
};

// x: n blocks, n <= kWidth; amax: of each block. Lanes beyond n are zeros.
template <class Isa>
inline BlockScales<Isa> best_scales(const float* x, std::size_t n, typename Isa::F amax) {
  using F = typename Isa::F;
  constexpr int kVectors = 32 / Isa::kWidth;
  constexpr int kCandidates = static_cast<int>(std::size(kLevels));
  alignas(64) float inverses[kCandidates][Isa::kWidth];
  F squares[kCandidates][Isa::kWidth];
  for (int l = 0; l < kCandidates; ++l) {
    Isa::store(inverses[l], Isa::div(Isa::set1(kLevels[l]), amax));
    clear_from<Isa>(n, squares[l]);
  }
  for (std::size_t b = 0; b < n; ++b) {
    for (int l = 0; l < kCandidates; ++l) {
      const F inverse = Isa::set1(inverses[l][b]);
      F sum = Isa::zero();
      for (int i = 0; i < kVectors; ++i) {
        const F scaled = Isa::mul(Isa::load(x + b * kActBlock + i * Isa::kWidth), inverse);
        const F error = Isa::rounding_error(scaled);
        sum = Isa::fma(error, error, sum);
      }
      squares[l][b] = sum;
    }
  }
  F levels = Isa::set1(kLevels[0]);
  F inverse = Isa::load(inverses[0]);
  F least = Isa::zero();
  for (int l = 0; l < kCandidates; ++l) {
    const F error =
        Isa::mul(Isa::fold(squares[l], Isa::add), Isa::set1(1.0f / (kLevels[l] * kLevels[l])));
    if (l > 0) {
      levels = Isa::where_less(error, least, Isa::set1(kLevels[l]), levels);
      inverse = Isa::where_less(error, least, Isa::load(inverses[l]), inverse);
      least = Isa::where_less(error, least, error, least);
    } else {
      least = error;
    }
  }
  const F bound = Isa::set1(kLeastMagnitude);
  return {Isa::zero_below(Isa::div(amax, levels), amax, bound),
          Isa::zero_below(inverse, amax, bound)};
}

// n blocks, n <= kWidth, from `block` on. finite stays 0, or becomes NaN.
template <class Isa>
inline void quantize_blocks(const float* x, std::size_t block, std::size_t n,
                            const QuantizedRow& out, typename Isa::F& finite) {
  using F = typename Isa::F;
  using I = typename Isa::I;
  constexpr int kVectors = 32 / Isa::kWidth;
  const float* const from = x + block * kActBlock;
  F largest[Isa::kWidth];
  clear_from<Isa>(n, largest);
  for (std::size_t b = 0; b < n; ++b) {
    F most = Isa::zero();
    for (int i = 0; i < kVectors; ++i) {
      const F v = Isa::load(from + b * kActBlock + i * Isa::kWidth);
      most = Isa::max(most, Isa::abs(v));
      finite = Isa::fma(v, Isa::zero(), finite);
    }
    largest[b] = most;
  }
  const BlockScales<Isa> scales = best_scales<Isa>(from, n, Isa::fold(largest, Isa::max));
  BlockSums<Isa> sums;
  Isa::store(sums.scale, scales.scale);
  alignas(64) float inverses[Isa::kWidth];
  Isa::store(inverses, scales.inverse);
  F halves[2][Isa::kWidth];  // bits of integers
  for (auto& half : halves) clear_from<Isa>(n, half);
  const auto add = [](F a, F b) {
    return Isa::bits_to_float(Isa::add_i(Isa::float_to_bits(a), Isa::float_to_bits(b)));
  };
  for (std::size_t b = 0; b < n; ++b) {
    const F inverse = Isa::set1(inverses[b]);
    F half[2] = {Isa::zero(), Isa::zero()};
    for (int i = 0; i < kVectors; ++i) {
      const std::size_t at = b * kActBlock + static_cast<std::size_t>(i) * Isa::kWidth;
      const I q = Isa::round_to_int(Isa::mul(Isa::load(from + at), inverse));
      Isa::store_bytes(out.q + block * kActBlock + at, q);
      F& sum = half[i * Isa::kWidth / 16];
      sum = add(sum, Isa::bits_to_float(q));
    }
    for (std::size_t h = 0; h < 2; ++h) halves[h][b] = half[h];
  }
  Isa::store_i(reinterpret_cast<std::uint8_t*>(sums.first),
               Isa::float_to_bits(Isa::fold(halves[0], add)));
  Isa::store_i(reinterpret_cast<std::uint8_t*>(sums.second),
               Isa::float_to_bits(Isa::fold(halves[1], add)));
  std::copy_n(sums.scale, n, out.scale + block);
  write_aux<Isa>(out, block, n, sums);
}

// A row with an element that is no finite number gets NaN as its scales, and with them every
// product.
template <class Isa>
void quantize_row(const float* x, std::size_t k, const QuantizedRow& out) {
  const std::size_t n_blocks = k / kActBlock;
  typename Isa::F finite = Isa::zero();
  for (std::size_t block = 0; block < n_blocks; block += Isa::kWidth)
    quantize_blocks<Isa>(x, block, std::min<std::size_t>(Isa::kWidth, n_blocks - block), out,
                         finite);
  const float wrong = Isa::reduce_add(finite);
  if (wrong != 0) std::fill_n(out.scale, n_blocks, wrong);
}

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_KERNELS_QUANTIZE_HPP_
