// plugins/hip/device/draw.hpp: FORGE_OP_DRAW. A token of a row, from whole numbers: what is added
// first makes no difference.
//
// Mostly the list of the best tokens holds all that may be drawn, and decides by itself. Where it
// may go on behind the list (a flat row, or no limit but the temperature) the row decides. How far
// from the best the nucleus goes is searched for: between two of first_cut(), by sums that all of
// the GPU makes; then each pass over the row leaves an eighth of what is left. Then the token: each
// pass leaves a wave's part of what is left.
//
// "draw_sums" has a workgroup for each kDrawPart elements, "draw" one for a row. LDS: 1 KB, 4 KB.
#ifndef FORGE_PLUGINS_HIP_DEVICE_DRAW_HPP_
#define FORGE_PLUGINS_HIP_DEVICE_DRAW_HPP_

#include "forge/abi/graph.h"
#include "forge/sdk/softmax_weight.hpp"
#include "plugins/hip/device/args.hpp"
#include "plugins/hip/device/target.hpp"

namespace forge::hip::device {

inline constexpr uint32_t kDrawWaves = kDrawThreads / kWave;
inline constexpr uint32_t kDrawCuts = 7;  // of what is left to search
static_assert(kDrawWaves == kWave, "a wave has a lane for each wave's sum");

template <int kMask>
FORGE_DEVICE uint64_t add_shuffled(uint64_t v) {
  const uint32_t high = shuffle_xor<kMask>(static_cast<uint32_t>(v >> 32));
  return v + (uint64_t{high} << 32 | shuffle_xor<kMask>(static_cast<uint32_t>(v)));
}

// Every lane gets the sum of all.
FORGE_DEVICE uint64_t wave_total(uint64_t v) {
  v = add_shuffled<16>(v);
  v = add_shuffled<8>(v);
  v = add_shuffled<4>(v);
  v = add_shuffled<2>(v);
  return add_shuffled<1>(v);
}

struct DrawRow {
  const float* x;
  uint32_t n;
  const int32_t* ids;
  const float* values;  // by falling order
  forge_draw_settings_v1 settings;
  float best;
  float bound;  // nothing below it

  FORGE_METHOD uint32_t distance(float v) const { return sdk::softmax_distance(best, v); }
  FORGE_METHOD uint64_t heated(float v) const {
    return sdk::softmax_weight(best, v, settings.inverse_temperature);
  }
  // If it may be drawn from a nucleus that goes so far. That of NaN is 0.
  FORGE_METHOD uint64_t heated_within(float v, uint32_t furthest) const {
    return distance(v) <= furthest && !(v < bound) ? heated(v) : 0;
  }
};

FORGE_DEVICE DrawRow draw_row(const DrawArgs& a, uint32_t row) {
  DrawRow r;
  r.x = a.x.base + uint64_t{row} * a.x.stride;
  r.n = a.x.width;
  r.ids = reinterpret_cast<const int32_t*>(a.ids.base + uint64_t{row} * a.ids.stride);
  r.values = a.values.base + uint64_t{row} * a.values.stride;
  const float* words = a.settings.base + uint64_t{row} * a.settings.stride;
  r.settings = {bits_of_float(words[0]), bits_of_float(words[1]), words[2], words[3],
                bits_of_float(words[4])};
  r.best = r.values[0];
  r.bound = r.best + r.settings.log_min_p;
  return r;
}

// Calls f on elements from `begin` to `end`, each on one lane of the wave, several loads at once.
template <class T, class F>
FORGE_DEVICE void visit(const T* x, uint32_t begin, uint32_t end, const F& f) {
  constexpr uint32_t kEach = 8;
  for (uint32_t first = begin; first < end; first += kEach * kWave) {
    T v[kEach];
    FORGE_UNROLL_ALL
    for (uint32_t j = 0; j < kEach; ++j) {
      const uint32_t i = first + j * kWave + lane();
      v[j] = x[i < end ? i : end - 1];
    }
    FORGE_UNROLL_ALL
    for (uint32_t j = 0; j < kEach; ++j) {
      if (first + j * kWave + lane() < end) f(v[j]);
    }
  }
}

// With a top-p a part's sums are the weight before each of these and, last, all of it. Without, the
// first is the weight of what may be drawn.
FORGE_DEVICE uint32_t first_cut(uint32_t c) {
  constexpr uint32_t kQuarters[kDrawSums - 1] = {1,  2,  4,  6,  8,  12, 16, 20,
                                                 24, 28, 32, 40, 48, 56, 72};
  return kQuarters[c] << 24;
}

FORGE_DEVICE void draw_sums(const DrawArgs& a) {
  constexpr uint32_t kWaves = kThreads / kWave, kEach = kDrawPart / kWaves;
  FORGE_LDS(uint64_t, buffer, kWaves* kDrawSums);
  const DrawRow r = draw_row(a, block_y());
  if (r.settings.top_k != 0) return;
  const uint32_t begin = block_x() * kDrawPart + wave() * kEach;
  const uint32_t end = begin + kEach < r.n ? begin + kEach : r.n;
  uint64_t sums[kDrawSums] = {};
  if (r.settings.top_p == 0) {
    visit(r.x, begin, end, [&](float v) { sums[0] += r.heated_within(v, sdk::kSoftmaxFar); });
  } else {
    visit(r.x, begin, end, [&](float v) {
      const uint32_t distance = r.distance(v);
      const uint64_t weight = sdk::weight_at(distance);
      FORGE_UNROLL_ALL
      for (uint32_t c = 0; c < kDrawSums - 1; ++c) sums[c] += distance < first_cut(c) ? weight : 0;
      sums[kDrawSums - 1] += weight;
    });
  }
  FORGE_UNROLL_ALL
  for (uint32_t c = 0; c < kDrawSums; ++c) sums[c] = wave_total(sums[c]);
  if (lane() == 0) {
    FORGE_UNROLL_ALL
    for (uint32_t c = 0; c < kDrawSums; ++c) buffer[wave() * kDrawSums + c] = sums[c];
  }
  barrier();
  if (thread() >= kDrawSums) return;
  uint64_t sum = 0;
  FORGE_UNROLL_ALL
  for (uint32_t w = 0; w < kWaves; ++w) sum += buffer[w * kDrawSums + thread()];
  a.sums[(uint64_t{block_y()} * kDrawSums + thread()) * a.n_parts + block_x()] = sum;
}

// Of a row's parts; every lane of the wave gets it.
FORGE_DEVICE uint64_t sum_of_parts(const DrawArgs& a, uint32_t row, uint32_t number) {
  const uint64_t* sums = a.sums + (uint64_t{row} * kDrawSums + number) * a.n_parts;
  uint64_t total = 0;
  for (uint32_t i = lane(); i < a.n_parts; i += kWave) total += sums[i];
  return wave_total(total);
}

// What the threads of "draw" share.
struct DrawShared {
  uint64_t* weights;    // [kTopKMost], of the list
  uint32_t* distances;  // [kTopKMost]
  int32_t* ids;         // [kTopKMost]
  uint64_t* sums;       // [kDrawWaves * kDrawCuts]
};

struct DrawList {
  bool open;        // the nucleus may go on behind it
  uint64_t wanted;  // weight before which the nucleus ends, with a top-p
};

// Draws from the list, or says that it does not decide. All threads return the same.
FORGE_DEVICE DrawList draw_of_list(const DrawArgs& a, const DrawRow& r, uint32_t row,
                                   const DrawShared& lds) {
  const forge_draw_settings_v1& s = r.settings;
  const uint32_t most = a.ids.width;
  const uint32_t n = s.top_k != 0 && s.top_k < most ? s.top_k : most;
  const uint32_t t = thread();
  const bool listed = t < n;
  const float value = r.values[listed ? t : 0];
  const int32_t id = r.ids[listed ? t : 0];
  const uint32_t distance = r.distance(value);
  bool kept = listed && value == value && !(value < r.bound);
  if (t < kTopKMost) {
    lds.weights[t] = listed ? sdk::weight_at(distance) : 0;
    lds.distances[t] = distance;
    lds.ids[t] = id;
  }
  barrier();
  DrawList list = {};
  if (s.top_p != 0) {
    uint64_t total = 0;
    if (s.top_k != 0) {
      for (uint32_t i = lane(); i < kTopKMost; i += kWave) total += lds.weights[i];
      total = wave_total(total);
    } else {
      total = sum_of_parts(a, row, kDrawSums - 1);
    }
    list.wanted = sdk::share_of(total, s.top_p);
    uint64_t before = 0;
    for (uint32_t i = 0; listed && i < n; ++i)
      before += lds.distances[i] < distance ? lds.weights[i] : 0;
    kept = kept && before < list.wanted;
  }
  barrier();
  if (t < kTopKMost) lds.weights[t] = kept ? r.heated(value) : 0;
  if (t == n - 1) lds.sums[0] = kept ? 1 : 0;
  barrier();
  list.open = s.top_k == 0 && n < r.n && lds.sums[0] != 0;
  if (list.open || !listed) return list;
  uint64_t total = 0, before = 0;
  for (uint32_t i = 0; i < n; ++i) {
    total += lds.weights[i];
    before += lds.ids[i] < id ? lds.weights[i] : 0;
  }
  const uint64_t point = sdk::share_of(total, s.random);
  auto* token = reinterpret_cast<int32_t*>(a.token.base + uint64_t{row} * a.token.stride);
  if (total == 0 && t == 0) *token = -1;
  if (kept && before <= point && point - before < lds.weights[t]) *token = id;
  return list;
}

// What is left to search: in the nucleus, with this weight before it; and beyond it.
struct DrawBounds {
  uint32_t near, far;
  uint64_t before;

  FORGE_METHOD void cut(uint32_t distance, uint64_t before_it, uint64_t wanted) {
    const bool in = before_it < wanted;
    before = in && distance > near ? before_it : before;
    near = in && distance > near ? distance : near;
    far = !in && distance < far ? distance : far;
  }
};

// The furthest distance of an element that has less than `wanted` before it.
FORGE_DEVICE uint32_t furthest_of_nucleus(const DrawArgs& a, const DrawRow& r, uint32_t row,
                                          uint64_t wanted, const DrawShared& lds) {
  if (wave() < kDrawSums - 1) {
    const uint64_t sum = sum_of_parts(a, row, wave());
    if (lane() == 0) lds.sums[wave()] = sum;
  }
  barrier();
  DrawBounds bounds = {0, sdk::kSoftmaxFar, 0};
  FORGE_UNROLL_ALL
  for (uint32_t c = 0; c < kDrawSums - 1; ++c) bounds.cut(first_cut(c), lds.sums[c], wanted);
  barrier();
  const uint32_t each = (r.n + kDrawWaves - 1) / kDrawWaves;
  const uint32_t begin = wave() * each;
  const uint32_t end = begin + each < r.n ? begin + each : r.n;
  while (bounds.far - bounds.near > 1) {
    const uint32_t near = bounds.near, far = bounds.far;
    uint32_t cuts[kDrawCuts];
    uint64_t sums[kDrawCuts] = {};  // from `near` to before each cut
    FORGE_UNROLL_ALL
    for (uint32_t c = 0; c < kDrawCuts; ++c)
      cuts[c] = near + static_cast<uint32_t>(uint64_t{far - near} * (c + 1) / (kDrawCuts + 1));
    visit(r.x, begin, end, [&](float v) {
      const uint32_t distance = r.distance(v);
      if (distance < near || distance >= far) return;
      const uint64_t weight = sdk::weight_at(distance);
      FORGE_UNROLL_ALL
      for (uint32_t c = 0; c < kDrawCuts; ++c) sums[c] += distance < cuts[c] ? weight : 0;
    });
    FORGE_UNROLL_ALL
    for (uint32_t c = 0; c < kDrawCuts; ++c) sums[c] = wave_total(sums[c]);
    if (lane() == 0) {
      FORGE_UNROLL_ALL
      for (uint32_t c = 0; c < kDrawCuts; ++c) lds.sums[wave() * kDrawCuts + c] = sums[c];
    }
    barrier();
    FORGE_UNROLL_ALL
    for (uint32_t c = 0; c < kDrawCuts; ++c) sums[c] = wave_total(lds.sums[lane() * kDrawCuts + c]);
    barrier();
    const uint64_t before = bounds.before;
    FORGE_UNROLL_ALL
    for (uint32_t c = 0; c < kDrawCuts; ++c) bounds.cut(cuts[c], before + sums[c], wanted);
  }
  return bounds.near;
}

struct DrawRange {
  uint32_t begin, end;
};

// Leaves each wave's part of a range in lds.sums; every wave gets them, one a lane.
template <class T, class F>
FORGE_DEVICE uint64_t sums_of_waves(const T* x, DrawRange range, const DrawShared& lds,
                                    const F& weight) {
  const uint32_t each = (range.end - range.begin + kDrawWaves - 1) / kDrawWaves;
  const uint32_t begin = range.begin + wave() * each;
  const uint32_t end = begin + each < range.end ? begin + each : range.end;
  uint64_t sum = 0;
  visit(x, begin, end, [&](T v) { sum += weight(v); });
  sum = wave_total(sum);
  if (lane() == 0) lds.sums[wave()] = sum;
  barrier();
  return lds.sums[lane()];
}

// Goes to the part that the point is in.
FORGE_DEVICE void narrow(DrawRange& range, uint64_t& point, const DrawShared& lds) {
  const uint32_t each = (range.end - range.begin + kDrawWaves - 1) / kDrawWaves;
  uint32_t part = 0;
  for (; part + 1 < kDrawWaves && point >= lds.sums[part]; ++part) point -= lds.sums[part];
  barrier();
  range.begin += part * each;
  range.end = range.begin + each < range.end ? range.begin + each : range.end;
}

FORGE_DEVICE uint32_t draw_of_row(const DrawArgs& a, const DrawRow& r, uint32_t row,
                                  uint64_t wanted, const DrawShared& lds) {
  const auto one = [](uint64_t sum) { return sum; };
  DrawRange range = {0, r.n};
  uint32_t furthest = sdk::kSoftmaxFar;
  uint64_t point = 0;
  if (r.settings.top_p == 0) {
    point = sdk::share_of(sum_of_parts(a, row, 0), r.settings.random);
    const uint64_t* parts = a.sums + uint64_t{row} * kDrawSums * a.n_parts;
    range.end = a.n_parts;
    while (range.end - range.begin > 1) {
      sums_of_waves(parts, range, lds, one);
      narrow(range, point, lds);
    }
    range.begin *= kDrawPart;
    range.end = range.begin + kDrawPart < r.n ? range.begin + kDrawPart : r.n;
  } else {
    furthest = furthest_of_nucleus(a, r, row, wanted, lds);
    const uint64_t sum =
        sums_of_waves(r.x, range, lds, [&](float v) { return r.heated_within(v, furthest); });
    point = sdk::share_of(wave_total(sum), r.settings.random);
    narrow(range, point, lds);
  }
  while (range.end - range.begin > 1) {
    sums_of_waves(r.x, range, lds, [&](float v) { return r.heated_within(v, furthest); });
    narrow(range, point, lds);
  }
  return range.begin;
}

FORGE_DEVICE void draw(const DrawArgs& a) {
  FORGE_LDS(uint64_t, weights, kTopKMost);
  FORGE_LDS(uint32_t, distances, kTopKMost);
  FORGE_LDS(int32_t, ids, kTopKMost);
  FORGE_LDS(uint64_t, sums, kDrawWaves* kDrawCuts);
  const DrawShared lds = {weights, distances, ids, sums};
  const uint32_t row = block_x();
  const DrawRow r = draw_row(a, row);
  const DrawList list = draw_of_list(a, r, row, lds);
  if (!list.open) return;
  barrier();
  const uint32_t token = draw_of_row(a, r, row, list.wanted, lds);
  if (thread() == 0)
    *reinterpret_cast<int32_t*>(a.token.base + uint64_t{row} * a.token.stride) =
        static_cast<int32_t>(token);
}

}  // namespace forge::hip::device

#endif  // FORGE_PLUGINS_HIP_DEVICE_DRAW_HPP_
