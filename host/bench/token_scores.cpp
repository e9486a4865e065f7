#include "host/bench/token_scores.hpp"

#include <algorithm>
#include <cmath>

namespace forge::bench {
namespace {

// log sum exp.
double log_sum(std::span<const float> logits) {
  const double high = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float v : logits) sum += std::exp(v - high);
  return high + std::log(sum);
}

std::size_t top(std::span<const float> logits) {
  return static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

// Standard error of a mean from n, the sum and the sum of squares.
double standard_error(double n, double sum, double squares) {
  if (n < 2) return 0;
  const double mean = sum / n;
  return std::sqrt(std::max(0.0, squares / n - mean * mean) / (n - 1));
}

}  // namespace

void TokenScores::add(std::span<const float> logits, std::int32_t token) {
  const double nll = log_sum(logits) - logits[static_cast<std::size_t>(token)];
  nll_ += nll;
  nll_squared_ += nll * nll;
  ++n_;
}

void TokenScores::add(std::span<const float> logits, std::int32_t token,
                      std::span<const float> base) {
  add(logits, token);
  const double own_sum = log_sum(logits), base_sum = log_sum(base);
  base_nll_ += base_sum - base[static_cast<std::size_t>(token)];
  double kl = 0;
  for (std::size_t i = 0; i < base.size(); ++i) {
    const double log_p = base[i] - base_sum;
    kl += std::exp(log_p) * (log_p - (logits[i] - own_sum));
  }
  kl_.push_back(std::max(0.0, kl));  // rounding may take it below
  if (top(logits) == top(base)) ++same_top_;
}

double TokenScores::perplexity() const { return std::exp(nll_ / static_cast<double>(n_)); }

double TokenScores::perplexity_error() const {
  return perplexity() * standard_error(static_cast<double>(n_), nll_, nll_squared_);
}

double TokenScores::base_perplexity() const {
  return std::exp(base_nll_ / static_cast<double>(n_));
}

double TokenScores::mean_kl() const {
  double sum = 0;
  for (const double v : kl_) sum += v;
  return sum / static_cast<double>(n_);
}

double TokenScores::mean_kl_error() const {
  double sum = 0, squares = 0;
  for (const double v : kl_) {
    sum += v;
    squares += v * v;
  }
  return standard_error(static_cast<double>(n_), sum, squares);
}

double TokenScores::kl_quantile(double share) const {
  std::vector<double> sorted = kl_;
  std::sort(sorted.begin(), sorted.end());
  const auto last = static_cast<double>(sorted.size() - 1);
  return sorted[static_cast<std::size_t>(std::ceil(std::clamp(share, 0.0, 1.0) * last))];
}

double TokenScores::same_top() const {
  return static_cast<double>(same_top_) / static_cast<double>(n_);
}

}  // namespace forge::bench
