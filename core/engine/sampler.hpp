// core/engine/sampler.hpp: the next token from a row of logits.
//
// The chain, in this order (the one llama.cpp uses by default, so that settings carry over):
//   logit bias -> repetition, frequency and presence penalties -> top-k -> typical -> top-p ->
//   min-p
//   -> temperature -> draw. Temperature 0 takes the best token after bias and penalties.
// From top-p on the chain is FORGE_OP_DRAW, which counts in whole numbers: a pack that draws takes
// the token that is taken here. Tokens of the same logit stay in the nucleus or leave it together.
#ifndef FORGE_CORE_ENGINE_SAMPLER_HPP_
#define FORGE_CORE_ENGINE_SAMPLER_HPP_

#include <cstdint>
#include <deque>
#include <random>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "forge/abi/graph.h"
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
  kDrawn,   // a token that the pack draws by draw_settings()
  kBest,    // the best tokens
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

  // What the next choice needs, where a pack can hand over the k best tokens, and perhaps draw. It
  // draws when nothing changes the logits and a top-k is at most k. The best alone decide when the
  // chain begins with a top-k, nothing can bring a token from outside to the front (no bias up, no
  // penalty that rewards), and enough are left in front should all that is penalised fall behind
  // those outside. Reported probabilities are of all tokens.
  Needed needed(std::uint32_t k, bool can_draw) const;

  // As sample() of all logits, bit for bit, from the best tokens and their logits as FORGE_OP_TOP_K
  // orders them; only where needed(k, false) says kBest. logits are overwritten. kInternal for
  // tokens that do not exist, here and below.
  Result<SampledToken> sample(std::span<const std::int32_t> tokens, std::span<float> logits);

  // The rest of the chain as FORGE_OP_DRAW has it, the next random number included; only where
  // needed() says kDrawn. take_drawn() is sample() with what a pack drew by it: the token, or -1.
  forge_draw_settings_v1 draw_settings() const;
  Result<SampledToken> take_drawn(std::int32_t token);

  const SamplingParams& params() const { return params_; }

 private:
  struct Candidate {
    std::int32_t token;
    float logit;
  };

  Sampler(SamplingParams params, std::uint32_t n_vocab);
  Status check_token(std::int32_t token) const;
  void report_probabilities(std::span<const float> logits, SampledToken& out) const;
  bool penalises() const;
  float penalised(float logit, std::uint32_t count) const;
  void apply_bias_and_penalties(std::span<float> logits) const;
  Result<std::int32_t> choose();
  void keep_top_k();
  void keep_typical();
  float best() const;
  std::uint32_t furthest_of_nucleus(float best, std::uint32_t top_p) const;
  void keep_nucleus(const forge_draw_settings_v1& settings);
  std::int32_t draw(const forge_draw_settings_v1& settings);

  SamplingParams params_;
  std::uint32_t n_vocab_;
  std::mt19937_64 random_;
  std::uint32_t next_random_;
  std::deque<std::int32_t> window_;
  std::unordered_map<std::int32_t, std::uint32_t> counts_;  // of the tokens in the window
  std::vector<Candidate> candidates_;
};

}  // namespace forge::engine

#endif  // FORGE_CORE_ENGINE_SAMPLER_HPP_
