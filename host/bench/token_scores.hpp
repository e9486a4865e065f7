// host/bench/token_scores.hpp: how well rows of logits foretell a text, and how near they are to
// others.
#ifndef FORGE_HOST_BENCH_TOKEN_SCORES_HPP_
#define FORGE_HOST_BENCH_TOKEN_SCORES_HPP_

#include <cstdint>
#include <span>
#include <vector>

namespace forge::bench {

// Sums over positions; natural logarithms, in double. Thread-compatible.
class TokenScores {
 public:
  // One position: the logits [n_vocab] and the token that really came.
  void add(std::span<const float> logits, std::int32_t token);
  // The same, compared with the logits of a model that is taken to be right.
  void add(std::span<const float> logits, std::int32_t token, std::span<const float> base);

  std::uint64_t count() const { return n_; }
  // exp of the mean negative log-probability, and its standard error (by the delta method).
  double perplexity() const;
  double perplexity_error() const;

  // Only when every position had a base. KL divergence of these probabilities from the base's,
  // sum p_base * (log p_base - log p), per position.
  bool has_base() const { return n_ > 0 && kl_.size() == n_; }
  double base_perplexity() const;
  double mean_kl() const;
  double mean_kl_error() const;
  // Value that a share of the positions does not exceed.
  double kl_quantile(double share) const;
  // Share of positions whose most probable token is the base's.
  double same_top() const;

 private:
  std::uint64_t n_ = 0;
  double nll_ = 0, nll_squared_ = 0, base_nll_ = 0;
  std::uint64_t same_top_ = 0;
  std::vector<double> kl_;
};

}  // namespace forge::bench

#endif  // FORGE_HOST_BENCH_TOKEN_SCORES_HPP_
