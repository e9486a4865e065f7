// Tokens drawn from the best alone, where they decide.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "core/engine/sampler.hpp"
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
      if (few.needed(k) != Needed::kBest) {
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
      REQUIRE(got->has_value());
      const std::int32_t token = (*got)->token;
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

std::uint64_t sum_of_weights(const std::vector<float>& logits, float largest) {
  std::uint64_t sum = 0;
  for (const float logit : logits) sum += sdk::softmax_weight(largest, logit);
  return sum;
}

TEST_CASE("sampler: a nucleus is cut with the sum of all weights as with all of them") {
  std::mt19937 random(11);
  const auto number = [&](double low, double high) {
    return static_cast<float>(std::uniform_real_distribution<double>(low, high)(random));
  };
  const auto maybe = [&](int one_in) { return random() % unsigned(one_in) == 0; };
  int decided = 0, open_ended = 0;
  for (int round = 0; round < 3000; ++round) {
    const std::size_t n = 20 + random() % 300;
    const std::uint32_t k = static_cast<std::uint32_t>(1 + random() % 20);
    SamplingParams params;
    params.seed = random();
    params.temperature = number(0.3, 2);
    params.top_k = 0;
    params.top_p = maybe(4) ? 1 : number(0, 1);
    params.min_p = params.top_p < 1 && maybe(2) ? 0 : number(0.001, 0.5);
    Sampler all = make(params, n);
    Sampler few = make(params, n);
    REQUIRE(few.needed(k) == Needed::kSum);
    const float steepness = number(0.1, 4);
    for (int step = 0; step < 6; ++step) {
      std::vector<float> logits(n);
      const bool ties = maybe(3), odd = maybe(5);
      for (float& l : logits) {
        l = steepness * (ties ? static_cast<float>(int(random() % 4)) : number(-4, 4));
        if (odd && maybe(5)) l = maybe(2) ? std::nanf("") : maybe(2) ? -kInfinity : -0.0f;
      }
      Best best(logits, k);
      const std::uint64_t sum = sum_of_weights(logits, best.logits[0]);
      std::vector<float> once_more = logits;
      const auto expected = all.sample(logits);
      const auto got = few.sample(best.tokens, best.logits, &sum);
      INFO("round " << round << ", step " << step << ", " << k << " of " << n);
      REQUIRE(expected.ok());
      REQUIRE(got.ok());
      if (got->has_value()) {
        ++decided;
        REQUIRE((*got)->token == expected->token);
      } else {
        // All logits then give it, with the same random numbers.
        ++open_ended;
        REQUIRE(few.sample(once_more)->token == expected->token);
      }
    }
  }
  CHECK(decided > 3000);
  CHECK(open_ended > 3000);
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
  const std::int32_t words[] = {-1, 0, 1, 2};
  CHECK(sdk::softmax_sum(words, 4) == std::uint64_t{3} << 32);
}

TEST_CASE("sampler: when the best tokens suffice") {
  const auto needed = [](const SamplingParams& params, std::uint32_t k,
                         const std::vector<std::int32_t>& seen = {}) {
    Sampler sampler = make(params, 1000);
    for (const std::int32_t token : seen) sampler.accept(token);
    return sampler.needed(k);
  };
  const auto suffice = [&](const SamplingParams& params, std::uint32_t k,
                           const std::vector<std::int32_t>& seen = {}) {
    return needed(params, k, seen) == Needed::kBest;
  };
  SamplingParams params;  // the default chain: top-k of 40
  CHECK(suffice(params, 40));
  CHECK_FALSE(suffice(params, 39));
  params.top_k = 0;
  CHECK(needed(params, 1) == Needed::kSum);  // top-p and min-p are on
  SamplingParams open_ended = params;
  open_ended.top_p = 1;
  CHECK(needed(open_ended, 1) == Needed::kSum);
  open_ended.min_p = 0;
  CHECK(needed(open_ended, 1000) == Needed::kLogits);
  SamplingParams changed = params;
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
