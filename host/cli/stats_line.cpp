#include "host/cli/stats_line.hpp"

#include <fmt/core.h>

#include <chrono>

namespace forge::cli {

std::string stats_line(const engine::GenerationResult& result, std::string_view pack) {
  const engine::GenerationStats& s = result.stats;
  const double first = std::chrono::duration<double, std::milli>(s.time_to_first_token).count();
  const std::string reused =
      s.reused_tokens == 0 ? "" : fmt::format(" ({} reused)", s.reused_tokens);
  return fmt::format(
      "[first token {:.0f} ms | prompt {} tokens{}, {:.1f} tok/s | answer {} tokens, {:.1f} tok/s "
      "| {} | {}]",
      first, s.prompt_tokens, reused, s.prompt_rate(), s.generated_tokens, s.generation_rate(),
      engine::finish_reason_name(result.reason), pack);
}

}  // namespace forge::cli
