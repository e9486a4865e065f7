// Tokens drawn from logits.
#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <numeric>

#include "core/conformance/cases.hpp"
#include "core/conformance/random.hpp"

namespace forge::conformance {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Row after row: logits as models have them; a few values with both infinities; all alike; a
// largest far above the rest; some NaN, and in the last row nothing else.
void fill_logits(std::uint64_t seed, RowId row, std::span<float> out) {
  const auto n = static_cast<std::uint32_t>(out.size());
  fill_normal(seed, 0, row, out);
  for (float& v : out) v *= 4;
  if (row.position % 6 == 1) {
    constexpr float kFew[] = {-kInfinity, -1, -0.0f, 0.0f, 1e-40f, 2, kInfinity};
    for (std::uint32_t i = 0; i < n; ++i) out[i] = kFew[i % std::size(kFew)];
  } else if (row.position % 6 == 2) {
    std::fill(out.begin(), out.end(), row.sequence % 2 == 0 ? -kInfinity : 3.25f);
  } else if (row.position % 6 == 3) {
    out[n / 2] = 24;
  } else if (row.position % 6 == 4) {
    for (std::uint32_t i = 1; i < n; i += 3) out[i] = std::nanf("");
  } else if (row.position % 6 == 5) {
    std::fill(out.begin(), out.end(), std::nanf(""));
  }
}

// TOP_K's of the row.
std::vector<std::uint32_t> best_of(std::span<const float> x, std::uint32_t k) {
  std::vector<std::uint32_t> order(x.size());
  std::iota(order.begin(), order.end(), 0u);
  std::partial_sort(order.begin(), order.begin() + k, order.end(),
                    [&](std::uint32_t a, std::uint32_t b) {
                      if (std::isnan(x[a]) || std::isnan(x[b]))
                        return std::isnan(x[a]) == std::isnan(x[b]) ? a < b : std::isnan(x[b]);
                      return x[a] > x[b] || (x[a] == x[b] && a < b);
                    });
  order.resize(k);
  return order;
}

enum class Limit { kNone, kTopK, kTopP, kMinP, kBoth, kAll };
struct DrawKind {
  Limit limit;
  const char* name;
};
constexpr DrawKind kDrawKinds[] = {
    {Limit::kNone, "temperature"},  {Limit::kTopK, "top-k"},
    {Limit::kTopP, "top-p"},        {Limit::kMinP, "min-p"},
    {Limit::kBoth, "top-p, min-p"}, {Limit::kAll, "top-k, top-p, min-p"}};

forge_draw_settings_v1 settings_of(Limit limit, std::uint32_t k, std::uint64_t seed, RowId row) {
  Random random(seed, {row.sequence, row.position, 7});
  const bool all = limit == Limit::kAll;
  forge_draw_settings_v1 s = {};
  s.inverse_temperature = row.position % 2 == 0 ? 1 : 0.2f + std::abs(random.uniform());
  s.random = static_cast<std::uint32_t>(random.next());
  s.log_min_p = -kInfinity;
  if (limit == Limit::kTopK || all) s.top_k = 1 + random.below(k);
  // From few tokens to nearly all.
  if (limit == Limit::kTopP || all) s.top_p = ~(~0u >> random.below(20));
  if (limit == Limit::kTopP && row.position % 6 == 4) s.top_p = 1;
  if (limit == Limit::kBoth) {  // both far behind the best
    s.top_p = ~0u - random.below(1u << 20);
    s.log_min_p = -7 - 2 * std::abs(random.uniform());
  }
  if (limit == Limit::kMinP || all) s.log_min_p = -9 * std::abs(random.uniform());
  return s;
}

void fill_case(Case& c, const DrawKind& kind, std::uint32_t width, std::uint32_t k,
               std::uint64_t seed) {
  c.lengths = {6, 2, 6};
  if (width > 1000) c.lengths = {6};  // the simulator has to do it, too
  c.fill = [seed, width, k, limit = kind.limit](std::uint32_t input, RowId row,
                                                std::span<float> out) {
    if (input == 0) return fill_logits(seed, row, out);
    if (input == 3) {
      const forge_draw_settings_v1 settings = settings_of(limit, k, seed, row);
      std::memcpy(out.data(), &settings, sizeof(settings));
      return;
    }
    std::vector<float> logits(width);
    fill_logits(seed, row, logits);
    const std::vector<std::uint32_t> best = best_of(logits, k);
    for (std::uint32_t i = 0; i < k; ++i)
      out[i] = input == 1 ? std::bit_cast<float>(best[i]) : logits[best[i]];
  };
}

Status draws(std::uint64_t seed, const Sink& sink) {
  for (const auto& [width, k] :
       {std::pair{1u, 1u}, {33u, 33u}, {100u, 5u}, {1000u, 128u}, {2049u, 40u}, {70001u, 128u}}) {
    for (const DrawKind& kind : kDrawKinds) {
      CaseBuilder b(FORGE_OP_DRAW, "f32", fmt::format("{} of {}, {}", k, width, kind.name));
      const std::uint32_t x = b.input(width, FORGE_ROWS_OUTPUTS);
      const std::uint32_t ids = b.input(k, FORGE_ROWS_OUTPUTS, FORGE_TYPE_I32);
      const std::uint32_t values = b.input(k, FORGE_ROWS_OUTPUTS);
      const std::uint32_t settings =
          b.input(FORGE_DRAW_SETTINGS, FORGE_ROWS_OUTPUTS, FORGE_TYPE_I32);
      const std::uint32_t token = b.output(1, FORGE_ROWS_OUTPUTS, FORGE_TYPE_I32);
      b.node(FORGE_OP_DRAW, {x, ids, values, settings}, {token});
      fill_case(b.get(), kind, width, k, seed);
      FORGE_ASSIGN(const Case c, b.finish());
      FORGE_TRY(sink(c));
    }
  }
  return {};
}

}  // namespace

void add_draw_groups(std::vector<Group>& groups) {
  groups.push_back({FORGE_OP_DRAW, "f32", draws});
}

}  // namespace forge::conformance
