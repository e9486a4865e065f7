// plugins/cpu/kernels/attention.hpp: rows of queries against the paged KV state of their sequence.
//
// For each query (a row and one of its heads):
//   tile:     s_j = scale q k_j;  m' = max(m, max_j s_j);  p_j = exp(s_j - m')
//             l = l a + sum_j p_j;  o = o a + sum_j p_j v_j,  a = exp(m - m')
//   segment:  the tiles of a segment in order, from m = -inf, l = o = 0
//   row:      its segments in order, joined with the same rescaling; y = o / l
// Tiles and segments are cut at multiples of 32 and 512 of the absolute position, so that the
// operations of a query do not depend on how the sequence was cut into batches, nor on the rows
// that share its loads: tiles after a row's own position are not touched for it, and in a tile that
// it sees in part the rest counts for nothing, whatever is there.
#ifndef FORGE_PLUGINS_CPU_KERNELS_ATTENTION_HPP_
#define FORGE_PLUGINS_CPU_KERNELS_ATTENTION_HPP_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include "plugins/cpu/kernels/api.hpp"
#include "plugins/cpu/kernels/kv_product.hpp"
#include "plugins/cpu/kernels/math.hpp"

namespace forge::cpu {

// Positions [low, high) of a tile or a segment.
struct Span {
  std::uint32_t low, high;
  bool empty() const { return low >= high; }
};

// What row r sees of the `size` positions from `begin` on, counted from there.
inline Span seen_by(const AttentionArgs& a, std::uint32_t r, std::uint32_t begin,
                    std::uint32_t size) {
  const std::uint32_t first = a.first_of(r);
  const std::uint32_t end = a.position + r + 1;
  const std::uint32_t low = first > begin ? first - begin : 0;
  const std::uint32_t high = end > begin ? end - begin : 0;
  return {low < size ? low : size, high < size ? high : size};
}

// The rows of one call over the tiles of its segment; results are left in the scratch.
template <class Isa>
class SegmentFold {
  using F = typename Isa::F;
  static constexpr int kVectors = kTile / Isa::kWidth;

 public:
  explicit SegmentFold(const AttentionArgs& args)
      : a_(args),
        dk_(args.layout.head_dim_k),
        dv_(args.layout.head_dim_v),
        at_(args.group, dk_, dv_) {}

  void run() {
    take_queries();
    const std::uint32_t n = a_.n_queries();
    std::memset(floats(at_.o), 0, sizeof(float) * dv_ * n);
    for (std::uint32_t i = 0; i < n; ++i) {
      floats(at_.m)[i] = -std::numeric_limits<float>::infinity();
      floats(at_.l)[i] = 0;
    }
    const std::uint32_t begin = a_.segment * kSegment;
    const std::uint32_t first = a_.first_of(0) > begin ? a_.first_of(0) : begin;
    const std::uint32_t last = a_.position + a_.n_rows - 1;
    const std::uint32_t end = last < begin + kSegment ? last + 1 : begin + kSegment;
    for (std::uint32_t tile = first / kTile; tile * kTile < end; ++tile)
      fold(tile, (tile + 1) * kTile < end);
  }

 private:
  float* floats(std::size_t at) const { return a_.scratch + at; }
  std::int16_t* words(std::size_t at) const {
    return reinterpret_cast<std::int16_t*>(a_.scratch + at);
  }

  // Queries one after the other, as the product with K wants them.
  void take_queries() {
    const std::size_t row = std::size_t{a_.group} * dk_;
    for (std::uint32_t r = 0; r < a_.n_rows; ++r) {
      const float* q = a_.q + r * a_.q_stride;
      if (a_.layout.k_type != KvType::kQ8) {
        std::memcpy(floats(at_.q) + r * row, q, row * sizeof(float));
        continue;
      }
      for (std::size_t d = 0; d < row; d += kKvGroup)
        floats(at_.q_scale)[(r * row + d) / kKvGroup] =
            a_.scale * encode_words<Isa>(q + d, words(at_.q) + r * row + d);
    }
  }

  const std::uint8_t* head_of(std::uint32_t tile) const {
    return a_.blocks_base + a_.blocks[tile] * a_.layout.block_bytes() +
           a_.kv_head * a_.layout.head_bytes();
  }

  // go_on: the next tile is folded after it.
  void fold(std::uint32_t tile, bool go_on) {
    // Causality and windows leave a run of rows that see something.
    std::uint32_t begin = 0;
    while (begin < a_.n_rows && seen_by(a_, begin, tile * kTile, kTile).empty()) ++begin;
    std::uint32_t end = begin;
    while (end < a_.n_rows && !seen_by(a_, end, tile * kTile, kTile).empty()) ++end;
    if (begin == end) return;
    const std::uint8_t* k = head_of(tile);
    // A head's share of a block is far from that of the block before. After the last there is V
    // alone.
    const std::uint8_t* const v = k + a_.layout.k_bytes();
    const std::uint8_t* const next = go_on ? head_of(tile + 1) : v;
    score(k, begin * a_.group, (end - begin) * a_.group, {v, next});
    soften(tile, begin, end);
    const Ahead ahead = go_on ? Ahead{next, next + a_.layout.k_bytes()} : Ahead{};
    // Rows that see the same are mixed together: all that see the whole tile.
    for (std::uint32_t r = begin; r < end;) {
      const Span span = seen_by(a_, r, tile * kTile, kTile);
      std::uint32_t last = r + 1;
      while (last < end && span.low == seen_by(a_, last, tile * kTile, kTile).low &&
             span.high == seen_by(a_, last, tile * kTile, kTile).high)
        ++last;
      mix(v, span, r * a_.group, (last - r) * a_.group, r == begin ? ahead : Ahead{});
      r = last;
    }
  }

  // p of queries [first, first + n) = their products with K, times the scale.
  void score(const std::uint8_t* k, std::uint32_t first, std::uint32_t n, const Ahead& all) {
    const bool q8 = a_.layout.k_type == KvType::kQ8;
    if (q8) load_scales(k, dk_, floats(at_.k_scale), all);
    for_queries<Isa>(n, [&]<int N>(std::uint32_t i) {
      const Ahead ahead = i == 0 ? all : Ahead{};
      const std::size_t at = first + i;
      const float* q = floats(at_.q) + at * dk_;
      float* s = floats(at_.p) + at * kTile;
      switch (a_.layout.k_type) {
        case KvType::kF16:
          return KvFloat<Isa, true>::template score<N>(k, dk_, q, a_.scale, s, ahead);
        case KvType::kF32:
          return KvFloat<Isa, false>::template score<N>(k, dk_, q, a_.scale, s, ahead);
        case KvType::kQ8:
          return KvQ8<Isa>::template score<N>(k + scale_bytes(dk_), dk_, words(at_.q) + at * dk_,
                                              floats(at_.q_scale) + at * (dk_ / kKvGroup),
                                              floats(at_.k_scale), s, ahead.from(scale_bytes(dk_)));
      }
    });
  }

  // f16 scales [dim / 32, 32] as f32.
  static void load_scales(const std::uint8_t* from, std::uint32_t dim, float* to,
                          const Ahead& ahead) {
    const auto* half = reinterpret_cast<const std::uint16_t*>(from);
    for (std::uint32_t i = 0; i < dim; i += Isa::kWidth) {
      ahead.ask<Isa::kWidth * 2>(std::size_t{i} * 2);
      Isa::store(to + i, Isa::load_half(half + i));
    }
  }

  // Scores of rows [begin, end) to p; m and l; alpha and peak for the product with V.
  void soften(std::uint32_t tile, std::uint32_t begin, std::uint32_t end) {
    const std::uint32_t first = begin * a_.group;
    const std::uint32_t last = end * a_.group;
    float* m = floats(at_.m);
    float* l = floats(at_.l);
    float* alpha = floats(at_.alpha);
    float* peak = floats(at_.peak);
    for (std::uint32_t r = begin; r < end; ++r) {
      const Span span = seen_by(a_, r, tile * kTile, kTile);
      for (std::uint32_t i = r * a_.group; i < (r + 1) * a_.group; ++i) {
        const float tile_max = largest_of(floats(at_.p) + std::size_t{i} * kTile, span);
        const float both = tile_max > m[i] ? tile_max : m[i];
        alpha[i] = m[i] - both;
        peak[i] = tile_max - both;
        m[i] = both;
      }
    }
    for (std::uint32_t i = first; i < last; i += Isa::kWidth) {  // there is room behind them
      Isa::store(alpha + i, exp_not_above_one<Isa>(Isa::load(alpha + i)));
      Isa::store(peak + i, exp_not_above_one<Isa>(Isa::load(peak + i)));
    }
    for (std::uint32_t i = first; i < last; ++i) {
      float* s = floats(at_.p) + std::size_t{i} * kTile;
      F total = Isa::zero();
      for (int v = 0; v < kVectors; ++v) {
        const F p =
            exp_not_above_one<Isa>(Isa::sub(Isa::load(s + v * Isa::kWidth), Isa::set1(m[i])));
        Isa::store(s + v * Isa::kWidth, p);
        total = Isa::add(total, p);
      }
      l[i] = std::fma(l[i], alpha[i], Isa::reduce_add(total));
    }
  }

  // Of a query's scores, capped; those outside of the span become -inf.
  float largest_of(float* s, Span span) const {
    if (a_.soft_cap != 0) cap(s);
    mask(s, span);
    F largest = Isa::load(s);
    for (int v = 1; v < kVectors; ++v) largest = Isa::max(largest, Isa::load(s + v * Isa::kWidth));
    return Isa::reduce_max(largest);
  }

  void cap(float* s) const {
    const F limit = Isa::set1(a_.soft_cap);
    for (int v = 0; v < kVectors; ++v) {
      float* at = s + v * Isa::kWidth;
      Isa::store(at, Isa::mul(limit, tanh<Isa>(Isa::div(Isa::load(at), limit))));
    }
  }

  // What lies outside of the span takes no part; its memory may hold anything.
  static void mask(float* s, Span span) {
    const float nothing = -std::numeric_limits<float>::infinity();
    for (std::uint32_t j = 0; j < span.low; ++j) s[j] = nothing;
    for (std::uint32_t j = span.high; j < kTile; ++j) s[j] = nothing;
  }

  // o of queries [first, first + n), which see the same of the tile.
  void mix(const std::uint8_t* v, Span span, std::uint32_t first, std::uint32_t n,
           const Ahead& all) {
    if (a_.layout.v_type == KvType::kQ8) take_v_scales(v, span, all);
    for_queries<Isa>(n, [&]<int N>(std::uint32_t i) {
      const Ahead ahead = i == 0 ? all : Ahead{};
      const std::size_t at = first + i;
      const float* p = floats(at_.p) + at * kTile;
      const float* alpha = floats(at_.alpha) + at;
      const float* peak = floats(at_.peak) + at;
      float* o = floats(at_.o) + at * dv_;
      switch (a_.layout.v_type) {
        case KvType::kF16:
          return KvFloat<Isa, true>::template mix<N>(v, dv_, span.low, span.high, p, alpha, o,
                                                     ahead);
        case KvType::kF32:
          return KvFloat<Isa, false>::template mix<N>(v, dv_, span.low, span.high, p, alpha, o,
                                                      ahead);
        case KvType::kQ8:
          return KvQ8<Isa>::template mix<N>(v + scale_bytes(dv_), dv_, floats(at_.v_scale),
                                            floats(at_.v_top), p, peak, alpha, o,
                                            ahead.from(scale_bytes(dv_)));
      }
    });
  }

  // v_top: for each 32 elements the largest scale in the span, NaN if one is none; v_scale: the
  // others as fractions of it, 0 outside of the span.
  void take_v_scales(const std::uint8_t* scales, Span span, const Ahead& ahead) {
    float* v_scale = floats(at_.v_scale);
    load_scales(scales, dv_, v_scale, ahead);
    for (std::uint32_t b = 0; b < dv_ / kKvGroup; ++b) {
      float* s = v_scale + std::size_t{b} * kTile;
      for (std::uint32_t j = 0; j < span.low; ++j) s[j] = 0;
      for (std::uint32_t j = span.high; j < kTile; ++j) s[j] = 0;
      F largest = Isa::zero();
      F finite = Isa::zero();  // stays 0, or becomes NaN
      for (int v = 0; v < kVectors; ++v) {
        const F x = Isa::load(s + v * Isa::kWidth);
        largest = Isa::max(largest, x);
        finite = Isa::fma(x, Isa::zero(), finite);
      }
      const float top = Isa::reduce_max(largest);
      const F inverse = Isa::set1(top > 0 ? 1.0f / top : 0.0f);
      for (int v = 0; v < kVectors; ++v)
        Isa::store(s + v * Isa::kWidth, Isa::mul(Isa::load(s + v * Isa::kWidth), inverse));
      floats(at_.v_top)[b] = top + Isa::reduce_add(finite);
    }
  }

  const AttentionArgs& a_;
  const std::uint32_t dk_, dv_;
  const AttentionScratch at_;
};

template <class Isa>
void attention_segment(const AttentionArgs& args) {
  SegmentFold<Isa>(args).run();
}

template <class Isa>
inline float exp_of(float x) {
  alignas(64) float lanes[Isa::kWidth];
  Isa::store(lanes, exp_not_above_one<Isa>(Isa::set1(x)));
  return lanes[0];
}

// y = y * a + o * b, element by element.
template <class Isa>
inline void join_elements(float* y, float a, const float* o, float b, std::uint32_t n) {
  std::uint32_t d = 0;
  for (; d + Isa::kWidth <= n; d += Isa::kWidth)
    Isa::store(y + d,
               Isa::fma(Isa::load(y + d), Isa::set1(a), Isa::mul(Isa::load(o + d), Isa::set1(b))));
  for (; d < n; ++d) y[d] = std::fma(y[d], a, o[d] * b);
}

// All segments of a query are in o, which may be y: the sink, which joins the denominator with the
// same rescaling, and the division.
template <class Isa>
inline void finish_query(const AttentionArgs& a, std::uint32_t g, const float* o, float* y, float m,
                         float l) {
  float factor = 1.0f;
  if (a.sinks != nullptr) {
    const float both = a.sinks[g] > m ? a.sinks[g] : m;
    factor = exp_of<Isa>(m - both);
    l = std::fma(l, factor, exp_of<Isa>(a.sinks[g] - both));
  }
  const float inverse = factor / l;
  for (std::uint32_t d = 0; d < a.layout.head_dim_v; ++d) y[d] = o[d] * inverse;
}

template <class Isa>
void attention_join(const AttentionArgs& a) {
  const std::uint32_t dv = a.layout.head_dim_v;
  const AttentionScratch at(a.group, a.layout.head_dim_k, dv);
  for (std::uint32_t i = 0; i < a.n_queries(); ++i) {
    const std::uint32_t r = i / a.group;
    const std::uint32_t g = i % a.group;
    if (seen_by(a, r, a.segment * kSegment, kSegment).empty()) continue;
    const float* o = a.scratch + at.o + std::size_t{i} * dv;
    const float next_m = a.scratch[at.m + i];
    const float next_l = a.scratch[at.l + i];
    float* y = a.y + r * a.y_stride + std::size_t{g} * dv;
    float& m = a.largest[r * a.state_stride + g];
    float& l = a.sum[r * a.state_stride + g];
    const bool first = a.first_of(r) / kSegment == a.segment;
    const bool last = (a.position + r) / kSegment == a.segment;
    if (first && last) {
      finish_query<Isa>(a, g, o, y, next_m, next_l);
      continue;
    }
    if (first) {
      std::memcpy(y, o, dv * sizeof(float));
      m = next_m;
      l = next_l;
    } else {
      const float both = m > next_m ? m : next_m;
      const float before = exp_of<Isa>(m - both);
      const float after = exp_of<Isa>(next_m - both);
      m = both;
      l = std::fma(l, before, next_l * after);
      join_elements<Isa>(y, before, o, after, dv);
    }
    if (last) finish_query<Isa>(a, g, y, y, m, l);
  }
}

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_KERNELS_ATTENTION_HPP_
