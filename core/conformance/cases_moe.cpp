// Mixture of experts, and the choice of the largest.
#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>

#include "core/conformance/cases.hpp"
#include "core/conformance/error_bound.hpp"

namespace forge::conformance {
namespace {

using WeightPtr = std::shared_ptr<const Weight>;

// A permutation of 0 .. n-1 by row.
std::vector<std::uint32_t> shuffled(std::uint32_t n, std::uint64_t seed, RowId row) {
  Random random(seed, {row.sequence, row.position, 99});
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  for (std::uint32_t i = n; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

// Numbers far enough from each other that rounding cannot change their order, or equal: every
// third row has pairs of equal ones, which go by index.
void fill_ranked(std::uint64_t seed, RowId row, float step, std::span<float> out) {
  const auto n = static_cast<std::uint32_t>(out.size());
  const std::vector<std::uint32_t> order = shuffled(n, seed, row);
  for (std::uint32_t i = 0; i < n; ++i) {
    const std::uint32_t rank = row.position % 3 == 2 ? order[i] / 2 : order[i];
    out[i] = step * (static_cast<float>(rank) - static_cast<float>(n) / 2);
  }
}

// ---------------------------------------------------------------- router

// Softmax over n experts: exp and a sum of n terms; the chosen weights' sum adds n_used more.
Status router_case(const forge_router_params_v1& p, std::uint32_t n_experts, std::uint32_t n_used,
                   bool with_bias, std::uint64_t seed, const Sink& sink) {
  static constexpr const char* kGating[] = {"softmax", "sigmoid", "softmax_top"};
  CaseBuilder b(FORGE_OP_MOE_ROUTER, "f32",
                fmt::format("{} {} of {}{}{}", kGating[p.gating], n_used, n_experts,
                            p.normalise != 0 ? ", normalised" : "", with_bias ? ", bias" : ""));
  const std::uint32_t x = b.input(n_experts);
  const std::uint32_t ids = b.output(n_used, FORGE_ROWS_TOKENS, FORGE_TYPE_I32);
  const std::uint32_t weights = b.output(n_used);
  std::uint32_t bias = FORGE_NONE;
  if (with_bias) {
    // Larger than any probability: it decides, and no two sums are close.
    Random random(seed, {n_experts});
    FORGE_ASSIGN(WeightPtr weight,
                 Weight::make(random, "selection_bias", FORGE_TYPE_F32, {n_experts}, 10));
    bias = b.weight(weight);
  }
  b.node(FORGE_OP_MOE_ROUTER, {x}, {ids, weights}, {bias}, p);
  b.get().lengths = {9, 1, 5};
  b.get().fill = [=](std::uint32_t, RowId row, std::span<float> out) {
    fill_ranked(seed, row, 4.0f / static_cast<float>(n_experts), out);
  };
  b.get().tolerate = [=](const RowView&, std::uint32_t, std::span<const float> expected,
                         std::span<double> tolerance) {
    for (std::size_t i = 0; i < tolerance.size(); ++i)
      tolerance[i] =
          (2 * kFunctionEps + (n_experts + n_used + 4) * kEps) * std::abs(double{expected[i]});
  };
  FORGE_ASSIGN(const Case c, b.finish());
  return sink(c);
}

Status routers(std::uint64_t seed, const Sink& sink) {
  for (std::uint32_t gating = FORGE_GATING_SOFTMAX; gating <= FORGE_GATING_SOFTMAX_TOP; ++gating) {
    for (const auto& [n, k] : {std::pair{8u, 2u}, {33u, 4u}, {128u, 8u}, {3u, 3u}, {1u, 1u}}) {
      const bool odd = n % 2 == 1;
      const forge_router_params_v1 p = {sizeof(p), gating, odd ? 1u : 0u, odd ? 2.5f : 1.0f};
      FORGE_TRY(router_case(p, n, k, n == 33 || n == 128, seed, sink));
    }
  }
  return {};
}

// ---------------------------------------------------------------- experts

struct Experts {
  WeightPtr gate, up, down;
  std::uint32_t n_in, n_ff, n_used, activation;
};

// As linear for gate and up; what is left in the hidden row goes through down.
void tolerate_experts(const Experts& m, const RowView& row, std::span<const float> expected,
                      std::span<double> tolerance) {
  std::fill(tolerance.begin(), tolerance.end(), 0.0);
  std::vector<float> hidden(m.n_ff);
  std::vector<double> hidden_error(m.n_ff);
  for (std::uint32_t u = 0; u < m.n_used; ++u) {
    const auto e = static_cast<std::uint64_t>(std::bit_cast<std::int32_t>(row.inputs[1][u]));
    for (std::uint32_t i = 0; i < m.n_ff; ++i) {
      const Product gate = activated(m.activation, product(*m.gate, e * m.n_ff + i, row.inputs[0]));
      const Product up = product(*m.up, e * m.n_ff + i, row.inputs[0]);
      hidden[i] = static_cast<float>(gate.value * up.value);
      hidden_error[i] = std::abs(gate.value) * up.error +
                        gate.error * (std::abs(up.value) + up.error) +
                        2 * kEps * std::abs(double{hidden[i]});
    }
    for (std::uint32_t o = 0; o < m.n_in; ++o) {
      const Product y = product(*m.down, e * m.n_in + o, hidden, hidden_error);
      tolerance[o] += std::abs(double{row.inputs[2][u]}) *
                      (y.error + (m.n_used + 1) * kEps * std::abs(y.value));
    }
  }
  for (std::size_t o = 0; o < tolerance.size(); ++o)
    tolerance[o] += 2 * kEps * std::abs(double{expected[o]});
}

Status experts_case(const forge_codec_v1& codec, Experts m, std::uint32_t n_experts,
                    std::uint64_t seed, const Sink& sink) {
  Random random(seed, {m.n_in, m.n_ff, n_experts});
  CaseBuilder b(FORGE_OP_MOE_EXPERTS, lower_name(codec),
                fmt::format("{} x {}, {} of {}, {}", m.n_in, m.n_ff, m.n_used, n_experts,
                            activation_name(m.activation)));
  const float spread = 1 / std::sqrt(static_cast<float>(m.n_in));
  FORGE_ASSIGN(m.gate,
               Weight::make(random, "gate", codec.type, {m.n_in, m.n_ff, n_experts}, spread));
  FORGE_ASSIGN(m.up, Weight::make(random, "up", codec.type, {m.n_in, m.n_ff, n_experts}, spread));
  FORGE_ASSIGN(m.down,
               Weight::make(random, "down", codec.type, {m.n_ff, m.n_in, n_experts}, spread));
  const std::uint32_t x = b.input(m.n_in);
  const std::uint32_t ids = b.input(m.n_used, FORGE_ROWS_TOKENS, FORGE_TYPE_I32);
  const std::uint32_t weights = b.input(m.n_used);
  const forge_activation_params_v1 params = {sizeof(params), m.activation};
  b.node(FORGE_OP_MOE_EXPERTS, {x, ids, weights}, {b.output(m.n_in)},
         {b.weight(m.gate), b.weight(m.up), b.weight(m.down)}, params);
  // Enough rows that packs bring those of an expert together.
  b.get().lengths = {4, 1, 19};
  b.get().fill = [=](std::uint32_t input, RowId row, std::span<float> out) {
    if (input != 1) return fill_normal(seed, input, row, out);
    const std::vector<std::uint32_t> order = shuffled(n_experts, seed, row);
    for (std::size_t u = 0; u < out.size(); ++u)
      out[u] = std::bit_cast<float>(static_cast<std::int32_t>(order[u]));
  };
  b.get().tolerate = [m](const RowView& row, std::uint32_t, std::span<const float> expected,
                         std::span<double> tolerance) {
    tolerate_experts(m, row, expected, tolerance);
  };
  FORGE_ASSIGN(const Case c, b.finish());
  return sink(c);
}

Status all_experts(const forge_codec_v1& codec, std::uint64_t seed, const Sink& sink) {
  const std::uint32_t block = codec.block_elements;
  const std::uint32_t unit = block == 1 ? 33 : block;
  FORGE_TRY(experts_case(codec, {{}, {}, {}, unit, unit, 2, FORGE_ACT_SILU}, 5, seed, sink));
  if (block > 32) return {};
  return experts_case(codec, {{}, {}, {}, 2 * unit, 3 * unit, 3, FORGE_ACT_GELU_TANH}, 4, seed,
                      sink);
}

// ---------------------------------------------------------------- top_k

// Row after row: whole ranks, some of them twice; a few values with both zeros and both infinities;
// all alike; ranks with NaN between them, fewer than are left out, so that none is picked.
void fill_to_pick(std::uint64_t seed, std::uint32_t k, RowId row, std::span<float> out) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  constexpr float kFew[] = {-kInf, -1, -0.0f, 0.0f, 1e-40f, 2, kInf};
  fill_ranked(seed, row, 0.5f, out);
  const auto n = static_cast<std::uint32_t>(out.size());
  if (row.position % 5 == 1) {
    const std::vector<std::uint32_t> order = shuffled(n, seed, row);
    for (std::uint32_t i = 0; i < n; ++i) out[i] = kFew[order[i] % std::size(kFew)];
  } else if (row.position % 5 == 3) {
    std::fill(out.begin(), out.end(), row.sequence % 2 == 0 ? -kInf : 3.25f);
  } else if (row.position % 5 == 4) {
    std::fill_n(out.begin() + n / 3, (n - k) / 2, std::nanf(""));
  }
}

Status top_ks(std::uint64_t seed, const Sink& sink) {
  for (const auto& [width, k] : {std::pair{1u, 1u},
                                 {33u, 1u},
                                 {100u, 7u},
                                 {31u, 31u},
                                 {1000u, 40u},
                                 {128u, 128u},
                                 {129u, 128u},
                                 {300u, 200u},
                                 {2047u, 1u},
                                 {2048u, 128u},
                                 {2049u, 128u},
                                 {4999u, 64u},
                                 {70001u, 128u}}) {
    CaseBuilder b(FORGE_OP_TOP_K, "f32", fmt::format("{} of {}", k, width));
    const std::uint32_t x = b.input(width, FORGE_ROWS_OUTPUTS);
    const std::uint32_t ids = b.output(k, FORGE_ROWS_OUTPUTS, FORGE_TYPE_I32);
    const std::uint32_t values = b.output(k, FORGE_ROWS_OUTPUTS);
    b.node(FORGE_OP_TOP_K, {x}, {ids, values});
    b.get().lengths = {6, 1, 3};
    if (width > 4096) b.get().lengths = {5};  // the simulator has to do it, too
    b.get().fill = [seed, n_picked = k](std::uint32_t, RowId row, std::span<float> out) {
      fill_to_pick(seed, n_picked, row, out);
    };
    FORGE_ASSIGN(const Case c, b.finish());
    FORGE_TRY(sink(c));
  }
  return {};
}

}  // namespace

void add_moe_groups(std::vector<Group>& groups) {
  groups.push_back({FORGE_OP_MOE_ROUTER, "f32", routers});
  for (const forge_codec_v1* codec : all_codecs()) {
    groups.push_back(
        {FORGE_OP_MOE_EXPERTS, lower_name(*codec),
         [codec](std::uint64_t seed, const Sink& s) { return all_experts(*codec, seed, s); }});
  }
  groups.push_back({FORGE_OP_TOP_K, "f32", top_ks});
}

}  // namespace forge::conformance
