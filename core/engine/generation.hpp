// core/engine/generation.hpp: what is asked of the scheduler, and what it answers.
#ifndef FORGE_CORE_ENGINE_GENERATION_HPP_
#define FORGE_CORE_ENGINE_GENERATION_HPP_

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/sampler.hpp"
#include "forge/sdk/status.hpp"

namespace forge::engine {

struct GenerationRequest {
  std::vector<std::int32_t>
      prompt;  // the whole sequence so far; what the session holds is not paid again
  SamplingParams sampling;
  std::uint32_t max_tokens = 0;   // 0: until the model ends or the context is full
  std::vector<std::string> stop;  // texts that end the answer; not part of it
  bool ignore_end = false;        // goes on after the model's end tokens
  bool show_special = false;      // texts of control tokens are part of the answer
};

enum class FinishReason {
  kNone,         // still going on
  kEnd,          // the model's end token
  kStop,         // one of the stop texts
  kLength,       // max_tokens
  kContextFull,  // no position left
  kCancelled,    // the callback asked to stop
  kError,
};

// "stop", "length", ...: as OpenAI names them where it has a name.
std::string_view finish_reason_name(FinishReason reason);

// What became known with one token. Text is valid UTF-8; characters that span tokens come with
// their last.
struct GenerationEvent {
  std::string_view text;                // new, often empty
  const SampledToken* token = nullptr;  // nullptr when only held-back text is flushed
};

struct GenerationStats {
  std::uint32_t prompt_tokens = 0;     // of the request
  std::uint32_t reused_tokens = 0;     // of those, not evaluated again
  std::uint32_t generated_tokens = 0;  // the end token included
  std::chrono::nanoseconds time_to_first_token{0};
  std::chrono::nanoseconds total{0};

  // Tokens per second of the prompt that was evaluated, and of the answer after its first token.
  double prompt_rate() const;
  double generation_rate() const;
};

struct GenerationResult {
  FinishReason reason = FinishReason::kNone;
  Status status;  // why, for kError
  GenerationStats stats;
};

// Called with every event; false stops the generation.
using GenerationCallback = std::function<bool(const GenerationEvent&)>;

}  // namespace forge::engine

#endif  // FORGE_CORE_ENGINE_GENERATION_HPP_
