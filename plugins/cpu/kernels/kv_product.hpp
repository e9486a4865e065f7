// plugins/cpu/kernels/kv_product.hpp: the two products of attention with one tile of 32 positions,
// for N queries that share every load. What happens to one query does not depend on N.
//
// KvFloat (K and V as f16 or f32):
//   score:  s_j = scale * sum_d q_d k_jd, a chain of fma over d
//   mix:    o_d = o_d a + sum_j p_j v_jd, a chain of fma over j
// KvQ8 (signed bytes with a scale for every 32 elements of a position). q and p become 16-bit
// integers with a scale, so that sums over 32 are exact in i32, in any order:
//   32 * 32767 * 128 < 2^31, and a pair of products, which is what the instruction adds first, is
//   far below.
//   score:  s_j = sum_b (scale qs_b ks_jb) * sum_d q_d k_jd    fma over b, 32 elements each
//   mix:    o_d = o_d a + (top_b peak / 32767) * sum_j u_j v_jd, u_j = round(32767 p_j vs_jb / ...)
//   with b = d / 32, vs the scales of V, top_b the largest of them in the tile and peak the largest
//   p. Rounding u moves o_d by at most 32 * 2^-16 of the tile's share of it, typically by 2^-15.
#ifndef FORGE_PLUGINS_CPU_KERNELS_KV_PRODUCT_HPP_
#define FORGE_PLUGINS_CPU_KERNELS_KV_PRODUCT_HPP_

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "plugins/cpu/kernels/api.hpp"

namespace forge::cpu {

// Calls body.operator()<N>(first) for runs of N <= kQueryTile queries that make up 0 .. n - 1, of
// about the same size.
template <class Isa, class Body>
inline void for_queries(std::uint32_t n, Body&& body) {
  constexpr std::uint32_t kMost = Isa::kQueryTile;
  static_assert(kMost >= 6 && kMost <= 8);
  std::uint32_t first = 0;
  while (first < n) {
    const std::uint32_t left = n - first;
    const std::uint32_t now = left >= 2 * kMost ? kMost : left > kMost ? (left + 1) / 2 : left;
    switch (now) {
      case 1:
        body.template operator()<1>(first);
        break;
      case 2:
        body.template operator()<2>(first);
        break;
      case 3:
        body.template operator()<3>(first);
        break;
      case 4:
        body.template operator()<4>(first);
        break;
      case 5:
        body.template operator()<5>(first);
        break;
      case 6:
        body.template operator()<6>(first);
        break;
      case 7:
        if constexpr (kMost >= 7) body.template operator()<7>(first);
        break;
      default:
        if constexpr (kMost >= 8) body.template operator()<8>(first);
    }
    first += now;
  }
}

// What is read after this: where the next part is, and the one after it. A product asks for a line
// of each with every line of its own, so that all are asked for twice (panel.hpp: prefetch_ahead).
// With non-temporal hints a Xeon reads at half the speed: see weights_ahead().
struct Ahead {
  const std::uint8_t* next = nullptr;  // nullptr: nothing is asked for
  const std::uint8_t* after = nullptr;

  Ahead from(std::size_t offset) const {
    return next == nullptr ? Ahead{} : Ahead{next + offset, after + offset};
  }
  template <std::size_t kBytes>
  __attribute__((always_inline)) void ask(std::size_t offset) const {
    if (next == nullptr) return;
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kBytes; i += 64) {
      __builtin_prefetch(next + offset + i, 0, 3);
      __builtin_prefetch(after + offset + i, 0, 3);
    }
  }
};

// Registers side by side for each of N queries, at most `most`: the largest power of two for which
// the sums, `loads` registers of K or V for each column, and `others` stay in registers.
template <class Isa>
constexpr int columns_for(int n, int most, int loads, int others) {
  int columns = 1;
  while (2 * columns <= most && 2 * columns * (n + loads) + others <= Isa::kRegisters) columns *= 2;
  return columns;
}

// ---------------------------------------------------------------- f16 and f32

template <class Isa, bool kHalf>
struct KvFloat {
  using F = typename Isa::F;
  static constexpr std::size_t kBytes = kHalf ? 2 : 4;
  static constexpr int kVectors = kTile / Isa::kWidth;

  static F load(const std::uint8_t* p) {
    if constexpr (kHalf) {
      return Isa::load_half(reinterpret_cast<const std::uint16_t*>(p));
    } else {
      return Isa::load(reinterpret_cast<const float*>(p));
    }
  }

  // s [N, 32] = scale * q [N, dk] times k [dk, 32]
  template <int N>
  static void score(const std::uint8_t* k, std::uint32_t dk, const float* q, float scale, float* s,
                    const Ahead& ahead) {
    constexpr int C = columns_for<Isa>(N, kVectors, 1, 1);
    for (int first = 0; first < kVectors; first += C) {
      F sum[N][C];
      for (auto& row : sum) {
        for (F& f : row) f = Isa::zero();
      }
      const Ahead once = first == 0 ? ahead : Ahead{};
      for (std::uint32_t d = 0; d < dk; ++d) {
        once.ask<kTile * kBytes>(std::size_t{d} * kTile * kBytes);
        F column[C];
#pragma GCC unroll 8
        for (int c = 0; c < C; ++c)
          column[c] = load(k + (std::size_t{d} * kTile + (first + c) * Isa::kWidth) * kBytes);
#pragma GCC unroll 8
        for (int n = 0; n < N; ++n) {
          const F x = Isa::set1(q[std::size_t(n) * dk + d]);
#pragma GCC unroll 8
          for (int c = 0; c < C; ++c) sum[n][c] = Isa::fma(x, column[c], sum[n][c]);
        }
      }
      const F factor = Isa::set1(scale);
      for (int n = 0; n < N; ++n) {
        for (int c = 0; c < C; ++c)
          Isa::store(s + n * std::size_t{kTile} + (first + c) * Isa::kWidth,
                     Isa::mul(sum[n][c], factor));
      }
    }
  }

  // o [N, dv] = o * alpha [N] + p [N, low .. high - 1] times v [32, dv]
  template <int N>
  static void mix(const std::uint8_t* v, std::uint32_t dv, std::uint32_t low, std::uint32_t high,
                  const float* p, const float* alpha, float* o, const Ahead& ahead) {
    std::uint32_t d = 0;
    columns<N, columns_for<Isa>(N, 8, 1, 1)>(v, dv, low, high, p, alpha, o, ahead, d);
    for (; d < dv; ++d) column(N, v, d, dv, low, high, p, alpha, o);
  }

 private:
  // As many times C registers of elements from d on as there are, then half as many.
  template <int N, int C>
  static void columns(const std::uint8_t* v, std::uint32_t dv, std::uint32_t low,
                      std::uint32_t high, const float* p, const float* alpha, float* o,
                      const Ahead& ahead, std::uint32_t& d) {
    for (; d + C * Isa::kWidth <= dv; d += C * Isa::kWidth) {
      F sum[N][C];
#pragma GCC unroll 8
      for (int n = 0; n < N; ++n) {
#pragma GCC unroll 8
        for (int c = 0; c < C; ++c)
          sum[n][c] = Isa::mul(Isa::load(o + std::size_t(n) * dv + d + c * Isa::kWidth),
                               Isa::set1(alpha[n]));
      }
      for (std::uint32_t j = low; j < high; ++j) {
        ahead.ask<C * Isa::kWidth * kBytes>((std::size_t{j} * dv + d) * kBytes);
        F row[C];
#pragma GCC unroll 8
        for (int c = 0; c < C; ++c)
          row[c] = load(v + (std::size_t{j} * dv + d + c * Isa::kWidth) * kBytes);
#pragma GCC unroll 8
        for (int n = 0; n < N; ++n) {
          const F x = Isa::set1(p[n * std::size_t{kTile} + j]);
#pragma GCC unroll 8
          for (int c = 0; c < C; ++c) sum[n][c] = Isa::fma(x, row[c], sum[n][c]);
        }
      }
#pragma GCC unroll 8
      for (int n = 0; n < N; ++n) {
#pragma GCC unroll 8
        for (int c = 0; c < C; ++c)
          Isa::store(o + std::size_t(n) * dv + d + c * Isa::kWidth, sum[n][c]);
      }
    }
    if constexpr (C > 1) columns<N, C / 2>(v, dv, low, high, p, alpha, o, ahead, d);
  }

  // One element, with the lanes' operations.
  static void column(int n_queries, const std::uint8_t* v, std::uint32_t d, std::uint32_t dv,
                     std::uint32_t low, std::uint32_t high, const float* p, const float* alpha,
                     float* o) {
    for (int n = 0; n < n_queries; ++n) {
      F sum = Isa::set1(o[std::size_t(n) * dv + d] * alpha[n]);
      for (std::uint32_t j = low; j < high; ++j) {
        alignas(64) std::uint8_t padded[Isa::kWidth * kBytes] = {};
        std::memcpy(padded, v + (std::size_t{j} * dv + d) * kBytes, kBytes);
        sum = Isa::fma(Isa::set1(p[n * std::size_t{kTile} + j]), load(padded), sum);
      }
      alignas(64) float lanes[Isa::kWidth];
      Isa::store(lanes, sum);
      o[std::size_t(n) * dv + d] = lanes[0];
    }
  }
};

// ---------------------------------------------------------------- q8_0

inline constexpr float kWordLevels = 32767.0f;

// 32 floats as words and their scale; a number that is none makes the scale NaN.
template <class Isa>
inline float encode_words(const float* x, std::int16_t* q) {
  using F = typename Isa::F;
  constexpr int kVectors = kKvGroup / Isa::kWidth;
  constexpr float kLeast = 1e-30f;  // the reciprocal of less, times 32767, is no f32
  F largest = Isa::zero();
  F finite = Isa::zero();  // stays 0, or becomes NaN
  for (int i = 0; i < kVectors; ++i) {
    const F v = Isa::load(x + i * Isa::kWidth);
    largest = Isa::max(largest, Isa::abs(v));
    finite = Isa::fma(v, Isa::zero(), finite);
  }
  const float amax = Isa::reduce_max(largest);
  const bool counts = amax > kLeast;
  const F inverse = Isa::set1(counts ? kWordLevels / amax : 0.0f);
  for (int i = 0; i < kVectors; ++i)
    Isa::store_words(q + i * Isa::kWidth,
                     Isa::round_to_int(Isa::mul(Isa::load(x + i * Isa::kWidth), inverse)));
  return (counts ? amax / kWordLevels : 0.0f) + Isa::reduce_add(finite);
}

template <class Isa>
struct KvQ8 {
  using F = typename Isa::F;
  using I = typename Isa::I;
  static constexpr int kVectors = 32 / Isa::kWidth;  // of 32 positions or 32 elements
  static_assert(kTile == 32 && kKvGroup == 32);
  static constexpr std::size_t kQuadBytes = std::size_t{32} * 4;
  static constexpr std::size_t kGroupBytes = 8 * kQuadBytes;

  // s [N, 32] = q [N, dk] words with scales [N, dk / 32] (times the scale of attention) times k;
  // k_scale [dk / 32, 32]
  template <int N>
  static void score(const std::uint8_t* k, std::uint32_t dk, const std::int16_t* q,
                    const float* q_scale, const float* k_scale, float* s, const Ahead& ahead) {
    constexpr int C = columns_for<Isa>(N, kVectors, 2, 2);
    const std::uint32_t n_groups = dk / kKvGroup;
    for (std::uint32_t b = 0; b < n_groups; ++b) {
#pragma GCC unroll 1
      for (int first = 0; first < kVectors; first += C) {
        I sum[N][C];
        const std::size_t bytes = std::size_t{b} * kGroupBytes + first * Isa::kWidth * 4;
        products<N, C>(k + bytes, q + std::size_t{b} * kKvGroup, dk, ahead.from(bytes), sum);
#pragma GCC unroll 8
        for (int n = 0; n < N; ++n) {
          const F qs = Isa::set1(q_scale[std::size_t(n) * n_groups + b]);
#pragma GCC unroll 8
          for (int c = 0; c < C; ++c) {
            const int at = (first + c) * Isa::kWidth;
            const F factor = Isa::mul(qs, Isa::load(k_scale + std::size_t{b} * kTile + at));
            float* out = s + n * std::size_t{kTile} + at;
            const F before = b == 0 ? Isa::zero() : Isa::load(out);
            Isa::store(out, Isa::fma(Isa::to_float(sum[n][c]), factor, before));
          }
        }
      }
    }
  }

  // o [N, dv] = o * alpha [N] + p [N, 32] times v; p is 0 where a position does not count, peak [N]
  // its largest. v_scale [dv / 32, 32] as fractions of v_top [dv / 32].
  template <int N>
  static void mix(const std::uint8_t* v, std::uint32_t dv, const float* v_scale, const float* v_top,
                  const float* p, const float* peak, const float* alpha, float* o,
                  const Ahead& ahead) {
    constexpr int C = columns_for<Isa>(N, kVectors, 2, 2);
    alignas(64) std::int16_t u[N][kTile];
    alignas(64) float levels[N][kTile];  // p in words of its peak
    for (int n = 0; n < N; ++n) {
      // Positions that weigh less than this beside others of their row are left out.
      constexpr float kLeast = 1e-30f;
      const F inverse = Isa::set1(peak[n] > kLeast ? kWordLevels / peak[n] : 0.0f);
      for (int i = 0; i < kVectors; ++i)
        Isa::store(levels[n] + i * Isa::kWidth,
                   Isa::mul(Isa::load(p + n * std::size_t{kTile} + i * Isa::kWidth), inverse));
    }
    for (std::uint32_t b = 0; b < dv / kKvGroup; ++b) {
      for (int i = 0; i < kVectors; ++i) {
        const F scale = Isa::load(v_scale + std::size_t{b} * kTile + i * Isa::kWidth);
#pragma GCC unroll 8
        for (int n = 0; n < N; ++n)
          Isa::store_words(
              u[n] + i * Isa::kWidth,
              Isa::round_to_int(Isa::mul(Isa::load(levels[n] + i * Isa::kWidth), scale)));
      }
#pragma GCC unroll 1
      for (int first = 0; first < kVectors; first += C) {
        const std::uint32_t d = b * kKvGroup + first * Isa::kWidth;
        I sum[N][C];
        const std::size_t bytes = std::size_t{b} * kGroupBytes + first * Isa::kWidth * 4;
        products<N, C>(v + bytes, u[0], kTile, ahead.from(bytes), sum);
#pragma GCC unroll 8
        for (int n = 0; n < N; ++n) {
          const F factor = Isa::set1(v_top[b] * (peak[n] / kWordLevels));
          const F a = Isa::set1(alpha[n]);
#pragma GCC unroll 8
          for (int c = 0; c < C; ++c) {
            float* out = o + std::size_t(n) * dv + d + c * Isa::kWidth;
            Isa::store(out,
                       Isa::fma(Isa::to_float(sum[n][c]), factor, Isa::mul(Isa::load(out), a)));
          }
        }
      }
    }
  }

 private:
  // sum [N, C registers of the 32 lanes] over 8 quads of bytes and 32 words of each row of x.
  template <int N, int C>
  static void products(const std::uint8_t* bytes, const std::int16_t* x, std::size_t x_stride,
                       const Ahead& ahead, I (&sum)[N][C]) {
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) {
#pragma GCC unroll 8
      for (int c = 0; c < C; ++c) sum[n][c] = Isa::zero_i();
    }
    // Unrolled, the words of x would be kept for the next columns, and registers be spilt for them.
#pragma GCC unroll 1
    for (std::size_t quad = 0; quad < 8; ++quad) {
      ahead.ask<C * Isa::kWidth * 4>(quad * kQuadBytes);
      I even[C], odd[C];
#pragma GCC unroll 8
      for (int c = 0; c < C; ++c) {
        const typename Isa::B four =
            Isa::load_bytes(bytes + quad * kQuadBytes + c * Isa::kWidth * 4);
        even[c] = Isa::words_even(four);
        odd[c] = Isa::words_odd(four);
      }
#pragma GCC unroll 8
      for (int n = 0; n < N; ++n) {
        const auto first = Isa::two_words(x + n * x_stride + quad * 4);
#pragma GCC unroll 8
        for (int c = 0; c < C; ++c) sum[n][c] = Isa::dot_words(sum[n][c], even[c], first);
        const auto second = Isa::two_words(x + n * x_stride + quad * 4 + 2);
#pragma GCC unroll 8
        for (int c = 0; c < C; ++c) sum[n][c] = Isa::dot_words(sum[n][c], odd[c], second);
      }
    }
  }
};

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_KERNELS_KV_PRODUCT_HPP_
