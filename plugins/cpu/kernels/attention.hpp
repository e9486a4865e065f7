// plugins/cpu/kernels/attention.hpp: one query row against the paged KV state of its sequence.
//
// Positions are folded in fixed segments (api.hpp: kSegment) of fixed tiles of 32 positions:
//   tile:     s_j = scale * sum_d q_d k_jd, a chain of fma over d; p_j = exp(s_j - m)
//   segment:  m = max(m, tile max); l = l * a + sum(p); o = o * a + sum_j p_j v_j, a = exp(m_old -
//   m) row:      segments are joined in order with the same rescaling; y = o / l
// Tiles and segments are cut at multiples of 32 and 512 of the absolute position, so that the
// operations of a row do not depend on how the sequence was cut into batches. K of a tile is
// [head_dim_k][32] (positions are lanes), V is [32][head_dim_v] (elements are lanes).
#ifndef FORGE_PLUGINS_CPU_KERNELS_ATTENTION_HPP_
#define FORGE_PLUGINS_CPU_KERNELS_ATTENTION_HPP_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include "plugins/cpu/kernels/api.hpp"
#include "plugins/cpu/kernels/math.hpp"

namespace forge::cpu {

inline constexpr std::uint32_t kTile = 32;
static_assert(kSegment % kTile == 0);

// Elements of K and V as they are stored.
template <class Isa>
struct KvHalf {
  using T = std::uint16_t;
  static typename Isa::F load(const T* p) { return Isa::load_half(p); }
  static void store(T* p, typename Isa::F x) { Isa::store_half(p, x); }
};
template <class Isa>
struct KvFloat {
  using T = float;
  static typename Isa::F load(const T* p) { return Isa::load(p); }
  static void store(T* p, typename Isa::F x) { Isa::store(p, x); }
};

template <class Isa, class Kv>
inline void kv_write_as(const KvWriteArgs& a) {
  using T = typename Kv::T;
  const KvLayout& l = a.layout;
  alignas(64) T row[Isa::kWidth];
  alignas(64) float values[Isa::kWidth];
  const auto convert = [&](const float* p, std::size_t n) {
    std::memset(values, 0, sizeof(values));
    std::memcpy(values, p, n * sizeof(float));
    Kv::store(row, Isa::load(values));
  };
  for (std::uint32_t h = 0; h < l.n_kv_heads; ++h) {
    T* k = reinterpret_cast<T*>(a.block + h * l.head_bytes());
    T* v = reinterpret_cast<T*>(a.block + h * l.head_bytes() + l.k_bytes()) +
           std::size_t{a.entry} * l.head_dim_v;
    for (std::uint32_t d = 0; d < l.head_dim_k; d += Isa::kWidth) {
      const std::size_t n = l.head_dim_k - d < Isa::kWidth ? l.head_dim_k - d : Isa::kWidth;
      convert(a.k + std::size_t{h} * l.head_dim_k + d, n);
      for (std::size_t i = 0; i < n; ++i) k[(d + i) * kTile + a.entry] = row[i];
    }
    for (std::uint32_t d = 0; d < l.head_dim_v; d += Isa::kWidth) {
      const std::size_t n = l.head_dim_v - d < Isa::kWidth ? l.head_dim_v - d : Isa::kWidth;
      convert(a.v + std::size_t{h} * l.head_dim_v + d, n);
      std::memcpy(v + d, row, n * sizeof(T));
    }
  }
}

template <class Isa>
void kv_write(const KvWriteArgs& args) {
  if (args.layout.element_bytes == 2) {
    kv_write_as<Isa, KvHalf<Isa>>(args);
  } else {
    kv_write_as<Isa, KvFloat<Isa>>(args);
  }
}

// G query heads of one row over the tiles of one segment. o [G, head_dim_v], m and l [G].
template <class Isa, class Kv, int G>
class SegmentFold {
  using F = typename Isa::F;
  using T = typename Kv::T;
  static constexpr int kVectors = kTile / Isa::kWidth;

 public:
  SegmentFold(const AttentionArgs& args, int head, float* o, float* m, float* l)
      : a_(args), q_(args.q + std::size_t(head) * args.layout.head_dim_k), o_(o), m_(m), l_(l) {}

  void run(std::uint32_t begin, std::uint32_t end) {
    const std::uint32_t dv = a_.layout.head_dim_v;
    std::memset(o_, 0, sizeof(float) * dv * G);
    for (int g = 0; g < G; ++g) {
      m_[g] = -std::numeric_limits<float>::infinity();
      l_[g] = 0;
    }
    for (std::uint32_t tile = begin / kTile; tile * kTile < end; ++tile) {
      const std::uint32_t low = begin > tile * kTile ? begin - tile * kTile : 0;
      const std::uint32_t high = end - tile * kTile < kTile ? end - tile * kTile : kTile;
      fold(tile, low, high);
    }
  }

 private:
  // Entries [low, high) of one tile.
  void fold(std::uint32_t tile, std::uint32_t low, std::uint32_t high) {
    const std::uint8_t* head = a_.blocks_base + a_.blocks[tile] * a_.layout.block_bytes() +
                               a_.kv_head * a_.layout.head_bytes();
    scores(reinterpret_cast<const T*>(head));
    alignas(64) float alpha[G];
    for (int g = 0; g < G; ++g) {
      mask(p_[g], low, high);
      F largest = Isa::load(p_[g]);
      for (int i = 1; i < kVectors; ++i)
        largest = Isa::max(largest, Isa::load(p_[g] + i * Isa::kWidth));
      const float tile_max = Isa::reduce_max(largest);
      const float m = tile_max > m_[g] ? tile_max : m_[g];
      alignas(64) float lanes[Isa::kWidth];
      Isa::store(lanes, exp<Isa>(Isa::set1(m_[g] - m)));
      alpha[g] = lanes[0];
      m_[g] = m;
      F total = Isa::zero();
      for (int i = 0; i < kVectors; ++i) {
        const F p = exp<Isa>(Isa::sub(Isa::load(p_[g] + i * Isa::kWidth), Isa::set1(m)));
        Isa::store(p_[g] + i * Isa::kWidth, p);
        total = Isa::add(total, p);
      }
      l_[g] = std::fma(l_[g], alpha[g], Isa::reduce_add(total));
    }
    mix(reinterpret_cast<const T*>(head + a_.layout.k_bytes()), low, high, alpha);
  }

  void scores(const T* k) {
    F s[G][kVectors];
    for (int g = 0; g < G; ++g) {
      for (int i = 0; i < kVectors; ++i) s[g][i] = Isa::zero();
    }
    const std::uint32_t dk = a_.layout.head_dim_k;
    for (std::uint32_t d = 0; d < dk; ++d) {
      F column[kVectors];
#pragma GCC unroll 4
      for (int i = 0; i < kVectors; ++i) column[i] = Kv::load(k + d * kTile + i * Isa::kWidth);
#pragma GCC unroll 8
      for (int g = 0; g < G; ++g) {
        const F q = Isa::set1(q_[std::size_t(g) * dk + d]);
#pragma GCC unroll 4
        for (int i = 0; i < kVectors; ++i) s[g][i] = Isa::fma(q, column[i], s[g][i]);
      }
    }
    const F factor = Isa::set1(a_.scale);
    for (int g = 0; g < G; ++g) {
      for (int i = 0; i < kVectors; ++i) {
        F v = Isa::mul(s[g][i], factor);
        if (a_.soft_cap != 0) {
          const F cap = Isa::set1(a_.soft_cap);
          v = Isa::mul(cap, tanh<Isa>(Isa::div(v, cap)));
        }
        Isa::store(p_[g] + i * Isa::kWidth, v);
      }
    }
  }

  // What lies outside [low, high) takes no part; its memory may hold anything.
  static void mask(float* s, std::uint32_t low, std::uint32_t high) {
    const float nothing = -std::numeric_limits<float>::infinity();
    for (std::uint32_t j = 0; j < low; ++j) s[j] = nothing;
    for (std::uint32_t j = high; j < kTile; ++j) s[j] = nothing;
  }

  void mix(const T* v, std::uint32_t low, std::uint32_t high, const float* alpha) {
    const std::uint32_t dv = a_.layout.head_dim_v;
    std::uint32_t d = 0;
    for (; d + 2 * Isa::kWidth <= dv; d += 2 * Isa::kWidth) mix_columns<2>(v, d, low, high, alpha);
    for (; d + Isa::kWidth <= dv; d += Isa::kWidth) mix_columns<1>(v, d, low, high, alpha);
    for (; d < dv; ++d) mix_column(v, d, low, high, alpha);
  }

  template <int N>
  void mix_columns(const T* v, std::uint32_t d, std::uint32_t low, std::uint32_t high,
                   const float* alpha) {
    const std::uint32_t dv = a_.layout.head_dim_v;
    F o[G][N];
#pragma GCC unroll 8
    for (int g = 0; g < G; ++g) {
#pragma GCC unroll 2
      for (int i = 0; i < N; ++i)
        o[g][i] = Isa::mul(Isa::load(o_ + std::size_t(g) * dv + d + i * Isa::kWidth),
                           Isa::set1(alpha[g]));
    }
    for (std::uint32_t j = low; j < high; ++j) {
      F row[N];
#pragma GCC unroll 2
      for (int i = 0; i < N; ++i) row[i] = Kv::load(v + std::size_t{j} * dv + d + i * Isa::kWidth);
#pragma GCC unroll 8
      for (int g = 0; g < G; ++g) {
        const F p = Isa::set1(p_[g][j]);
#pragma GCC unroll 2
        for (int i = 0; i < N; ++i) o[g][i] = Isa::fma(p, row[i], o[g][i]);
      }
    }
#pragma GCC unroll 8
    for (int g = 0; g < G; ++g) {
#pragma GCC unroll 2
      for (int i = 0; i < N; ++i)
        Isa::store(o_ + std::size_t(g) * dv + d + i * Isa::kWidth, o[g][i]);
    }
  }

  // One element, with the lanes' operations.
  void mix_column(const T* v, std::uint32_t d, std::uint32_t low, std::uint32_t high,
                  const float* alpha) {
    const std::uint32_t dv = a_.layout.head_dim_v;
    for (int g = 0; g < G; ++g) {
      float o = o_[std::size_t(g) * dv + d] * alpha[g];
      for (std::uint32_t j = low; j < high; ++j) {
        alignas(64) T padded[Isa::kWidth] = {};
        padded[0] = v[std::size_t{j} * dv + d];
        alignas(64) float lanes[Isa::kWidth];
        Isa::store(lanes, Kv::load(padded));
        o = std::fma(p_[g][j], lanes[0], o);
      }
      o_[std::size_t(g) * dv + d] = o;
    }
  }

  const AttentionArgs& a_;
  const float* q_;
  float* o_;
  float* m_;
  float* l_;
  alignas(64) float p_[G][kTile];
};

template <class Isa>
inline float exp_of(float x) {
  alignas(64) float lanes[Isa::kWidth];
  Isa::store(lanes, exp<Isa>(Isa::set1(x)));
  return lanes[0];
}

// o, m, l of the positions so far, joined with those of the next segment.
template <class Isa>
inline void join(float* o, float* m, float* l, const float* next_o, float next_m, float next_l,
                 std::uint32_t dv) {
  const float both = *m > next_m ? *m : next_m;
  const float a = exp_of<Isa>(*m - both);
  const float b = exp_of<Isa>(next_m - both);
  *m = both;
  *l = std::fma(*l, a, next_l * b);
  for (std::uint32_t d = 0; d < dv; ++d) o[d] = std::fma(o[d], a, next_o[d] * b);
}

template <class Isa, class Kv, int G>
inline void attend_heads(const AttentionArgs& a, int head) {
  const std::uint32_t dv = a.layout.head_dim_v;
  float* o = a.scratch;                     // [G, dv]
  float* next_o = o + std::size_t{G} * dv;  // [G, dv]
  float m[G], l[G], next_m[G], next_l[G];
  bool first = true;
  std::uint32_t begin = a.begin;
  while (begin < a.end) {
    const std::uint32_t border = (begin / kSegment + 1) * kSegment;
    const std::uint32_t end = a.end < border ? a.end : border;
    if (first) {
      SegmentFold<Isa, Kv, G>(a, head, o, m, l).run(begin, end);
    } else {
      SegmentFold<Isa, Kv, G>(a, head, next_o, next_m, next_l).run(begin, end);
      for (int g = 0; g < G; ++g)
        join<Isa>(o + std::size_t(g) * dv, m + g, l + g, next_o + std::size_t(g) * dv, next_m[g],
                  next_l[g], dv);
    }
    first = false;
    begin = end;
  }
  for (int g = 0; g < G; ++g) {
    float factor = 1.0f;
    if (a.sinks != nullptr) {  // joins the denominator with the same rescaling
      const float sink = a.sinks[head + g];
      const float both = sink > m[g] ? sink : m[g];
      factor = exp_of<Isa>(m[g] - both);
      l[g] = std::fma(l[g], factor, exp_of<Isa>(sink - both));
    }
    const float inverse = factor / l[g];
    float* y = a.y + std::size_t(head + g) * dv;
    for (std::uint32_t d = 0; d < dv; ++d) y[d] = o[std::size_t(g) * dv + d] * inverse;
  }
}

template <class Isa, class Kv>
inline void attend(const AttentionArgs& a) {
  const int group = static_cast<int>(a.group);
  int head = 0;
  for (; head + 4 <= group; head += 4) attend_heads<Isa, Kv, 4>(a, head);
  for (; head + 2 <= group; head += 2) attend_heads<Isa, Kv, 2>(a, head);
  for (; head < group; ++head) attend_heads<Isa, Kv, 1>(a, head);
}

template <class Isa>
void attention(const AttentionArgs& a) {
  if (a.layout.element_bytes == 2) {
    attend<Isa, KvHalf<Isa>>(a);
  } else {
    attend<Isa, KvFloat<Isa>>(a);
  }
}

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_KERNELS_ATTENTION_HPP_
