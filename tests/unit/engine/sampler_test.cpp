#include "core/engine/sampler.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <random>

#include "tests/catch.hpp"

namespace forge::engine {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
const float kNan = std::nanf("");

// Nothing but temperature 1.
SamplingParams plain() {
  SamplingParams p;
  p.temperature = 1;
  p.top_k = 0;
  p.top_p = 1;
  p.min_p = 0;
  p.typical_p = 1;
  return p;
}

Sampler make(const SamplingParams& params, std::size_t n_vocab) {
  auto sampler = Sampler::create(params, static_cast<std::uint32_t>(n_vocab));
  INFO(sampler.status().message());
  REQUIRE(sampler.ok());
  return *sampler;
}

SampledToken sample(Sampler& sampler, std::vector<float> logits) {
  auto token = sampler.sample(logits);
  INFO(token.status().message());
  REQUIRE(token.ok());
  return *token;
}

SampledToken sample_once(const SamplingParams& params, const std::vector<float>& logits) {
  Sampler sampler = make(params, logits.size());
  return sample(sampler, logits);
}

// ---------------------------------------------------------------- the chain, once more

struct Entry {
  std::int32_t token;
  double logit;
  double p;
};

// The filters as their papers have them, in double, without a thought for speed. `margin` is how
// near a sum came to the limit it was held against: below that, f32 may decide otherwise.
class Oracle {
 public:
  explicit Oracle(const SamplingParams& params) : params_(params) {}

  std::vector<Entry> distribution(const std::vector<float>& logits,
                                  const std::vector<std::int32_t>& seen) {
    std::vector<Entry> all;
    for (std::size_t i = 0; i < logits.size(); ++i)
      all.push_back({static_cast<std::int32_t>(i), logits[i], 0});
    for (const auto& [token, bias] : params_.logit_bias) all[std::size_t(token)].logit += bias;
    penalise(all, seen);
    std::stable_sort(all.begin(), all.end(),
                     [](const Entry& a, const Entry& b) { return a.logit > b.logit; });
    if (params_.top_k > 0 && std::size_t(params_.top_k) < all.size())
      all.resize(std::size_t(params_.top_k));
    if (params_.typical_p < 1 && all.size() > 1) typical(all);
    if (params_.top_p < 1) top_p(all);
    if (params_.min_p > 0) min_p(all);
    softmax(all, params_.temperature);
    std::sort(all.begin(), all.end(),
              [](const Entry& a, const Entry& b) { return a.token < b.token; });
    return all;
  }

  double margin = 1;

 private:
  void near(double value, double limit) { margin = std::min(margin, std::abs(value - limit)); }

  void penalise(std::vector<Entry>& all, const std::vector<std::int32_t>& seen) const {
    const std::size_t window = params_.penalty_window < 0
                                   ? seen.size()
                                   : std::min(seen.size(), std::size_t(params_.penalty_window));
    std::map<std::int32_t, int> counts;
    for (std::size_t i = seen.size() - window; i < seen.size(); ++i) ++counts[seen[i]];
    for (const auto& [token, n] : counts) {
      double& logit = all[std::size_t(token)].logit;
      logit = logit > 0 ? logit / params_.repetition_penalty : logit * params_.repetition_penalty;
      logit -= n * double{params_.frequency_penalty} + params_.presence_penalty;
    }
  }

  static void softmax(std::vector<Entry>& list, double temperature) {
    double sum = 0;
    const double best = list[0].logit;
    for (Entry& e : list) sum += e.p = std::exp((e.logit - best) / temperature);
    for (Entry& e : list) e.p /= sum;
  }

  void typical(std::vector<Entry>& list) {
    softmax(list, 1);
    double entropy = 0;
    for (const Entry& e : list) entropy -= e.p > 0 ? e.p * std::log(e.p) : 0;
    const auto distance = [&](const Entry& e) { return std::abs(-std::log(e.p) - entropy); };
    std::vector<Entry> order = list;
    std::stable_sort(order.begin(), order.end(),
                     [&](const Entry& a, const Entry& b) { return distance(a) < distance(b); });
    for (std::size_t i = 1; i < order.size(); ++i) {
      if (order[i].logit != order[i - 1].logit) near(distance(order[i]), distance(order[i - 1]));
    }
    double held = 0;
    std::size_t n = 0;
    while (n < order.size() && held <= params_.typical_p) {
      held += order[n++].p;
      near(held, params_.typical_p);
    }
    order.resize(n);
    std::stable_sort(order.begin(), order.end(), [](const Entry& a, const Entry& b) {
      return a.logit > b.logit || (a.logit == b.logit && a.token < b.token);
    });
    list = order;
  }

  void top_p(std::vector<Entry>& list) {
    softmax(list, 1);
    double held = 0;
    std::size_t n = 0;
    do {
      held += list[n++].p;
      near(held, params_.top_p);
    } while (n < list.size() && (held < params_.top_p || list[n].logit == list[n - 1].logit));
    list.resize(n);
  }

  void min_p(std::vector<Entry>& list) {
    softmax(list, 1);
    const double least = list[0].p * params_.min_p;
    for (const Entry& e : list) near(e.p, least);
    std::erase_if(list, [&](const Entry& e) { return e.p < least; });
  }

  const SamplingParams& params_;
};

TEST_CASE("sampler: every choice is the one that the filters and the seed say") {
  std::mt19937 random(20);
  const auto number = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  const auto maybe = [&](int one_in) { return random() % unsigned(one_in) == 0; };
  int compared = 0;
  int skipped = 0;
  for (int round = 0; round < 3000; ++round) {
    const std::size_t n = 1 + random() % 60;
    SamplingParams params = plain();
    params.seed = random();
    params.temperature = static_cast<float>(number(0.3, 2));
    if (maybe(2)) params.top_k = static_cast<std::int32_t>(1 + random() % (n + 3));
    if (maybe(2)) params.top_p = static_cast<float>(number(0.05, 1));
    if (maybe(2)) params.min_p = static_cast<float>(number(0, 0.5));
    if (maybe(3)) params.typical_p = static_cast<float>(number(0.1, 1));
    if (maybe(2)) params.repetition_penalty = static_cast<float>(number(0.8, 1.5));
    if (maybe(2)) params.frequency_penalty = static_cast<float>(number(-0.5, 0.5));
    if (maybe(2)) params.presence_penalty = static_cast<float>(number(-0.5, 0.5));
    params.penalty_window = static_cast<std::int32_t>(random() % 12) - 1;
    if (maybe(2)) params.logit_bias = {{static_cast<std::int32_t>(random() % n), 1.5f}};
    Sampler sampler = make(params, n);
    std::mt19937_64 generator(params.seed);
    std::vector<std::int32_t> seen;
    for (int step = 0; step < 4; ++step) {
      std::vector<float> logits(n);
      const bool ties = maybe(3);
      for (float& l : logits)
        l = ties ? static_cast<float>(int(random() % 5)) : static_cast<float>(number(-6, 6));
      Oracle oracle(params);
      const std::vector<Entry> expected = oracle.distribution(logits, seen);
      const double point = static_cast<double>(generator() >> 32) * 0x1p-32;
      double sum = 0;
      std::int32_t token = expected.back().token;
      double margin = oracle.margin;
      for (const Entry& e : expected) {
        const bool before = point < sum;
        sum += e.p;
        margin = std::min(margin, std::abs(point - sum));
        if (!before && point < sum) token = e.token;
      }
      const std::int32_t chosen = sample(sampler, logits).token;
      // f32 sums of up to 60 probabilities are right to 1e-5.
      if (margin < 1e-5) {
        ++skipped;
        token = chosen;
      } else {
        ++compared;
        INFO("round " << round << ", step " << step << ", n " << n);
        REQUIRE(chosen == token);
      }
      seen.push_back(token);
      sampler.accept(token);
    }
  }
  CHECK(compared > 11000);
  CHECK(skipped < 500);
}

TEST_CASE("sampler: frequencies are the probabilities") {
  SamplingParams params = plain();
  params.seed = 5;
  const std::vector<float> logits = {1, 0, 2, -1};
  Sampler sampler = make(params, 4);
  std::vector<int> counts(4, 0);
  constexpr int kDraws = 40000;
  for (int i = 0; i < kDraws; ++i) ++counts[std::size_t(sample(sampler, logits).token)];
  const double sum = std::exp(1) + 1 + std::exp(2) + std::exp(-1);
  for (std::size_t i = 0; i < 4; ++i) {
    const double p = std::exp(logits[i]) / sum;
    // Five standard deviations of a binomial count.
    CHECK(std::abs(counts[i] - kDraws * p) < 5 * std::sqrt(kDraws * p * (1 - p)));
  }
}

TEST_CASE("sampler: the same seed gives the same choices, another one others") {
  const std::vector<float> logits(100, 0.0f);
  const auto draw = [&](std::uint64_t seed) {
    SamplingParams params = plain();
    params.seed = seed;
    Sampler sampler = make(params, logits.size());
    std::vector<std::int32_t> tokens;
    for (int i = 0; i < 20; ++i) tokens.push_back(sample(sampler, logits).token);
    return tokens;
  };
  CHECK(draw(1) == draw(1));
  CHECK(draw(1) != draw(2));
  CHECK(draw(0) == draw(0));
}

TEST_CASE("sampler: the defaults' first choices stay what they are") {
  // Recorded: texts that users made with a seed must not change from release to release. The
  // uniform numbers behind them are those of std::mt19937_64, which the standard fixes.
  SamplingParams params;
  params.seed = 42;
  Sampler sampler = make(params, 50);
  std::vector<float> logits(50);
  for (std::size_t i = 0; i < logits.size(); ++i)
    logits[i] = static_cast<float>((i * 7919) % 50) * 0.1f;
  std::mt19937_64 generator(42);
  for (int i = 0; i < 10; ++i) {
    Oracle oracle(params);
    const std::vector<Entry> expected = oracle.distribution(logits, {});
    const double point = static_cast<double>(generator() >> 32) * 0x1p-32;
    double sum = 0;
    std::int32_t token = expected.back().token;
    for (auto e = expected.rbegin(); e != expected.rend(); ++e) {
      sum = std::accumulate(expected.begin(), e.base(), 0.0,
                            [](double s, const Entry& x) { return s + x.p; });
      if (point < sum) token = e->token;
    }
    CHECK(sample(sampler, logits).token == token);
  }
}

TEST_CASE("sampler: greedy takes the best, the first of equals, and needs no chance") {
  SamplingParams params;
  params.temperature = 0;
  CHECK(sample_once(params, {1, 3, 2}).token == 1);
  CHECK(sample_once(params, {2, 3, 3}).token == 1);
  CHECK(sample_once(params, {-5}).token == 0);
  params.logit_bias = {{2, 5.0f}};
  CHECK(sample_once(params, {1, 3, 2}).token == 2);
  params.logit_bias = {{1, -kInfinity}};
  CHECK(sample_once(params, {1, 3, 2}).token == 2);
}

TEST_CASE("sampler: penalties see the window and no further") {
  SamplingParams params;
  params.temperature = 0;
  params.repetition_penalty = 10;
  params.penalty_window = 2;
  Sampler sampler = make(params, 3);
  const std::vector<float> logits = {3, 2, 1};
  sampler.accept(0);
  CHECK(sample(sampler, logits).token == 1);
  sampler.accept(1);
  CHECK(sample(sampler, logits).token == 2);
  sampler.accept(2);  // 0 leaves the window
  CHECK(sample(sampler, logits).token == 0);
  sampler.accept(2);  // now 1 does
  CHECK(sample(sampler, logits).token == 0);
  sampler.accept(0);
  CHECK(sample(sampler, logits).token == 1);
}

TEST_CASE("sampler: a penalty makes negative logits more so") {
  SamplingParams params;
  params.temperature = 0;
  params.repetition_penalty = 2;
  Sampler sampler = make(params, 2);
  sampler.accept(0);
  CHECK(sample(sampler, {-1, -1.5f}).token == 1);  // -2 against -1.5
  CHECK(sample(sampler, {4, 1.5f}).token == 0);    // 2 against 1.5
}

TEST_CASE("sampler: frequency counts, presence does not") {
  SamplingParams params;
  params.temperature = 0;
  params.frequency_penalty = 1;
  params.penalty_window = -1;
  Sampler often = make(params, 2);
  for (int i = 0; i < 3; ++i) often.accept(0);
  CHECK(sample(often, {3.5f, 1}).token == 1);
  params.frequency_penalty = 0;
  params.presence_penalty = 1;
  Sampler once = make(params, 2);
  for (int i = 0; i < 3; ++i) once.accept(0);
  CHECK(sample(once, {3.5f, 1}).token == 0);
  CHECK(sample(once, {1.5f, 1}).token == 1);
}

TEST_CASE("sampler: a window of 0 switches penalties off, and tokens beyond the row do no harm") {
  SamplingParams params;
  params.temperature = 0;
  params.repetition_penalty = 100;
  params.penalty_window = 0;
  Sampler off = make(params, 2);
  off.accept(0);
  CHECK(sample(off, {2, 1}).token == 0);
  params.penalty_window = -1;
  Sampler strange = make(params, 2);
  strange.accept(77);
  strange.accept(-1);
  CHECK(sample(strange, {2, 1}).token == 0);
}

TEST_CASE("sampler: an infinite bias decides, whatever the temperature") {
  for (const float temperature : {0.0f, 0.01f, 1.0f, 100.0f}) {
    SamplingParams params;
    params.temperature = temperature;
    params.logit_bias = {{3, kInfinity}};
    INFO("temperature " << temperature);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      params.seed = seed;
      CHECK(sample_once(params, {5, 4, 3, 2, 1}).token == 3);
    }
    params.logit_bias = {{0, -kInfinity}, {1, -kInfinity}, {2, -kInfinity}, {4, -kInfinity}};
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      params.seed = seed;
      CHECK(sample_once(params, {5, 4, 3, 2, 1}).token == 3);
    }
  }
}

TEST_CASE("sampler: infinite logits of the model") {
  SamplingParams params = plain();
  CHECK(sample_once(params, {0, kInfinity, 0}).token == 1);
  params.typical_p = 0.9f;
  params.top_p = 0.9f;
  params.min_p = 0.1f;
  CHECK(sample_once(params, {0, kInfinity, 0}).token == 1);
  // Two that are certain share; nobody else gets anything.
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    params.seed = seed;
    CHECK(sample_once(params, {0, kInfinity, 0, kInfinity}).token % 2 == 1);
  }
  const std::int32_t any = sample_once(plain(), {-kInfinity, -kInfinity}).token;
  CHECK((any == 0 || any == 1));
}

TEST_CASE("sampler: NaN is never chosen, and a row of them is an error") {
  for (const float temperature : {0.0f, 0.8f}) {
    SamplingParams params;
    params.temperature = temperature;
    params.logprobs = true;
    params.n_logprobs = 3;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      params.seed = seed;
      const SampledToken token = sample_once(params, {kNan, 1, kNan, 1, kNan});
      CHECK(token.token % 2 == 1);
      CHECK(std::isfinite(token.logprob));
      for (const TokenProbability& best : token.best) CHECK(best.token % 2 == 1);
    }
    Sampler sampler = make(params, 3);
    std::vector<float> bad(3, kNan);
    const auto result = sampler.sample(bad);
    CHECK(result.code() == Code::kInternal);
    CHECK(result.status().message().find("not numbers") != std::string::npos);
  }
}

TEST_CASE("sampler: logprobs are the model's, before bias, penalties and temperature") {
  SamplingParams params;
  params.temperature = 0;
  params.logprobs = true;
  params.n_logprobs = 2;
  params.logit_bias = {{0, 100.0f}};
  const SampledToken token = sample_once(params, {1, 2, 3, 3});
  CHECK(token.token == 0);
  const double sum = std::log(std::exp(1) + std::exp(2) + 2 * std::exp(3));
  CHECK(token.logprob == Approx(1 - sum).epsilon(1e-6));
  REQUIRE(token.best.size() == 2);
  CHECK(token.best[0].token == 2);
  CHECK(token.best[1].token == 3);
  CHECK(token.best[0].logprob == Approx(3 - sum).epsilon(1e-6));
  params.n_logprobs = 100;
  CHECK(sample_once(params, {1, 2, 3, 3}).best.size() == 4);
  params.logprobs = false;
  CHECK(sample_once(params, {1, 2, 3, 3}).best.empty());
}

TEST_CASE("sampler: settings that make no sense are refused by name") {
  const auto refused = [](auto change) {
    SamplingParams params;
    change(params);
    const auto made = Sampler::create(params, 10);
    CHECK(made.code() == Code::kInvalidArgument);
    return made.status().message();
  };
  CHECK(refused([](auto& p) { p.temperature = -1; }).find("temperature") != std::string::npos);
  CHECK(refused([](auto& p) { p.temperature = kNan; }).find("temperature") != std::string::npos);
  CHECK(refused([](auto& p) { p.top_p = -0.1f; }).find("top_p") != std::string::npos);
  CHECK(refused([](auto& p) { p.top_p = kNan; }).find("top_p") != std::string::npos);
  CHECK(refused([](auto& p) { p.min_p = 1.1f; }).find("min_p") != std::string::npos);
  CHECK(refused([](auto& p) { p.min_p = kNan; }).find("min_p") != std::string::npos);
  CHECK(refused([](auto& p) { p.typical_p = -1; }).find("typical_p") != std::string::npos);
  CHECK(refused([](auto& p) { p.repetition_penalty = 0; }).find("repetition") != std::string::npos);
  CHECK(refused([](auto& p) { p.repetition_penalty = kInfinity; }).find("repetition") !=
        std::string::npos);
  CHECK(refused([](auto& p) { p.frequency_penalty = kNan; }).find("frequency") !=
        std::string::npos);
  CHECK(refused([](auto& p) { p.presence_penalty = kInfinity; }).find("presence") !=
        std::string::npos);
  CHECK(refused([](auto& p) { p.logit_bias = {{10, 1.0f}}; }).find("token 10") !=
        std::string::npos);
  CHECK(refused([](auto& p) { p.logit_bias = {{-1, 1.0f}}; }).find("token -1") !=
        std::string::npos);
  CHECK(refused([](auto& p) { p.logit_bias = {{1, kNan}}; }).find("token 1") != std::string::npos);
}

TEST_CASE("sampler: filters at their ends leave one token") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SamplingParams params = plain();
    params.seed = seed;
    params.top_p = 0;
    CHECK(sample_once(params, {1, 3, 2}).token == 1);
    CHECK(sample_once(params, {1, 3, 3}).token != 0);  // equals stay together
    params = plain();
    params.seed = seed;
    params.min_p = 1;
    CHECK(sample_once(params, {1, 3, 2}).token == 1);
    params.top_k = 1;
    CHECK(sample_once(params, {3, 3, 2}).token == 0);
    params = plain();
    params.seed = seed;
    params.typical_p = 0;
    // Surprises 2.4, 0.4 and 1.4 against an entropy of 0.83: the best is the most typical.
    CHECK(sample_once(params, {1, 3, 2}).token == 1);
  }
}

TEST_CASE("sampler: extreme temperatures") {
  SamplingParams params = plain();
  params.temperature = 1e-30f;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    params.seed = seed;
    CHECK(sample_once(params, {1, 1.0001f, 0}).token == 1);
  }
  params.temperature = kInfinity;  // all alike
  std::map<std::int32_t, int> counts;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    params.seed = seed;
    ++counts[sample_once(params, {1, 50, 0}).token];
  }
  for (std::int32_t t = 0; t < 3; ++t) CHECK(counts[t] > 60);
}

}  // namespace
}  // namespace forge::engine
