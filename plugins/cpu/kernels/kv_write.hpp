// plugins/cpu/kernels/kv_write.hpp: one row's K and V of a head into the block of its position
// (api.hpp: KvLayout).
#ifndef FORGE_PLUGINS_CPU_KERNELS_KV_WRITE_HPP_
#define FORGE_PLUGINS_CPU_KERNELS_KV_WRITE_HPP_

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
    case KvType::kF16:
      return convert_each<Isa, std::uint16_t>(
          x, dv, Isa::store_half, [&](std::size_t d, std::uint16_t e) {
            std::memcpy(v + (entry * dv + d) * sizeof(e), &e, sizeof(e));
          });
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

template <class Isa>
void kv_write(const KvWriteArgs& a) {
  const KvLayout& l = a.layout;
  std::uint8_t* head = a.block + a.head * l.head_bytes();
  write_k<Isa>(l, a.k + std::size_t{a.head} * l.head_dim_k, head, a.entry);
  write_v<Isa>(l, a.v + std::size_t{a.head} * l.head_dim_v, head + l.k_bytes(), a.entry);
}

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_KERNELS_KV_WRITE_HPP_
