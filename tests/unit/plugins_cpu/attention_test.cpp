// Attention kernels: what is stored where, the result against sums in double over what is stored,
// and the same bits for a row whatever rows it shares its loads with.
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "forge/sdk/half.hpp"
#include "tests/catch.hpp"
#include "tests/unit/plugins_cpu/isa.hpp"

namespace forge::cpu {
namespace {

constexpr KvType kTypes[] = {KvType::kF16, KvType::kF32, KvType::kQ8};

float half_at(const std::uint8_t* p) {
  std::uint16_t bits;
  std::memcpy(&bits, p, sizeof(bits));
  return half_to_float(bits);
}
float float_at(const std::uint8_t* p) {
  float f;
  std::memcpy(&f, p, sizeof(f));
  return f;
}

// Element (d, entry) of a tile of one head, by the formulas of api.hpp. lanes_are_positions: K.
float stored(const std::uint8_t* tile, KvType type, bool is_k, std::uint32_t dim, std::uint32_t d,
             std::uint32_t entry) {
  const std::size_t at = is_k ? std::size_t{d} * 32 + entry : std::size_t{entry} * dim + d;
  if (type == KvType::kF16) return half_at(tile + 2 * at);
  if (type == KvType::kF32) return float_at(tile + 4 * at);
  constexpr std::size_t kPlace[] = {0, 2, 1, 3};
  const std::size_t quad = is_k ? d / 4 : d / 32 * 8 + entry / 4;
  const std::size_t byte =
      is_k ? (quad * 32 + entry) * 4 + kPlace[d % 4] : (quad * 32 + d % 32) * 4 + kPlace[entry % 4];
  const float scale = half_at(tile + (std::size_t{d / 32} * 32 + entry) * 2);
  tile += std::size_t{dim} / 32 * 64;
  return scale * static_cast<float>(static_cast<std::int8_t>(tile[byte]));
}

struct Shape {
  std::uint32_t group, n_kv_heads, dk, dv;
  std::uint32_t window = 0;
  float soft_cap = 0;
  bool sinks = false;
};

// One sequence of n positions with random q, k and v in [-1, 1], in blocks that hold NaN where
// nothing was written.
class Sequence {
 public:
  Sequence(const Shape& shape, KvType k_type, KvType v_type, std::uint32_t n)
      : shape_(shape), layout_{shape.n_kv_heads, shape.dk, shape.dv, k_type, v_type}, n_(n) {
    std::mt19937 random(n + shape.dk);
    std::uniform_real_distribution<float> uniform(-1, 1);
    const auto fill = [&](std::vector<float>& x, std::size_t size) {
      x.resize(size);
      for (float& f : x) f = uniform(random);
    };
    fill(q_, std::size_t{n} * heads() * shape.dk);
    fill(k_, std::size_t{n} * shape.n_kv_heads * shape.dk);
    fill(v_, std::size_t{n} * shape.n_kv_heads * shape.dv);
    fill(sinks_, heads());
    const std::uint32_t n_blocks = (n + 31) / 32;
    for (std::uint32_t i = 0; i < n_blocks; ++i) blocks_.push_back(n_blocks - 1 - i);
    state_.assign(n_blocks * layout_.block_bytes(), 0xff);
    for (std::uint32_t p = 0; p < n; ++p) write(p);
  }

  std::uint32_t heads() const { return shape_.group * shape_.n_kv_heads; }
  std::vector<float>& q() { return q_; }
  std::vector<float>& v() { return v_; }

  void write(std::uint32_t p) {
    KvWriteArgs args = {};
    args.layout = layout_;
    args.block = state_.data() + blocks_[p / 32] * layout_.block_bytes();
    args.entry = p % 32;
    args.n_rows = 1;
    args.k = k_.data() + std::size_t{p} * shape_.n_kv_heads * shape_.dk;
    args.v = v_.data() + std::size_t{p} * shape_.n_kv_heads * shape_.dv;
    for (args.head = 0; args.head < shape_.n_kv_heads; ++args.head) tested().kv_write(args);
  }

  // Answers [n, heads, dv] of rows that come in blocks of `rows` from position `first` on.
  std::vector<float> run(std::uint32_t rows, std::uint32_t first = 0) const {
    std::vector<float> y(std::size_t{n_} * heads() * shape_.dv, 77);
    std::vector<float> largest(std::size_t{n_} * heads()), sum(largest.size());
    const AttentionScratch scratch(shape_.group, shape_.dk, shape_.dv);
    std::vector<float> memory(scratch.size + 16, std::numeric_limits<float>::quiet_NaN());
    AttentionArgs a = {};
    a.layout = layout_;
    a.blocks_base = state_.data();
    a.blocks = blocks_.data();
    a.group = shape_.group;
    a.window = shape_.window;
    a.scale = scale();
    a.soft_cap = shape_.soft_cap;
    a.q_stride = std::size_t{heads()} * shape_.dk;
    a.y_stride = std::size_t{heads()} * shape_.dv;
    a.state_stride = heads();
    const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
    a.scratch = memory.data() + (64 - address % 64) % 64 / sizeof(float);
    for (std::uint32_t p = first; p < n_; p += rows) {
      a.position = p;
      a.n_rows = std::min(rows, n_ - p);
      for (std::uint32_t h = 0; h < shape_.n_kv_heads; ++h) {
        const std::size_t head = std::size_t{h} * shape_.group;
        a.kv_head = h;
        a.q = q_.data() + p * a.q_stride + head * shape_.dk;
        a.y = y.data() + p * a.y_stride + head * shape_.dv;
        a.largest = largest.data() + p * a.state_stride + head;
        a.sum = sum.data() + p * a.state_stride + head;
        a.sinks = shape_.sinks ? sinks_.data() + head : nullptr;
        for (std::uint32_t s = a.first_of(0) / kSegment; s <= (p + a.n_rows - 1) / kSegment; ++s) {
          a.segment = s;
          tested().attention_segment(a);
          tested().attention_join(a);
        }
      }
    }
    return y;
  }

  // The answer of one row and head in double, over K and V as stored.
  std::vector<double> exact(std::uint32_t p, std::uint32_t head) const {
    const std::uint32_t h = head / shape_.group;
    const std::uint32_t first =
        shape_.window != 0 && p + 1 > shape_.window ? p + 1 - shape_.window : 0;
    const float* q = q_.data() + (std::size_t{p} * heads() + head) * shape_.dk;
    double weights = shape_.sinks ? std::exp(double{sinks_[head]}) : 0;  // no score is above 6
    std::vector<double> y(shape_.dv);
    for (std::uint32_t j = first; j <= p; ++j) {
      const std::uint8_t* tile =
          state_.data() + blocks_[j / 32] * layout_.block_bytes() + h * layout_.head_bytes();
      double s = 0;
      for (std::uint32_t d = 0; d < shape_.dk; ++d)
        s += double{q[d]} * stored(tile, layout_.k_type, true, shape_.dk, d, j % 32);
      s *= scale();
      if (shape_.soft_cap != 0) s = shape_.soft_cap * std::tanh(s / shape_.soft_cap);
      const double weight = std::exp(s);
      weights += weight;
      for (std::uint32_t d = 0; d < shape_.dv; ++d)
        y[d] +=
            weight * stored(tile + layout_.k_bytes(), layout_.v_type, false, shape_.dv, d, j % 32);
    }
    for (double& e : y) e /= weights;
    return y;
  }

  // q and K, V are at most 1. A score: dk fused steps on sums of at most dk / 2 (2^-24 each), and
  // with Q8 a rounding of q by half of 1 / 32767 for each element; exp: 3e-7, tanh 2e-7 of the cap.
  // p is off by as much of itself, y by twice that; with Q8 the weights' rounding adds 32 halves of
  // 1 / 32767 at most. y's sums: 2^-24 for each of up to n positions.
  double bound() const {
    const double dk = shape_.dk;
    double score = scale() * dk * dk / 2 * 0x1p-24 + 3e-7 + 2e-7 * shape_.soft_cap;
    if (layout_.k_type == KvType::kQ8) score += scale() * dk * 0x1p-16;
    double error = 2 * (score + 3e-7) + (n_ + 8) * 0x1p-24;
    if (layout_.v_type == KvType::kQ8) error += 32 * 0x1p-16;
    return error;
  }

 private:
  float scale() const { return 3 / std::sqrt(static_cast<float>(shape_.dk)); }

  const Shape shape_;
  const KvLayout layout_;
  const std::uint32_t n_;
  std::vector<float> q_, k_, v_, sinks_;
  std::vector<std::uint32_t> blocks_;
  std::vector<std::uint8_t> state_;
};

bool same(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

TEST_CASE("attention: KV is written where attention reads it, and nowhere else") {
  NEEDS_PROCESSOR();
  for (const KvType type : kTypes) {
    for (const auto& [heads, dk, dv] : {std::tuple{2u, 5u, 19u}, {3u, 17u, 1u}, {2u, 64u, 96u}}) {
      if (type == KvType::kQ8 && dk % 32 != 0) continue;
      const KvLayout layout = {heads, dk, dv, type, type};
      std::vector<std::uint8_t> block(layout.block_bytes(), 0xee);
      std::mt19937 random(3);
      std::normal_distribution<float> normal;
      std::vector<float> k(heads * dk), v(heads * dv);
      for (float& x : k) x = normal(random);
      for (float& x : v) x = normal(random);
      for (std::uint32_t h = 0; h < heads; ++h)
        tested().kv_write({layout, block.data(), 7, h, 1, k.data(), v.data(), 0, 0});
      const auto check = [&](const float* x, std::uint32_t dim, std::uint32_t d, float got) {
        if (type != KvType::kQ8) {
          CHECK(got == (type == KvType::kF32 ? x[d] : half_to_float(float_to_half(x[d]))));
          return;
        }
        float largest = 0;
        for (std::uint32_t i = d / 32 * 32; i < d / 32 * 32 + 32 && i < dim; ++i)
          largest = std::max(largest, std::abs(x[i]));
        // Half a step of largest / 127, and the scale's rounding to f16 on up to 127 steps.
        CHECK(std::abs(got - x[d]) <= largest / 127 * (0.5001 + 127 * 0x1p-11));
      };
      for (std::uint32_t h = 0; h < heads; ++h) {
        const std::uint8_t* head = block.data() + h * layout.head_bytes();
        for (std::uint32_t d = 0; d < dk; ++d)
          check(k.data() + h * dk, dk, d, stored(head, type, true, dk, d, 7));
        for (std::uint32_t d = 0; d < dv; ++d)
          check(v.data() + h * dv, dv, d, stored(head + layout.k_bytes(), type, false, dv, d, 7));
      }
      std::size_t touched = 0;
      for (const std::uint8_t b : block) touched += b != 0xee ? 1 : 0;
      CHECK(touched <= layout.block_bytes() / 32);  // one position's share
    }
  }
}

TEST_CASE("attention: rows written together are those written alone") {
  NEEDS_PROCESSOR();
  std::mt19937 random(4);
  std::normal_distribution<float> normal;
  for (const KvType type : kTypes) {
    for (const auto& [heads, dk, dv] : {std::tuple{2u, 17u, 5u}, {1u, 40u, 24u}, {2u, 64u, 96u}}) {
      if (type == KvType::kQ8 && dk % 32 != 0) continue;
      const KvLayout layout = {heads, dk, dv, type, type};
      for (const auto& [entry, n_rows] :
           {std::pair{0u, 32u}, {3u, 8u}, {5u, 7u}, {1u, 19u}, {24u, 8u}, {31u, 1u}}) {
        const std::size_t k_stride = heads * dk + 3, v_stride = heads * dv + 1;
        std::vector<float> k(n_rows * k_stride), v(n_rows * v_stride);
        for (auto* x : {&k, &v}) {
          for (float& f : *x) f = normal(random);
        }
        std::vector<std::uint8_t> together(layout.block_bytes(), 0xee), alone = together;
        for (std::uint32_t h = 0; h < heads; ++h) {
          tested().kv_write(
              {layout, together.data(), entry, h, n_rows, k.data(), v.data(), k_stride, v_stride});
          for (std::uint32_t r = 0; r < n_rows; ++r)
            tested().kv_write({layout, alone.data(), entry + r, h, 1, k.data() + r * k_stride,
                               v.data() + r * v_stride, 0, 0});
        }
        INFO(dk << " from " << entry << ", " << n_rows << " rows");
        CHECK(together == alone);
      }
    }
  }
}

TEST_CASE("attention: Q8 takes 34 bytes for 32 elements") {
  CHECK(KvLayout{8, 128, 64, KvType::kQ8, KvType::kQ8}.block_bytes() ==
        32 * 8 * (128 + 64) * 34 / 32);
  CHECK(KvLayout{8, 128, 64, KvType::kF16, KvType::kQ8}.block_bytes() ==
        32 * 8 * (128 * 2 + 64 * 34 / 32));
}

TEST_CASE("attention: zeros, tiny and huge numbers in Q8") {
  NEEDS_PROCESSOR();
  const KvLayout layout = {1, 32, 32, KvType::kQ8, KvType::kQ8};
  const auto first_stored = [&](float x) {
    std::vector<std::uint8_t> block(layout.block_bytes(), 0xff);
    std::vector<float> k(32, 0.0f);
    k[3] = x;
    tested().kv_write({layout, block.data(), 31, 0, 1, k.data(), k.data(), 0, 0});
    CHECK((std::isnan(x) || std::isinf(x) ||
           stored(block.data(), KvType::kQ8, true, 32, 4, 31) == 0));
    return stored(block.data(), KvType::kQ8, true, 32, 3, 31);
  };
  CHECK(first_stored(0) == 0);
  CHECK(std::abs(first_stored(1e-20f)) == 0);
  CHECK(std::abs(first_stored(-1e-3f) + 1e-3f) < 1e-6f);
  CHECK(std::isfinite(first_stored(3e38f)));
  CHECK(first_stored(8e6f) > 7.9e6f);
  CHECK(std::isnan(first_stored(std::nanf(""))));
  CHECK(std::isnan(first_stored(std::numeric_limits<float>::infinity())));
}

TEST_CASE("attention: agrees with sums in double, and rows do not depend on their company") {
  NEEDS_PROCESSOR();
  const std::vector<Shape> shapes = {
      {1, 2, 64, 64},  {2, 2, 128, 128},   {4, 1, 96, 64, 40},           {7, 1, 64, 96, 0, 0, true},
      {30, 1, 32, 32}, {2, 1, 64, 128, 1}, {3, 2, 128, 96, 33, 4, true},
  };
  const std::vector<Shape> odd = {{3, 2, 33, 17, 20}, {1, 1, 1, 1}, {5, 1, 40, 81, 0, 3, true}};
  for (const KvType k_type : kTypes) {
    for (const KvType v_type : kTypes) {
      std::vector<Shape> all = shapes;
      const bool q8 = k_type == KvType::kQ8 || v_type == KvType::kQ8;
      if (!q8) all.insert(all.end(), odd.begin(), odd.end());
      for (const Shape& shape : all) {
        constexpr std::uint32_t kPositions = 70;
        const Sequence sequence(shape, k_type, v_type, kPositions);
        const std::vector<float> y = sequence.run(1);
        const double bound = sequence.bound();
        INFO("K " << int(k_type) << ", V " << int(v_type) << ", group " << shape.group << ", "
                  << shape.dk << "/" << shape.dv << ", window " << shape.window);
        for (std::uint32_t p = 0; p < kPositions; ++p) {
          for (std::uint32_t h = 0; h < sequence.heads(); ++h) {
            const std::vector<double> exact = sequence.exact(p, h);
            for (std::uint32_t d = 0; d < shape.dv; ++d) {
              const float got = y[(std::size_t{p} * sequence.heads() + h) * shape.dv + d];
              INFO("row " << p << ", head " << h << ", element " << d);
              REQUIRE(std::abs(got - exact[d]) <= bound);
            }
          }
        }
        for (std::uint32_t rows = 2; rows <= attention_rows(shape.group); ++rows)
          REQUIRE(same(sequence.run(rows), y));
      }
    }
  }
}

TEST_CASE("attention: segments are joined in order, in any company") {
  NEEDS_PROCESSOR();
  for (const KvType type : kTypes) {
    for (const std::uint32_t window : {0u, 515u, 1030u}) {
      const Sequence sequence({2, 1, 32, 32, window, 0, true}, type, type, 1100);
      const std::vector<float> y = sequence.run(1);
      REQUIRE(same(sequence.run(12), y));
      REQUIRE(same(sequence.run(5), y));
      for (const std::uint32_t p : {0u, 511u, 512u, 1023u, 1024u, 1061u, 1099u}) {
        const std::vector<double> exact = sequence.exact(p, 1);
        for (std::uint32_t d = 0; d < 32; ++d) {
          INFO("row " << p << ", element " << d);
          REQUIRE(std::abs(y[(std::size_t{p} * 2 + 1) * 32 + d] - exact[d]) <= sequence.bound());
        }
      }
    }
  }
}

TEST_CASE("attention: a number that is none stays with the rows that see it") {
  NEEDS_PROCESSOR();
  for (const KvType type : kTypes) {
    Sequence sequence({2, 1, 32, 32}, type, type, 50);
    const std::vector<float> y = sequence.run(12);
    sequence.v()[std::size_t{40} * 32 + 5] = std::nanf("");
    sequence.write(40);
    const std::vector<float> spoilt = sequence.run(12);
    CHECK(std::memcmp(spoilt.data(), y.data(), std::size_t{40} * 2 * 32 * sizeof(float)) == 0);
    for (std::uint32_t p = 40; p < 50; ++p) CHECK(std::isnan(spoilt[std::size_t{p} * 64 + 5]));
    sequence.q()[std::size_t{3} * 64 + 1] = std::nanf("");  // row 3, head 0
    const std::vector<float> asked = sequence.run(12);
    CHECK(std::isnan(asked[std::size_t{3} * 64]));
    CHECK(std::memcmp(asked.data() + std::size_t{4} * 64, y.data() + std::size_t{4} * 64,
                      std::size_t{36} * 64 * sizeof(float)) == 0);
  }
}

}  // namespace
}  // namespace forge::cpu
