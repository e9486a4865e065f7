#include "host/bench/token_scores.hpp"

#include <cmath>
#include <vector>

#include "tests/catch.hpp"

namespace forge::bench {
namespace {

// Worked by hand: logits ln(1), ln(2), ln(5) are probabilities 1/8, 2/8, 5/8.
const std::vector<float> kRow = {0.0f, std::log(2.0f), std::log(5.0f)};
const std::vector<float> kEven = {3.0f, 3.0f, 3.0f};

// Logits are f32: a logarithm of one is off by 2^-24 of its size, here less than 1e-6.
constexpr double kTolerance = 1e-6;

TEST_CASE("perplexity is the inverse geometric mean of the tokens' probabilities") {
  TokenScores scores;
  scores.add(kRow, 2);
  scores.add(kRow, 0);
  CHECK(scores.count() == 2);
  CHECK_FALSE(scores.has_base());
  CHECK(std::abs(scores.perplexity() - 1 / std::sqrt(5.0 / 8 * 1 / 8)) < 1e-5);
  // Two values of the negative log-probability: their standard error is half their distance.
  const double half = std::log(5.0) / 2;
  CHECK(std::abs(scores.perplexity_error() - scores.perplexity() * half) < 1e-5);
}

TEST_CASE("a distribution does not diverge from itself, and by the formula from another") {
  TokenScores scores;
  scores.add(kRow, 2, kRow);
  scores.add(kEven, 1, kRow);
  REQUIRE(scores.has_base());
  const double kl =
      1.0 / 8 * std::log(3.0 / 8) + 2.0 / 8 * std::log(6.0 / 8) + 5.0 / 8 * std::log(15.0 / 8);
  CHECK(std::abs(scores.mean_kl() - kl / 2) < kTolerance);
  CHECK(std::abs(scores.kl_quantile(1) - kl) < kTolerance);
  CHECK(scores.kl_quantile(0) < kTolerance);
  CHECK(scores.same_top() == 0.5);  // the even row's best is its first
  CHECK(std::abs(scores.base_perplexity() - std::sqrt(8.0 / 5 * 8 / 2)) < 1e-5);
}

TEST_CASE("large logits do not overflow") {
  TokenScores scores;
  scores.add(std::vector<float>{1e30f, 0, -1e30f}, 0);
  CHECK(scores.perplexity() == 1);
}

}  // namespace
}  // namespace forge::bench
