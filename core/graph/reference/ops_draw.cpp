// FORGE_OP_DRAW of the reference executor.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "core/graph/reference/context.hpp"
#include "forge/sdk/softmax_weight.hpp"

namespace forge::graph::reference {
namespace {

struct Token {
  std::int32_t id;
  float x;
};

// Of tokens by falling x.
std::vector<Token> nucleus(const std::vector<Token>& tokens,
                           const forge_draw_settings_v1& settings) {
  const float best = tokens.front().x;
  std::uint64_t total = 0;
  for (const Token& token : tokens) total += sdk::softmax_weight(best, token.x);
  const std::uint64_t wanted = sdk::share_of(total, settings.top_p);
  std::vector<Token> kept;
  std::uint64_t so_far = 0, before = 0;
  std::uint32_t distance = 0;  // of what `before` is before
  for (const Token& token : tokens) {
    if (sdk::softmax_distance(best, token.x) != distance) before = so_far;
    distance = sdk::softmax_distance(best, token.x);
    so_far += sdk::softmax_weight(best, token.x);
    const bool in = settings.top_p == 0 || before < wanted;
    if (in && !(token.x < best + settings.log_min_p)) kept.push_back(token);
  }
  return kept;
}

std::int32_t draw(std::vector<Token> tokens, const forge_draw_settings_v1& settings) {
  std::erase_if(tokens, [](const Token& token) { return std::isnan(token.x); });
  if (tokens.empty()) return -1;
  std::stable_sort(tokens.begin(), tokens.end(),
                   [](const Token& a, const Token& b) { return a.x > b.x; });
  const float best = tokens.front().x;
  tokens = nucleus(tokens, settings);
  std::sort(tokens.begin(), tokens.end(),
            [](const Token& a, const Token& b) { return a.id < b.id; });
  const auto weight = [&](const Token& token) {
    return sdk::softmax_weight(best, token.x, settings.inverse_temperature);
  };
  std::uint64_t total = 0, sum = 0;
  for (const Token& token : tokens) total += weight(token);
  const std::uint64_t point = sdk::share_of(total, settings.random);
  for (const Token& token : tokens) {
    sum += weight(token);
    if (sum > point) return token.id;
  }
  return -1;
}

}  // namespace

void run_draw(const sdk::NodeView& node, Context& context) {
  for (std::uint32_t r = 0; r < context.n_rows(node.input(0)); ++r) {
    const std::span<const float> x = context.in(node, 0, r);
    const std::int32_t* ids = context.int_row(node.input_id(1), r);
    forge_draw_settings_v1 settings;
    std::memcpy(&settings, context.row(node.input_id(3), r), sizeof(settings));
    std::vector<Token> tokens;
    if (settings.top_k != 0) {
      for (std::uint32_t i = 0; i < std::min(settings.top_k, node.input(1).width); ++i)
        tokens.push_back({ids[i], context.in(node, 2, r)[i]});
    } else {
      for (std::size_t i = 0; i < x.size(); ++i)
        tokens.push_back({static_cast<std::int32_t>(i), x[i]});
    }
    *context.int_row(node.output_id(0), r) = draw(std::move(tokens), settings);
  }
}

}  // namespace forge::graph::reference
