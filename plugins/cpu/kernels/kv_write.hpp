// plugins/cpu/kernels/kv_write.hpp: rows' K and V of a head into the block of their positions
// (api.hpp: KvLayout).
#ifndef FORGE_PLUGINS_CPU_KERNELS_KV_WRITE_HPP_
#define FORGE_PLUGINS_CPU_KERNELS_KV_WRITE_HPP_

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "plugins/cpu/kernels/api.hpp"

namespace forge::cpu {

// Calls put(index, element) with each of x's n elements as T, converted by store(T*, F).
template <class Isa, class T, class Store, class Put>
inline void convert_each(const float* x, std::size_t n, Store&& store, Put&& put) {
  alignas(64) T converted[Isa::kWidth];
  alignas(64) float values[Isa::kWidth];
  for (std::size_t i = 0; i < n; i += Isa::kWidth) {
    const std::size_t count = n - i < Isa::kWidth ? n - i : Isa::kWidth;
    std::memset(values, 0, sizeof(values));
    std::memcpy(values, x + i, count * sizeof(float));
    store(converted, Isa::load(values));
    for (std::size_t j = 0; j < count; ++j) put(i + j, converted[j]);
  }
}

// 32 numbers as signed bytes and their scale, an f16:
//   d = f16(max|x| / 127), q = round(x / d) within -127 .. 127
// A number that is none makes d NaN, and with it every product.
template <class Isa>
inline std::uint16_t encode_q8(const float* x, std::int8_t* q) {
  using F = typename Isa::F;
  constexpr int kVectors = kKvGroup / Isa::kWidth;
  F largest = Isa::zero();
  F finite = Isa::zero();  // stays 0, or becomes NaN
  for (int i = 0; i < kVectors; ++i) {
    const F v = Isa::load(x + i * Isa::kWidth);
    largest = Isa::max(largest, Isa::abs(v));
    finite = Isa::fma(v, Isa::zero(), finite);
  }
  const float amax = Isa::reduce_max(largest) / 127.0f;
  constexpr float kLargestHalf = 65504.0f;
  const F d = Isa::add(Isa::set1(amax < kLargestHalf ? amax : kLargestHalf),
                       Isa::set1(Isa::reduce_add(finite)));
  alignas(64) std::uint16_t half[Isa::kWidth];
  Isa::store_half(half, d);
  alignas(64) float kept[Isa::kWidth];
  Isa::store(kept, Isa::load_half(half));
  const F inverse = Isa::set1(kept[0] == 0 ? 0.0f : 1.0f / kept[0]);
  for (int i = 0; i < kVectors; ++i) {
    const F scaled = Isa::mul(Isa::load(x + i * Isa::kWidth), inverse);
    const F within = Isa::max(Isa::set1(-127.0f), Isa::min(Isa::set1(127.0f), scaled));
    Isa::store_bytes(q + i * Isa::kWidth, Isa::round_to_int(within));
  }
  return half[0];
}

// Where element i of four lies among their bytes.
inline constexpr std::size_t kQuadByte[4] = {0, 2, 1, 3};

// Calls put(index, byte) with each element of x, and writes the scales of this entry.
template <class Isa, class Put>
inline void write_q8(const float* x, std::uint32_t head_dim, std::uint8_t* scales,
                     std::uint32_t entry, Put&& put) {
  alignas(64) std::int8_t q[kKvGroup];
  for (std::uint32_t d = 0; d < head_dim; d += kKvGroup) {
    const std::uint16_t scale = encode_q8<Isa>(x + d, q);
    std::memcpy(scales + (std::size_t{d} + entry) * sizeof(scale), &scale, sizeof(scale));
    for (std::uint32_t i = 0; i < kKvGroup; ++i) put(d + i, static_cast<std::uint8_t>(q[i]));
  }
}

template <class Isa>
inline void write_k(const KvLayout& l, const float* x, std::uint8_t* k, std::uint32_t entry) {
  switch (l.k_type) {
    case KvType::kF16:
      return convert_each<Isa, std::uint16_t>(
          x, l.head_dim_k, Isa::store_half, [&](std::size_t d, std::uint16_t e) {
            std::memcpy(k + (d * kTile + entry) * sizeof(e), &e, sizeof(e));
          });
    case KvType::kF32:
      return convert_each<Isa, float>(x, l.head_dim_k, Isa::store, [&](std::size_t d, float e) {
        std::memcpy(k + (d * kTile + entry) * sizeof(e), &e, sizeof(e));
      });
    case KvType::kQ8:
      return write_q8<Isa>(x, l.head_dim_k, k, entry, [&](std::size_t d, std::uint8_t e) {
        k[scale_bytes(l.head_dim_k) + (d / 4 * kTile + entry) * 4 + kQuadByte[d % 4]] = e;
      });
  }
}

template <class Isa>
inline void write_v(const KvLayout& l, const float* x, std::uint8_t* v, std::uint32_t entry) {
  const std::size_t dv = l.head_dim_v;
  switch (l.v_type) {
    case KvType::kF16: {
      auto* const to = reinterpret_cast<std::uint16_t*>(v) + entry * dv;
      const std::size_t whole = dv / Isa::kWidth * Isa::kWidth;
      for (std::size_t d = 0; d < whole; d += Isa::kWidth)
        Isa::store_half(to + d, Isa::load(x + d));
      return convert_each<Isa, std::uint16_t>(
          x + whole, dv - whole, Isa::store_half,
          [&](std::size_t d, std::uint16_t e) { to[whole + d] = e; });
    }
    case KvType::kF32:
      std::memcpy(v + entry * dv * sizeof(float), x, dv * sizeof(float));
      return;
    case KvType::kQ8:
      return write_q8<Isa>(x, l.head_dim_v, v, entry, [&](std::size_t d, std::uint8_t e) {
        const std::size_t quad = d / kKvGroup * (kTile / 4) + entry / 4;
        v[scale_bytes(l.head_dim_v) + (quad * kKvGroup + d % kKvGroup) * 4 + kQuadByte[entry % 4]] =
            e;
      });
  }
}

// to[i * to_stride + j] = from[j * from_stride + i], i and j below 8.
inline void transpose_eight(const std::uint16_t* from, std::size_t from_stride, std::uint16_t* to,
                            std::size_t to_stride) {
  __m128i row[8], pairs[8], fours[8];
  for (std::size_t j = 0; j < 8; ++j)
    row[j] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + j * from_stride));
  for (std::size_t j = 0; j < 4; ++j) {  // of rows 2j, 2j + 1: columns 0 to 3, 4 to 7
    pairs[j] = _mm_unpacklo_epi16(row[2 * j], row[2 * j + 1]);
    pairs[4 + j] = _mm_unpackhi_epi16(row[2 * j], row[2 * j + 1]);
  }
  for (std::size_t h = 0; h < 4; ++h) {  // of rows 0 to 3 or 4 to 7: two columns
    const __m128i a = pairs[2 * h], b = pairs[2 * h + 1];
    fours[2 * h] = _mm_unpacklo_epi32(a, b);
    fours[2 * h + 1] = _mm_unpackhi_epi32(a, b);
  }
  for (std::size_t i = 0; i < 8; ++i) {
    const __m128i a = fours[i / 4 * 4 + i / 2 % 2], b = fours[i / 4 * 4 + 2 + i / 2 % 2];
    const __m128i column = i % 2 == 0 ? _mm_unpacklo_epi64(a, b) : _mm_unpackhi_epi64(a, b);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i * to_stride), column);
  }
}

// K of eight rows as f16. A row alone writes to as many cache lines as it has elements.
template <class Isa>
inline void write_k_of_eight(const KvLayout& l, const float* x, std::size_t stride, std::uint8_t* k,
                             std::uint32_t entry) {
  alignas(64) std::uint16_t halves[8][Isa::kWidth];
  auto* const to = reinterpret_cast<std::uint16_t*>(k) + entry;
  for (std::uint32_t d = 0; d < l.head_dim_k; d += Isa::kWidth) {
    for (std::size_t r = 0; r < 8; ++r) Isa::store_half(halves[r], Isa::load(x + r * stride + d));
    for (std::uint32_t i = 0; i < Isa::kWidth; i += 8)
      transpose_eight(halves[0] + i, Isa::kWidth, to + std::size_t{d + i} * kTile, kTile);
  }
}

template <class Isa>
void kv_write(const KvWriteArgs& a) {
  const KvLayout& l = a.layout;
  std::uint8_t* const k = a.block + a.head * l.head_bytes();
  std::uint8_t* const v = k + l.k_bytes();
  const float* const from_k = a.k + std::size_t{a.head} * l.head_dim_k;
  const float* const from_v = a.v + std::size_t{a.head} * l.head_dim_v;
  const bool whole = l.k_type == KvType::kF16 && l.head_dim_k % Isa::kWidth == 0;
  for (std::uint32_t r = 0; r < a.n_rows;) {
    if (whole && a.n_rows - r >= 8) {
      write_k_of_eight<Isa>(l, from_k + r * a.k_stride, a.k_stride, k, a.entry + r);
      r += 8;
    } else {
      write_k<Isa>(l, from_k + r * a.k_stride, k, a.entry + r);
      ++r;
    }
  }
  for (std::uint32_t r = 0; r < a.n_rows; ++r)
    write_v<Isa>(l, from_v + r * a.v_stride, v, a.entry + r);
}

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_KERNELS_KV_WRITE_HPP_
