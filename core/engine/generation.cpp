#include "core/engine/generation.hpp"

namespace forge::engine {
namespace {

double rate(std::uint32_t tokens, std::chrono::nanoseconds time) {
  const double seconds = std::chrono::duration<double>(time).count();
  return seconds > 0 ? tokens / seconds : 0;
}

}  // namespace

std::string_view finish_reason_name(FinishReason reason) {
  switch (reason) {
    case FinishReason::kNone:
      return "none";
    case FinishReason::kEnd:
    case FinishReason::kStop:
      return "stop";
    case FinishReason::kLength:
      return "length";
    case FinishReason::kContextFull:
      return "context_full";
    case FinishReason::kCancelled:
      return "cancelled";
    case FinishReason::kError:
      return "error";
  }
  return "unknown";
}

double GenerationStats::prompt_rate() const {
  return rate(prompt_tokens - reused_tokens, time_to_first_token);
}

double GenerationStats::generation_rate() const {
  return generated_tokens < 2 ? 0 : rate(generated_tokens - 1, total - time_to_first_token);
}

}  // namespace forge::engine
