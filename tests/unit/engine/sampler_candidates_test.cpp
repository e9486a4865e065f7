// Tokens drawn from the best alone, where they decide.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "core/engine/sampler.hpp"
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
      if (!few.candidates_suffice(k)) {
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
      REQUIRE(got->token == expected->token);
      all.accept(got->token);
      few.accept(got->token);
    }
  }
  // All of it was tried.
  CHECK(sufficed > 3000);
  CHECK(greedy > 500);
  CHECK(penalised > 300);
  CHECK(refused > 500);
}

TEST_CASE("sampler: when the best tokens suffice") {
  const auto suffice = [](const SamplingParams& params, std::uint32_t k,
                          const std::vector<std::int32_t>& seen = {}) {
    Sampler sampler = make(params, 1000);
    for (const std::int32_t token : seen) sampler.accept(token);
    return sampler.candidates_suffice(k);
  };
  SamplingParams params;  // the default chain: top-k of 40
  CHECK(suffice(params, 40));
  CHECK_FALSE(suffice(params, 39));
  params.top_k = 0;
  CHECK_FALSE(suffice(params, 1000));
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
