// host/cli/stats_line.hpp: the footer under an answer.
#ifndef FORGE_HOST_CLI_STATS_LINE_HPP_
#define FORGE_HOST_CLI_STATS_LINE_HPP_

#include <string>
#include <string_view>

#include "core/engine/generation.hpp"

namespace forge::cli {

// "[first token 35 ms | prompt 120 tokens (96 reused), 812.0 tok/s | answer 48 tokens, 77.3 tok/s |
// stop | cpu-avx512]"
std::string stats_line(const engine::GenerationResult& result, std::string_view pack);

}  // namespace forge::cli

#endif  // FORGE_HOST_CLI_STATS_LINE_HPP_
