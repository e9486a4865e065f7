// plugins/hip/device/attention.hpp: attention over the paged KV state, on matrix cores.
//
// A wave has a tile of query vectors ("columns"): some heads that share a KV head, of some rows of
// one sequence. It makes S^T = K Q^T for 32 positions at a time, then O^T += V^T P^T. What a column
// gets does not depend on the others.
//
// Order of operations, the same for one row and for many: positions are cut into segments of
// kSegmentBlocks blocks of 32. Within a segment the blocks are folded one after the other (online
// softmax, Milakov and Gimelshein 2018, arXiv 1805.02867); then the segments' results are merged in
// order, in this kernel or, where they were spread over workgroups, by attention_merge. Folding in
// a block or a segment that is masked out altogether changes nothing.
#ifndef FORGE_PLUGINS_HIP_DEVICE_ATTENTION_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_ATTENTION_HPP_

#include "plugins/hip/device/activation.hpp"
#include "plugins/hip/device/attention_merge.hpp"
#include "plugins/hip/device/heads.hpp"
#include "plugins/hip/device/rows.hpp"

namespace forge::hip::device {

constexpr KvTypes kv_types(AttentionKind kind) {
  return kind == AttentionKind::kAny     ? KvTypes::kAny
         : kind == AttentionKind::kRowQ8 ? KvTypes::kQ8
                                         : KvTypes::kF16;
}

template <int kDv, AttentionKind kKind>
struct AttentionTile {
  static constexpr uint32_t kColumns = HalfTile::kColumns;
  static constexpr int kDims = attention_dims(kDv, kKind);  // of V that a wave makes
  static constexpr int kDimTiles = kDims / 16;
  static constexpr int kE = HalfTile::kElements;
  static constexpr int kC = HalfTile::kCColumns;
  static constexpr int kPad = 8;  // halves, so that columns begin in different banks of LDS
};

// What a lane knows of a column of C that it holds.
struct Column {
  uint32_t row, head;  // of the batch; query head
  uint32_t position;
  bool used;
};

// The tile's scores for the 32 positions of a block, before scale, cap and mask.
template <int kDv, AttentionKind kKind>
FORGE_DEVICE void scores_of(const AttentionArgs& a, const uint8_t* k, uint32_t kv_head,
                            const uint16_t* q, float (&s)[2][HalfTile::kElements]) {
  constexpr int kRun = HalfTile::kRun;
  const uint32_t q_stride = a.cache.dk + AttentionTile<kDv, kKind>::kPad;
  const uint16_t* column = q + HalfTile::b_column() * q_stride + 2 * HalfTile::first();
  // Keys of kAhead steps are loaded before the first product: the memory is far away.
  constexpr uint32_t kAhead = 32 / (HalfTile::kARows * kRun);
  const uint32_t n_steps = a.cache.dk / 16;
  for (uint32_t first = 0; first < n_steps; first += kAhead) {
    uint32_t w[kAhead][2][HalfTile::kARows * kRun];
    FORGE_UNROLL_ALL
    for (uint32_t i = 0; i < kAhead; ++i) {
      const uint32_t step = first + i < n_steps ? first + i : n_steps - 1;
      FORGE_UNROLL_ALL
      for (uint32_t half = 0; half < 2; ++half) {
        for (int r = 0; r < HalfTile::kARows; ++r)
          read_k<kv_types(kKind), kRun>(a.cache, k, kv_head, half * 16 + HalfTile::a_row(r), step,
                                        HalfTile::first(), w[i][half] + r * kRun);
      }
    }
    FORGE_UNROLL_ALL
    for (uint32_t i = 0; i < kAhead; ++i) {
      if (first + i >= n_steps) break;
      uint32_t b[kRun];
      load_words<kRun>(b, column + (first + i) * 16);
      HalfTile::multiply(s[0], w[i][0], b);
      HalfTile::multiply(s[1], w[i][1], b);
    }
    schedule_here();
  }
}

// Masks the scores, folds them into `soft`, leaves the probabilities as halves in `p` and says by
// what the sums of values so far have to be multiplied.
template <int kDv, AttentionKind kKind>
FORGE_DEVICE void fold(const AttentionArgs& a, const Column (&columns)[HalfTile::kCColumns],
                       uint32_t first_position, float (&s)[2][HalfTile::kElements],
                       Softmax (&soft)[HalfTile::kCColumns], uint16_t* p,
                       float (&shrink)[HalfTile::kCColumns]) {
  constexpr int kC = HalfTile::kCColumns;
  for (int c = 0; c < kC; ++c) {
    const uint32_t from = first_seen(columns[c].position, a.window);
    float largest = kNothing;
    for (int half = 0; half < 2; ++half) {
      for (int r = 0; r < HalfTile::kCRows; ++r) {
        const uint32_t at = first_position + static_cast<uint32_t>(half) * 16 + HalfTile::c_row(r);
        float v = s[half][r * kC + c] * a.scale;
        if (a.soft_cap != 0) v = a.soft_cap * tanh_of(v / a.soft_cap);
        const bool seen = at <= columns[c].position && at >= from;
        s[half][r * kC + c] = seen ? v : kNothing;
        largest = max_of(largest, s[half][r * kC + c]);
      }
    }
    largest = max_of(soft[c].largest, column_max(largest));
    shrink[c] = exp_of(soft[c].largest - largest);
    float sum = 0;
    for (int half = 0; half < 2; ++half) {
      for (int r = 0; r < HalfTile::kCRows; ++r) {
        const float v = s[half][r * kC + c];
        const float e = v == kNothing ? 0.0f : exp_of(v - largest);
        sum += e;
        p[HalfTile::c_column(c) * (kKvBlock + AttentionTile<kDv, kKind>::kPad) +
          static_cast<uint32_t>(half) * 16 + HalfTile::c_row(r)] = half_of_float(e);
      }
    }
    soft[c].sum = fma_of(soft[c].sum, shrink[c], column_sum(sum));
    soft[c].largest = largest;
  }
}

// The wave's dims of V of a block, where one loads them before the scores are known.
template <int kDv, AttentionKind kKind>
struct EarlyValues {
  uint32_t w[AttentionTile<kDv, kKind>::kDimTiles][2][HalfTile::kARows * HalfTile::kRun];
};

template <int kDv, AttentionKind kKind>
FORGE_DEVICE void load_values(const AttentionArgs& a, const uint8_t* v, uint32_t kv_head,
                              uint32_t first_dim, EarlyValues<kDv, kKind>& to) {
  constexpr int kRun = HalfTile::kRun;
  FORGE_UNROLL_ALL
  for (uint32_t d = 0; d < AttentionTile<kDv, kKind>::kDimTiles; ++d) {
    FORGE_UNROLL_ALL
    for (uint32_t half = 0; half < 2; ++half) {
      for (int r = 0; r < HalfTile::kARows; ++r)
        read_v<kv_types(kKind), kRun>(a.cache, v, kv_head, first_dim + d * 16 + HalfTile::a_row(r),
                                      half, HalfTile::first(), to.w[d][half] + r * kRun);
    }
  }
}

template <int kDv, AttentionKind kKind>
FORGE_DEVICE void add_values(
    const EarlyValues<kDv, kKind>& from, const uint16_t* p,
    const float (&shrink)[HalfTile::kCColumns],
    float (&o)[AttentionTile<kDv, kKind>::kDimTiles][HalfTile::kElements]) {
  constexpr int kRun = HalfTile::kRun;
  const uint16_t* column = p + HalfTile::b_column() * (kKvBlock + AttentionTile<kDv, kKind>::kPad) +
                           2 * HalfTile::first();
  uint32_t b[2][kRun];
  for (int half = 0; half < 2; ++half) load_words<kRun>(b[half], column + half * 16);
  FORGE_UNROLL_ALL
  for (int d = 0; d < AttentionTile<kDv, kKind>::kDimTiles; ++d) {
    for (int e = 0; e < HalfTile::kElements; ++e) o[d][e] *= shrink[e % HalfTile::kCColumns];
    for (int half = 0; half < 2; ++half) HalfTile::multiply(o[d], from.w[d][half], b[half]);
  }
}

// o = o * shrink + V^T P^T for the wave's dims of the block.
template <int kDv, AttentionKind kKind>
FORGE_DEVICE void add_values(
    const AttentionArgs& a, const uint8_t* v, uint32_t kv_head, uint32_t first_dim,
    const uint16_t* p, const float (&shrink)[HalfTile::kCColumns],
    float (&o)[AttentionTile<kDv, kKind>::kDimTiles][HalfTile::kElements]) {
  constexpr int kRun = HalfTile::kRun;
  const uint16_t* column = p + HalfTile::b_column() * (kKvBlock + AttentionTile<kDv, kKind>::kPad) +
                           2 * HalfTile::first();
  uint32_t b[2][kRun];
  for (int half = 0; half < 2; ++half) load_words<kRun>(b[half], column + half * 16);
  FORGE_UNROLL_ALL
  for (int d = 0; d < AttentionTile<kDv, kKind>::kDimTiles; ++d) {
    for (int e = 0; e < HalfTile::kElements; ++e) o[d][e] *= shrink[e % HalfTile::kCColumns];
    for (uint32_t half = 0; half < 2; ++half) {
      uint32_t w[HalfTile::kARows * kRun];
      for (int r = 0; r < HalfTile::kARows; ++r)
        read_v<kv_types(kKind), kRun>(
            a.cache, v, kv_head, first_dim + static_cast<uint32_t>(d) * 16 + HalfTile::a_row(r),
            half, HalfTile::first(), w + r * kRun);
      HalfTile::multiply(o[d], w, b[half]);
    }
    if (kKind == AttentionKind::kAny || d % 2 == 1) schedule_here();
  }
}

// The tile's query vectors as halves; unused columns are zero.
template <int kDv, AttentionKind kKind>
FORGE_DEVICE void stage_queries(const AttentionArgs& a, const AttentionItem& item,
                                uint32_t first_head, uint32_t n_heads, uint16_t* q) {
  const uint32_t n_threads = kWave * (kDv / AttentionTile<kDv, kKind>::kDims);
  for (uint32_t i = thread(); i < AttentionTile<kDv, kKind>::kColumns * a.cache.dk;
       i += n_threads) {
    const uint32_t column = i / a.cache.dk;
    const uint32_t row = column / a.heads_per_tile;
    const uint32_t head = column % a.heads_per_tile;
    float v = 0;
    if (row < item.n && head < n_heads)
      v = a.q.base[uint64_t{item.first + row} * a.q.stride + (first_head + head) * a.cache.dk +
                   i % a.cache.dk];
    q[column * (a.cache.dk + AttentionTile<kDv, kKind>::kPad) + i % a.cache.dk] = kv_half(v);
  }
  barrier();
}

// The same of one row whose Q has not been through "heads", a wave a head; and the row's K and V
// are written into the state where this workgroup has the last segment. `other` has 256 floats a
// wave.
template <int kDv, AttentionKind kKind>
FORGE_DEVICE void prepare_row(const AttentionArgs& a, const AttentionItem& item, uint32_t kv_head,
                              uint32_t first_head, uint32_t n_heads, bool writes, uint16_t* q,
                              float* other) {
  constexpr uint32_t kColumns = AttentionTile<kDv, kKind>::kColumns;
  constexpr uint32_t kWaves = kDv / AttentionTile<kDv, kKind>::kDims;
  constexpr uint32_t kEach = (kColumns + kWaves - 1) / kWaves;
  constexpr uint32_t kAhead =
      kEach < 4 ? kEach : 4;  // heads that are loaded before the first is used
  const uint32_t dk = a.cache.dk;
  other += wave() * 256;
  const bool stores = writes && wave() == 0;
  Head key = {}, value = {};
  if (stores) {
    key = load_key(a.heads, item.first, kv_head);
    value = load_value(a.heads, item.first, kv_head);
  }
  const Angles angles = load_angles(a.heads, item.first);
  for (uint32_t first = wave(); first < kColumns; first += kWaves * kAhead) {
    Head x[kAhead] = {};
    FORGE_UNROLL_ALL
    for (uint32_t i = 0; i < kAhead; ++i) {
      if (first + i * kWaves < n_heads)
        x[i] = load_query(a.heads, item.first, first_head + first + i * kWaves);
    }
    FORGE_UNROLL_ALL
    for (uint32_t i = 0; i < kAhead; ++i) {
      const uint32_t column = first + i * kWaves;
      if (column >= kColumns) break;
      if (column < n_heads) prepare_query(a.heads, angles, x[i], other);
      FORGE_UNROLL_ALL
      for (uint32_t e = 0; e < kMaxHeadElements; ++e) {
        const uint32_t at = lane() + e * kWave;
        if (at < dk) q[column * (dk + AttentionTile<kDv, kKind>::kPad) + at] = kv_half(x[i].v[e]);
      }
    }
  }
  if (stores) {
    store_key(a.heads, angles, item.first, kv_head, key, other);
    write_v(a.cache, a.rows[item.first], a.tables, kv_head, value.v);
  }
  barrier();
}

// Keys and values (f16) of the workgroup's first segment, asked for before the queries are ready.
FORGE_DEVICE void prefetch_segment(const AttentionArgs& a, uint32_t table, uint32_t kv_head,
                                   uint32_t segment, uint32_t last_block, uint32_t n_threads) {
  const uint32_t begin = segment * kSegmentBlocks;
  const uint32_t k_bytes = kKvBlock * a.cache.dk * 2, v_bytes = kKvBlock * a.cache.dv * 2;
  for (uint32_t b = begin; b < begin + kSegmentBlocks && b <= last_block; ++b) {
    const uint64_t block = a.tables[table + b];
    const uint8_t* k = a.cache.k + block * a.cache.k_block_bytes + uint64_t{kv_head} * k_bytes;
    const uint8_t* v = a.cache.v + block * a.cache.v_block_bytes + uint64_t{kv_head} * v_bytes;
    for (uint32_t at = thread() * kLine; at < k_bytes; at += n_threads * kLine) prefetch(k + at);
    for (uint32_t at = thread() * kLine; at < v_bytes; at += n_threads * kLine) prefetch(v + at);
  }
}

// A wave's 32 elements of V of each head of a row as a block of quants. `y`: its columns, `stride`
// floats apart, in LDS.
template <int kDv>
FORGE_DEVICE void quantize_heads(const Quantized& to, uint32_t row, uint32_t first_head,
                                 uint32_t n_heads, uint32_t first_dim, const float* y,
                                 uint32_t stride) {
  constexpr uint32_t kRuns = kBlock / kRunLength;
  for (uint32_t i = lane(); i < HalfTile::kColumns * kRuns; i += kWave) {
    const uint32_t column = i / kRuns;
    float v[kRunLength];
    for (uint32_t e = 0; e < kRunLength; ++e)
      v[e] = y[column * stride + i % kRuns * kRunLength + e];
    const uint32_t at = (first_head + column) * kDv + first_dim + i % kRuns * kRunLength;
    quantize_run(v, to.q + uint64_t{row} * to.k, to.meta + uint64_t{row} * (to.k / kBlock), at,
                 column < n_heads ? to.k : 0);
  }
}

template <int kDv, AttentionKind kKind>
FORGE_DEVICE void attention(const AttentionArgs& a) {
  using Tile = AttentionTile<kDv, kKind>;
  constexpr int kC = Tile::kC;
  constexpr bool kEarly = is_row(kKind);  // its few values are loaded with the keys
  constexpr bool kQuantizes = is_row(kKind) && Tile::kDims == kBlock;
  constexpr uint32_t kWaves = kDv / Tile::kDims;
  FORGE_LDS(Words4, q_words, Tile::kColumns * (256 + Tile::kPad) / 8);
  constexpr uint32_t kSums = Tile::kDimTiles * Tile::kE * kWave;
  FORGE_LDS(float, sums, kWaves*(kSums < 256 ? 256 : kSums));
  FORGE_LDS(Words4, p_words, kWaves * Tile::kColumns * (kKvBlock + Tile::kPad) / 8);
  uint16_t* q = reinterpret_cast<uint16_t*>(q_words);
  uint16_t* p =
      reinterpret_cast<uint16_t*>(p_words) + wave() * (Tile::kColumns * (kKvBlock + Tile::kPad));
  const AttentionItem item = a.items[block_x()];
  const Quantized to = a.to;
  const uint32_t kv_head = block_y() / a.n_chunks;
  const uint32_t group = a.n_heads / a.cache.n_kv_heads;
  const uint32_t skipped = block_y() % a.n_chunks * a.heads_per_tile;
  const uint32_t first_head = kv_head * group + skipped;
  const uint32_t n_heads = a.heads_per_tile < group - skipped ? a.heads_per_tile : group - skipped;
  const uint32_t first_dim = wave() * Tile::kDims;
  Column columns[kC];
  for (int c = 0; c < kC; ++c) {
    const uint32_t row = HalfTile::c_column(c) / a.heads_per_tile;
    const uint32_t head = HalfTile::c_column(c) % a.heads_per_tile;
    columns[c].used = row < item.n && head < n_heads;
    columns[c].row = item.first + (columns[c].used ? row : 0);
    columns[c].head = first_head + head;
    columns[c].position = a.rows[columns[c].row].position;
  }
  const RowInfo front = a.rows[item.first];
  const uint32_t last = a.rows[item.first + item.n - 1].position;
  const uint32_t last_block = last / kKvBlock;
  const uint32_t first_segment = first_seen(front.position, a.window) / (kKvBlock * kSegmentBlocks);
  if constexpr (kKind == AttentionKind::kRow && kHasPrefetch)
    prefetch_segment(a, front.table, kv_head, first_segment + block_z(), last_block,
                     kWaves * kWave);
  if (is_row(kKind) || (kKind == AttentionKind::kAny && a.fused != 0)) {
    const uint32_t last_segment = last_block / kSegmentBlocks;
    const bool writes = skipped == 0 && (last_segment - first_segment) % a.n_splits == block_z();
    prepare_row<kDv, kKind>(a, item, kv_head, first_head, n_heads, writes, q, sums);
  } else {
    stage_queries<kDv, kKind>(a, item, first_head, n_heads, q);
  }

  Softmax total[kC];
  float* sum =
      sums +
      thread();  // element i at i * n_threads: a lane's own, in LDS because it is rarely wanted
  constexpr uint32_t kSum = kWaves * kWave;
  for (int i = 0; i < Tile::kDimTiles * Tile::kE; ++i) sum[i * kSum] = 0;
  for (uint32_t segment = first_segment + block_z(); segment * kSegmentBlocks <= last_block;
       segment += a.n_splits) {
    Softmax soft[kC];
    float o[Tile::kDimTiles][Tile::kE] = {};
    for (uint32_t b = segment * kSegmentBlocks;
         b < (segment + 1) * kSegmentBlocks && b <= last_block; ++b) {
      const uint64_t block = a.tables[front.table + b];
      const uint8_t* v = a.cache.v + block * a.cache.v_block_bytes;
      EarlyValues<kEarly ? kDv : 32, kEarly ? kKind : AttentionKind::kRow> values;
      if constexpr (kEarly) load_values(a, v, kv_head, first_dim, values);
      float s[2][Tile::kE] = {};
      scores_of<kDv, kKind>(a, a.cache.k + block * a.cache.k_block_bytes, kv_head, q, s);
      float shrink[kC];
      wave_barrier();  // the probabilities of the block before have been read
      fold<kDv, kKind>(a, columns, b * kKvBlock, s, soft, p, shrink);
      wave_barrier();
      if constexpr (kEarly)
        add_values(values, p, shrink, o);
      else
        add_values<kDv, kKind>(a, v, kv_head, first_dim, p, shrink, o);
    }
    if (a.n_splits == 1) {
      for (int c = 0; c < kC; ++c) {
        const Blend blended = merge(total[c], soft[c]);
        for (int d = 0; d < Tile::kDimTiles; ++d) {
          for (int r = 0; r < HalfTile::kCRows; ++r) {
            float& to = sum[(d * Tile::kE + r * kC + c) * kSum];
            to = blend(to, blended.old_factor, o[d][r * kC + c], blended.new_factor);
          }
        }
      }
      continue;
    }
    for (int c = 0; c < kC; ++c) {
      if (!columns[c].used) continue;
      float* out =
          a.partial + ((uint64_t{columns[c].row} * a.n_heads + columns[c].head) * a.max_segments +
                       (segment - first_segment)) *
                          (kDv + 2);
      for (int d = 0; d < Tile::kDimTiles; ++d) {
        for (int r = 0; r < HalfTile::kCRows; ++r)
          out[first_dim + static_cast<uint32_t>(d) * 16 + HalfTile::c_row(r)] = o[d][r * kC + c];
      }
      if (HalfTile::c_row(0) == 0 && wave() == 0) {
        out[kDv] = soft[c].largest;
        out[kDv + 1] = soft[c].sum;
      }
    }
  }
  if (a.n_splits != 1) return;
  const auto at = [](int d, int r, int c) { return (d * Tile::kE + r * kC + c) * kSum; };
  for (int c = 0; c < kC; ++c) {
    if (!columns[c].used) continue;
    const float factor = final_factor(total[c], a.sinks, columns[c].head);
    float* y = a.y.base + uint64_t{columns[c].row} * a.y.stride + columns[c].head * kDv + first_dim;
    for (int d = 0; d < Tile::kDimTiles; ++d) {
      for (int r = 0; r < HalfTile::kCRows; ++r) {
        const float v = sum[at(d, r, c)] * factor;
        if (a.y.base != nullptr) y[static_cast<uint32_t>(d) * 16 + HalfTile::c_row(r)] = v;
        if constexpr (kQuantizes) sum[at(d, r, c)] = v;
      }
    }
  }
  if constexpr (kQuantizes) {
    if (to.q == nullptr) return;
    float y[kC][Tile::kDimTiles][HalfTile::kCRows];
    for (int c = 0; c < kC; ++c) {
      for (int d = 0; d < Tile::kDimTiles; ++d) {
        for (int r = 0; r < HalfTile::kCRows; ++r) y[c][d][r] = sum[at(d, r, c)];
      }
    }
    wave_barrier();  // the wave's part of `sums` becomes columns of its dims
    float* mine = sums + wave() * kWave;
    for (int c = 0; c < kC; ++c) {
      for (int d = 0; d < Tile::kDimTiles; ++d) {
        for (int r = 0; r < HalfTile::kCRows; ++r)
          mine[HalfTile::c_column(c) * kSum + static_cast<uint32_t>(d) * 16 + HalfTile::c_row(r)] =
              y[c][d][r];
      }
    }
    wave_barrier();
    quantize_heads<kDv>(to, item.first, first_head, n_heads, first_dim, mine, kSum);
  }
}

// What is known of every launch of "attention_row_DV" and "attention_row_q8_DV", as constants: else
// most of its instructions would be for other cases, and the kernel is over before they have come.
template <int kDv, KvType kType>
FORGE_DEVICE AttentionArgs row_args(AttentionArgs a) {
  a.cache.dk = a.cache.dv = a.heads.cache.dk = a.heads.cache.dv = kDv;
  a.cache.k_type = a.cache.v_type = kType;
  a.heads.cache.k_type = a.heads.cache.v_type = kType;
  a.heads.dk = a.heads.dv = kDv;
  a.soft_cap = 0;
  a.n_chunks = 1;
  a.fused = 1;
  return a;
}

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_ATTENTION_HPP_
