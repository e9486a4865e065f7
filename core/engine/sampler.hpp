// core/engine/sampler.hpp: the next token from a row of logits.
//
// The chain, in this order (the one llama.cpp uses by default, so that settings carry over):
//   logit bias -> repetition, frequency and presence penalties -> top-k -> typical -> top-p ->
//   min-p
//   -> temperature -> draw. Temperature 0 takes the best token after bias and penalties.
// From top-p on the chain counts in whole numbers (forge/sdk/softmax_weight.hpp), so that a sum
// that a pack made of a row is the one made here.
#ifndef FORGE_CORE_ENGINE_SAMPLER_HPP_
#define FORGE_CORE_ENGINE_SAMPLER_HPP_

#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "forge/sdk/status.hpp"

namespace forge::engine {

struct SamplingParams {
  float temperature = 0.8f;  // 0: greedy
  std::int32_t top_k = 40;   // <= 0: off
  float top_p = 0.95f;       // >= 1: off; 0: the best one
  float min_p = 0.05f;       // <= 0: off
  float typical_p = 1.0f;    // >= 1: off; 0: the most typical one
  float repetition_penalty = 1.0f;
  float frequency_penalty = 0.0f;
  float presence_penalty = 0.0f;
  std::int32_t penalty_window = 64;  // tokens looked back, the prompt's included; -1: all
  std::vector<std::pair<std::int32_t, float>> logit_bias;
  std::uint64_t seed = 0;
  std::uint32_t n_logprobs = 0;  // alternatives reported beside the chosen token
  bool logprobs = false;         // report the chosen token's probability
};

// Probabilities are those of the model itself: softmax of its logits, before the chain.
struct TokenProbability {
  std::int32_t token = 0;
  float logprob = 0;
};

struct SampledToken {
  std::int32_t token = 0;
  float logprob = 0;                   // with SamplingParams::logprobs
  std::vector<TokenProbability> best;  // n_logprobs of them, best first
};

// What a choice needs to be made.
enum class Needed {
  kBest,    // the best tokens
  kSum,     // those and the sum of all tokens' weights
  kLogits,  // all logits
};

// One sequence's sampler: a random generator and the tokens it has seen. The same parameters,
// tokens and logits give the same choices on every machine. Thread-compatible.
class Sampler {
 public:
  // Ids of logit_bias outside the vocabulary are an error, as are NaN and negative settings. A bias
  // may be infinite: never, or nothing else.
  static Result<Sampler> create(SamplingParams params, std::uint32_t n_vocab);

  // Tells which token the sequence goes on with, prompt or answer.
  void accept(std::int32_t token);

  // Chooses; does not accept. logits [n_vocab] are overwritten. kInternal when all are NaN.
  Result<SampledToken> sample(std::span<float> logits);

  // What the next choice needs, where a pack can hand over the k best tokens. They alone decide
  // when the chain begins with a top-k, nothing can bring a token from outside to the front (no
  // bias up, no penalty that rewards), and enough are left in front should all that is penalised
  // fall behind those outside. Without a top-k, a top-p or a min-p cuts among them in most cases,
  // if the sum of all weights is known and nothing changes the logits. Reported probabilities are
  // of all tokens.
  Needed needed(std::uint32_t k) const;

  // As sample() of all logits, bit for bit, from the best tokens and their logits as FORGE_OP_TOP_K
  // orders them; only where needed() says so. logits are overwritten. With Needed::kSum sum_of_all
  // is the sum that FORGE_OP_SOFTMAX_SUM makes, and the result nothing where the nucleus has more
  // tokens than these; sample(all logits) then gives the choice.
  Result<std::optional<SampledToken>> sample(std::span<const std::int32_t> tokens,
                                             std::span<float> logits,
                                             const std::uint64_t* sum_of_all = nullptr);

  const SamplingParams& params() const { return params_; }

 private:
  struct Candidate {
    std::int32_t token;
    float logit;
    double p = 0;  // keep_typical's
  };

  explicit Sampler(SamplingParams params);
  void report_probabilities(std::span<const float> logits, SampledToken& out) const;
  bool penalises() const;
  float penalised(float logit, std::uint32_t count) const;
  void apply_bias_and_penalties(std::span<float> logits) const;
  Result<std::optional<std::int32_t>> choose(const std::uint64_t* sum_of_all);
  void sort_first(std::size_t n);
  void keep_first(std::size_t n);
  void keep_top_k();
  void keep_typical();
  bool keep_nucleus(std::uint64_t total, bool more_outside);
  std::int32_t draw();
  float uniform();

  SamplingParams params_;
  std::mt19937_64 random_;
  std::deque<std::int32_t> window_;
  std::unordered_map<std::int32_t, std::uint32_t> counts_;  // of the tokens in the window
  std::vector<Candidate> candidates_;
  std::size_t n_sorted_ = 0;  // the first of them are by falling logit, and before all others
};

}  // namespace forge::engine

#endif  // FORGE_CORE_ENGINE_SAMPLER_HPP_
