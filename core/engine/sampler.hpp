// core/engine/sampler.hpp: the next token from a row of logits.
//
// The chain, in this order (the one llama.cpp uses by default, so that settings carry over):
//   logit bias -> repetition, frequency and presence penalties -> top-k -> typical -> top-p ->
//   min-p
//   -> temperature -> draw. Temperature 0 takes the best token after bias and penalties.
#ifndef FORGE_CORE_ENGINE_SAMPLER_HPP_
#define FORGE_CORE_ENGINE_SAMPLER_HPP_

#include <cstdint>
#include <deque>
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

  // Whether the k best tokens alone decide the next choice, whatever the logits are. They do when
  // the chain begins with a top-k, nothing can bring a token from outside to the front (no bias up,
  // no penalty that rewards), and enough are left in front should all that is penalised fall behind
  // those outside. Reported probabilities are of all tokens.
  bool candidates_suffice(std::uint32_t k) const;

  // As sample() of all logits, bit for bit, from the best tokens and their logits as FORGE_OP_TOP_K
  // orders them; only where they suffice. logits are overwritten.
  Result<SampledToken> sample(std::span<const std::int32_t> tokens, std::span<float> logits);

  const SamplingParams& params() const { return params_; }

 private:
  struct Candidate {
    std::int32_t token;
    float logit;
    float p = 0;
  };

  explicit Sampler(SamplingParams params);
  void report_probabilities(std::span<const float> logits, SampledToken& out) const;
  bool penalises() const;
  float penalised(float logit, std::uint32_t count) const;
  void apply_bias_and_penalties(std::span<float> logits) const;
  void keep_top_k();
  Result<std::int32_t> choose();
  void keep_typical();
  void keep_top_p();
  void keep_min_p();
  std::int32_t draw();
  float uniform();

  SamplingParams params_;
  std::mt19937_64 random_;
  std::deque<std::int32_t> window_;
  std::unordered_map<std::int32_t, std::uint32_t> counts_;  // of the tokens in the window
  std::vector<Candidate> candidates_;                       // by falling logit
};

}  // namespace forge::engine

#endif  // FORGE_CORE_ENGINE_SAMPLER_HPP_
