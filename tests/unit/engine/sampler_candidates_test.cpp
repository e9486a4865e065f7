// Tokens drawn from the best alone, where they decide.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>

#include "core/conformance/runner.hpp"
#include "core/engine/sampler.hpp"
#include "core/graph/reference/pack.hpp"
#include "forge/sdk/softmax_weight.hpp"
#include "tests/catch.hpp"

namespace forge::engine {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

Sampler make(const SamplingParams& params, std::size_t n_vocab) {
  auto sampler = Sampler::create(params, static_cast<std::uint32_t>(n_vocab));
  INFO(sampler.status().message());
  REQUIRE(sampler.ok());
  return *sampler;
}

// The k best, as FORGE_OP_TOP_K says.
struct Best {
  std::vector<std::int32_t> tokens;
  std::vector<float> logits;

  Best(const std::vector<float>& all, std::size_t k) : tokens(all.size()) {
    std::iota(tokens.begin(), tokens.end(), 0);
    std::stable_sort(tokens.begin(), tokens.end(), [&](std::int32_t a, std::int32_t b) {
      const float x = all[std::size_t(a)], y = all[std::size_t(b)];
      if (std::isnan(x) || std::isnan(y)) return !std::isnan(x) && std::isnan(y);
      return x > y;
    });
    tokens.resize(std::min(k, tokens.size()));
    for (const std::int32_t token : tokens) logits.push_back(all[std::size_t(token)]);
  }
};

TEST_CASE("sampler: the best tokens give what all logits give where they suffice") {
  std::mt19937 random(7);
  const auto number = [&](double low, double high) {
    return static_cast<float>(std::uniform_real_distribution<double>(low, high)(random));
  };
  const auto maybe = [&](int one_in) { return random() % unsigned(one_in) == 0; };
  int sufficed = 0, penalised = 0, greedy = 0, refused = 0;
  for (int round = 0; round < 4000; ++round) {
    const std::size_t n = 1 + random() % 80;
    const std::uint32_t k = static_cast<std::uint32_t>(1 + random() % n);
    SamplingParams params;
    params.seed = random();
    params.temperature = maybe(3) ? 0 : number(0.3, 2);
    params.top_k = static_cast<std::int32_t>(random() % 12);
    params.top_p = maybe(2) ? 1 : number(0, 1);
    params.min_p = maybe(2) ? 0 : number(0, 0.5);
    params.typical_p = maybe(2) ? 1 : number(0, 1);
    if (maybe(3)) params.repetition_penalty = number(0.9, 3);
    if (maybe(3)) params.frequency_penalty = number(-0.2, 2);
    if (maybe(3)) params.presence_penalty = number(-0.2, 2);
    params.penalty_window = static_cast<std::int32_t>(random() % 12) - 1;
    for (int i = 0; maybe(2) && i < 3; ++i)
      params.logit_bias.emplace_back(static_cast<std::int32_t>(random() % n),
                                     maybe(4) ? -kInfinity : number(-5, 1));
    Sampler all = make(params, n);
    Sampler few = make(params, n);
    for (int step = 0; step < 6; ++step) {
      std::vector<float> logits(n);
      const bool ties = maybe(2), odd = maybe(4);
      for (float& l : logits) {
        l = ties ? static_cast<float>(int(random() % 4)) : number(-4, 4);
        if (odd && maybe(5)) l = maybe(2) ? std::nanf("") : maybe(2) ? -kInfinity : -0.0f;
      }
      Best best(logits, k);
      if (few.needed(k, false) != Needed::kBest) {
        ++refused;
        break;
      }
      ++sufficed;
      greedy += params.temperature == 0 ? 1 : 0;
      penalised += params.repetition_penalty > 1 ? 1 : 0;
      const auto expected = all.sample(logits);
      const auto got = few.sample(best.tokens, best.logits);
      INFO("round " << round << ", step " << step << ", " << k << " of " << n);
      REQUIRE(got.ok() == expected.ok());
      if (!got.ok()) break;
      const std::int32_t token = got->token;
      REQUIRE(token == expected->token);
      all.accept(token);
      few.accept(token);
    }
  }
  // All of it was tried.
  CHECK(sufficed > 3000);
  CHECK(greedy > 500);
  CHECK(penalised > 300);
  CHECK(refused > 500);
}

// What FORGE_OP_DRAW makes of rows of logits, by the reference executor.
std::vector<std::int32_t> drawn_of(const std::vector<std::vector<float>>& logits, std::uint32_t k,
                                   const std::vector<forge_draw_settings_v1>& settings) {
  using conformance::RowId;
  conformance::CaseBuilder b(FORGE_OP_DRAW, "f32", "");
  const auto n = static_cast<std::uint32_t>(logits[0].size());
  const std::uint32_t x = b.input(n, FORGE_ROWS_OUTPUTS);
  const std::uint32_t ids = b.input(k, FORGE_ROWS_OUTPUTS, FORGE_TYPE_I32);
  const std::uint32_t values = b.input(k, FORGE_ROWS_OUTPUTS);
  const std::uint32_t how = b.input(FORGE_DRAW_SETTINGS, FORGE_ROWS_OUTPUTS, FORGE_TYPE_I32);
  b.node(FORGE_OP_DRAW, {x, ids, values, how}, {b.output(1, FORGE_ROWS_OUTPUTS, FORGE_TYPE_I32)});
  b.get().lengths = {static_cast<std::uint32_t>(logits.size())};
  b.get().fill = [&](std::uint32_t input, RowId row, std::span<float> out) {
    const Best best(logits[row.position], k);
    if (input == 0)
      std::copy(logits[row.position].begin(), logits[row.position].end(), out.begin());
    if (input == 1) std::memcpy(out.data(), best.tokens.data(), out.size_bytes());
    if (input == 2) std::copy(best.logits.begin(), best.logits.end(), out.begin());
    if (input == 3) std::memcpy(out.data(), &settings[row.position], out.size_bytes());
  };
  auto c = b.finish();
  REQUIRE(c.ok());
  const auto device = graph::PackDevice::open("reference", graph::reference_pack(), {});
  REQUIRE(device.ok());
  const auto outputs = conformance::run(**device, *c, conformance::all_at_once(*c));
  REQUIRE(outputs.ok());
  std::vector<std::int32_t> tokens;
  for (std::uint32_t r = 0; r < logits.size(); ++r)
    tokens.push_back(std::bit_cast<std::int32_t>(outputs->row(0, {0, r})[0]));
  return tokens;
}

TEST_CASE("sampler: a token that a pack draws is the one drawn here") {
  std::mt19937 random(11);
  const auto number = [&](double low, double high) {
    return static_cast<float>(std::uniform_real_distribution<double>(low, high)(random));
  };
  const auto maybe = [&](int one_in) { return random() % unsigned(one_in) == 0; };
  int limited = 0, open_ended = 0, none = 0;
  for (int round = 0; round < 1500; ++round) {
    const std::size_t n = 20 + random() % 300;
    const std::uint32_t k = static_cast<std::uint32_t>(1 + random() % 20);
    SamplingParams params;
    params.seed = random();
    params.temperature = maybe(9) ? 1 : number(0.3, 2);
    params.top_k = maybe(2) ? 0 : static_cast<std::int32_t>(1 + random() % k);
    params.top_p = maybe(4) ? 1 : number(0, 1);
    params.min_p = maybe(2) ? 0 : number(0.001, 0.5);
    Sampler all = make(params, n);
    Sampler few = make(params, n);
    REQUIRE(few.needed(k, true) == Needed::kDrawn);
    const float steepness = number(0.1, 4);
    constexpr int kSteps = 4;
    std::vector<std::vector<float>> rows;
    std::vector<forge_draw_settings_v1> settings;
    for (int step = 0; step < kSteps; ++step) {
      std::vector<float>& logits = rows.emplace_back(n);
      const bool ties = maybe(3), odd = maybe(5), nothing = maybe(50);
      for (float& l : logits) {
        l = steepness * (ties ? static_cast<float>(int(random() % 4)) : number(-4, 4));
        if (odd && maybe(5)) l = maybe(2) ? std::nanf("") : maybe(2) ? -kInfinity : -0.0f;
        if (nothing) l = std::nanf("");
      }
      settings.push_back(few.draw_settings());
      static_cast<void>(few.take_drawn(nothing ? -1 : 0));  // goes on to the next number
    }
    const std::vector<std::int32_t> got = drawn_of(rows, k, settings);
    for (int step = 0; step < kSteps; ++step) {
      const auto expected = all.sample(rows[std::size_t(step)]);
      INFO("round " << round << ", step " << step << ", " << k << " of " << n);
      ++(!expected.ok() ? none : params.top_k > 0 ? limited : open_ended);
      REQUIRE(got[std::size_t(step)] == (expected.ok() ? expected->token : -1));
    }
  }
  CHECK(limited > 2000);
  CHECK(open_ended > 2000);
  CHECK(none > 50);
  CHECK(make({}, 10).take_drawn(-1).status().message().find("not numbers") != std::string::npos);
}

TEST_CASE("sampler: weights are e^-x in 2^-40ths") {
  CHECK(sdk::softmax_weight(0) == sdk::kSoftmaxOne);
  for (float x = 1e-9f; x < 28; x *= 1.0007f) {
    const double exact = std::ldexp(std::exp(-double{x}), 40);
    INFO(x);
    REQUIRE(std::abs(static_cast<double>(sdk::softmax_weight(x)) - exact) <= exact * 3e-8 + 1);
  }
  for (const float far : {28.0f, 1e30f, kInfinity, std::nanf("")})
    CHECK(sdk::softmax_weight(far) == 0);
  CHECK(sdk::softmax_weight(kInfinity, kInfinity) == sdk::kSoftmaxOne);
  CHECK(sdk::softmax_weight(-kInfinity, -kInfinity) == sdk::kSoftmaxOne);
  CHECK(sdk::softmax_weight(kInfinity, 3) == 0);
  CHECK(sdk::softmax_weight(3, -kInfinity) == 0);
  CHECK(sdk::softmax_weight(3, std::nanf("")) == 0);
  // With a temperature, and halves of infinity.
  CHECK(sdk::softmax_weight(3, 1, 0.5f) == sdk::softmax_weight(1));
  CHECK(sdk::softmax_weight(3, 3, kInfinity) == sdk::kSoftmaxOne);
  CHECK(sdk::softmax_weight(3, 2, kInfinity) == 0);
  CHECK(sdk::softmax_weight(3, -kInfinity, 0.5f) == 0);
}

TEST_CASE("sampler: a share is rounded down, of any sum") {
  CHECK(sdk::share_of(10, 0x80000000u) == 5);
  CHECK(sdk::share_of(11, 0x80000000u) == 5);
  CHECK(sdk::share_of(0, ~0u) == 0);
  std::mt19937_64 random(3);
  for (int i = 0; i < 10000; ++i) {
    const std::uint64_t sum = random() >> (1 + random() % 40);
    const auto fraction = static_cast<std::uint32_t>(random());
    // In halves, which are exact.
    const std::uint64_t low = (sum & 0xffffffffu) * fraction;
    const std::uint64_t high = (sum >> 32) * fraction + (low >> 32);
    REQUIRE(sdk::share_of(sum, fraction) == high);
    REQUIRE((sum == 0 || sdk::share_of(sum, ~0u) < sum));
    const auto estimate = static_cast<long double>(sum) * fraction / 4294967296.0L;
    REQUIRE(std::abs(static_cast<long double>(high) - estimate) <= 1.0L);
  }
}

TEST_CASE("sampler: when the best tokens suffice, and when a pack draws") {
  const auto needed = [](const SamplingParams& params, std::uint32_t k,
                         const std::vector<std::int32_t>& seen = {}, bool can_draw = true) {
    Sampler sampler = make(params, 1000);
    for (const std::int32_t token : seen) sampler.accept(token);
    return sampler.needed(k, can_draw);
  };
  const auto suffice = [&](const SamplingParams& params, std::uint32_t k,
                           const std::vector<std::int32_t>& seen = {}) {
    return needed(params, k, seen) == Needed::kBest;
  };
  SamplingParams params;  // the default chain: top-k of 40
  CHECK(needed(params, 40) == Needed::kDrawn);
  CHECK(needed(params, 40, {}, false) == Needed::kBest);
  CHECK(needed(params, 39) == Needed::kLogits);
  SamplingParams changed = params;
  changed.repetition_penalty = 1.1f;
  CHECK(needed(changed, 40) == Needed::kBest);
  changed = params;
  changed.typical_p = 0.9f;
  CHECK(needed(changed, 40) == Needed::kBest);
  changed = params;
  changed.logit_bias = {{3, -1.0f}};
  CHECK(needed(changed, 41) == Needed::kBest);
  CHECK(needed(changed, 40) == Needed::kLogits);
  params.top_k = 0;
  CHECK(needed(params, 1) == Needed::kDrawn);
  CHECK(needed(params, 1, {}, false) == Needed::kLogits);
  SamplingParams open_ended = params;
  open_ended.top_p = 1;
  open_ended.min_p = 0;
  CHECK(needed(open_ended, 1) == Needed::kDrawn);
  changed = params;
  changed.repetition_penalty = 1.1f;
  CHECK(needed(changed, 1000) == Needed::kLogits);
  changed = params;
  changed.typical_p = 0.9f;
  CHECK(needed(changed, 1000) == Needed::kLogits);
  changed = params;
  changed.logit_bias = {{3, -1.0f}};
  CHECK(needed(changed, 1000) == Needed::kLogits);
  params.temperature = 0;
  CHECK(suffice(params, 1));
  params.logprobs = true;
  CHECK_FALSE(suffice(params, 1000));
  params.logprobs = false;
  // As many may fall as were seen, each counted once.
  params.repetition_penalty = 1.1f;
  CHECK(suffice(params, 3, {5, 6, 5}));
  CHECK_FALSE(suffice(params, 2, {5, 6, 5}));
  params.repetition_penalty = 0.9f;  // rewards, which may bring any of them to the front
  CHECK_FALSE(suffice(params, 1000, {5}));
  params.repetition_penalty = 1;
  params.presence_penalty = -1;
  CHECK_FALSE(suffice(params, 1000, {5}));
  params.presence_penalty = 0;
  params.frequency_penalty = -1;
  CHECK_FALSE(suffice(params, 1000, {5}));
  params.frequency_penalty = 0;
  params.logit_bias = {{3, -kInfinity}};
  CHECK(suffice(params, 2));
  CHECK_FALSE(suffice(params, 1));
  params.logit_bias = {{3, 0.5f}};
  CHECK_FALSE(suffice(params, 1000));
}

}  // namespace
}  // namespace forge::engine
