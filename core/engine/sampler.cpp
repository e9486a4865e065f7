#include "core/engine/sampler.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "forge/sdk/softmax_weight.hpp"

namespace forge::engine {
namespace {

Status check(const SamplingParams& p, std::uint32_t n_vocab) {
  const auto bad = [](std::string_view name, double value) {
    return invalid_argument(fmt::format("sampling: {} is {}", name, value));
  };
  if (!(p.temperature >= 0)) return bad("temperature", p.temperature);
  if (!(p.top_p >= 0)) return bad("top_p", p.top_p);
  if (!(p.min_p <= 1)) return bad("min_p", p.min_p);
  if (!(p.typical_p >= 0)) return bad("typical_p", p.typical_p);
  if (!(p.repetition_penalty > 0) || !std::isfinite(p.repetition_penalty))
    return bad("repetition_penalty", p.repetition_penalty);
  if (!std::isfinite(p.frequency_penalty)) return bad("frequency_penalty", p.frequency_penalty);
  if (!std::isfinite(p.presence_penalty)) return bad("presence_penalty", p.presence_penalty);
  for (const auto& [token, bias] : p.logit_bias) {
    if (token < 0 || static_cast<std::uint32_t>(token) >= n_vocab)
      return invalid_argument(fmt::format(
          "sampling: logit_bias names token {}; the vocabulary has {}", token, n_vocab));
    if (std::isnan(bias)) return bad(fmt::format("logit_bias of token {}", token), bias);
  }
  return {};
}

Status not_numbers() { return internal_error("the model's logits are not numbers"); }

// Falling logit; ties: the lower token, so that the order never depends on the sort.
constexpr auto kBetter = [](const auto& a, const auto& b) {
  return a.logit > b.logit || (a.logit == b.logit && a.token < b.token);
};

// The same on every machine, unlike the standard's distributions.
std::uint32_t next_of(std::mt19937_64& random) {
  return static_cast<std::uint32_t>(random() >> 32);
}

// How far a logit is behind the best one. Infinite ones may be: equal ones are 0 apart.
double behind(float best, float logit) { return logit == best ? 0.0 : double{best} - logit; }

}  // namespace

Sampler::Sampler(SamplingParams params, std::uint32_t n_vocab)
    : params_(std::move(params)),
      n_vocab_(n_vocab),
      random_(params_.seed),
      next_random_(next_of(random_)) {}

Result<Sampler> Sampler::create(SamplingParams params, std::uint32_t n_vocab) {
  FORGE_TRY(check(params, n_vocab));
  return Sampler(std::move(params), n_vocab);
}

void Sampler::accept(std::int32_t token) {
  if (params_.penalty_window == 0) return;
  window_.push_back(token);
  ++counts_[token];
  if (params_.penalty_window > 0 &&
      window_.size() > static_cast<std::size_t>(params_.penalty_window)) {
    const auto oldest = counts_.find(window_.front());
    if (--oldest->second == 0) counts_.erase(oldest);
    window_.pop_front();
  }
}

void Sampler::report_probabilities(std::span<const float> logits, SampledToken& out) const {
  std::vector<Candidate> all;  // without NaN, which is no token's probability
  all.reserve(logits.size());
  float best = -std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (std::isnan(logits[i])) continue;
    all.push_back({static_cast<std::int32_t>(i), logits[i]});
    best = std::max(best, logits[i]);
  }
  double sum = 0;
  for (const Candidate& c : all) sum += std::exp(-behind(best, c.logit));
  const auto logprob = [&](float logit) {
    return static_cast<float>(-behind(best, logit) - std::log(sum));
  };
  out.logprob = logprob(logits[static_cast<std::size_t>(out.token)]);
  const std::size_t n = std::min<std::size_t>(params_.n_logprobs, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n), all.end(), kBetter);
  for (std::size_t i = 0; i < n; ++i) out.best.push_back({all[i].token, logprob(all[i].logit)});
}

bool Sampler::penalises() const {
  return params_.repetition_penalty != 1 || params_.frequency_penalty != 0 ||
         params_.presence_penalty != 0;
}

// Of a token that was seen `count` times.
float Sampler::penalised(float logit, std::uint32_t count) const {
  logit = logit > 0 ? logit / params_.repetition_penalty : logit * params_.repetition_penalty;
  return logit - (static_cast<float>(count) * params_.frequency_penalty + params_.presence_penalty);
}

void Sampler::apply_bias_and_penalties(std::span<float> logits) const {
  for (const auto& [token, bias] : params_.logit_bias)
    logits[static_cast<std::size_t>(token)] += bias;
  for (const auto& [token, count] : counts_) {
    if (token < 0 || static_cast<std::size_t>(token) >= logits.size()) continue;
    float& logit = logits[static_cast<std::size_t>(token)];
    logit = penalised(logit, count);
  }
}

void Sampler::keep_top_k() {
  if (params_.top_k <= 0 || static_cast<std::size_t>(params_.top_k) >= candidates_.size()) return;
  const auto end = candidates_.begin() + params_.top_k;
  std::nth_element(candidates_.begin(), end, candidates_.end(), kBetter);
  candidates_.erase(end, candidates_.end());
}

// Locally typical sampling (Meister et al. 2022, arXiv 2202.00666): those whose surprise is nearest
// to the entropy, until they hold typical_p.
void Sampler::keep_typical() {
  if (params_.typical_p >= 1 || candidates_.size() < 2) return;
  std::sort(candidates_.begin(), candidates_.end(), kBetter);
  const float best = candidates_.front().logit;
  std::vector<double> p;
  for (const Candidate& c : candidates_) p.push_back(std::exp(-behind(best, c.logit)));
  const double sum = std::accumulate(p.begin(), p.end(), 0.0);
  double entropy = 0;
  for (double& x : p) {
    x /= sum;
    if (x > 0) entropy -= x * std::log(x);
  }
  const auto distance = [&](std::size_t i) {
    return p[i] > 0 ? std::abs(-std::log(p[i]) - entropy) : 1e30;
  };
  std::vector<std::size_t> order(candidates_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return distance(a) < distance(b); });
  double held = 0;
  std::size_t n = 0;
  while (n < order.size() && held <= params_.typical_p) held += p[order[n++]];
  std::vector<Candidate> kept;
  for (std::size_t i = 0; i < n; ++i) kept.push_back(candidates_[order[i]]);
  candidates_ = std::move(kept);
}

// What a pack says.
Status Sampler::check_token(std::int32_t token) const {
  if (token >= 0 && static_cast<std::uint32_t>(token) < n_vocab_) return {};
  return internal_error(
      fmt::format("the pack chose token {}; the vocabulary has {}", token, n_vocab_));
}

forge_draw_settings_v1 Sampler::draw_settings() const {
  constexpr double kOne = 4294967296;
  forge_draw_settings_v1 settings = {};
  settings.top_k = static_cast<std::uint32_t>(std::max(params_.top_k, 0));
  if (params_.top_p < 1)  // at least a little, which the best one has
    settings.top_p = static_cast<std::uint32_t>(
        std::clamp(std::round(double{params_.top_p} * kOne), 1.0, kOne - 1));
  settings.log_min_p =
      params_.min_p > 0 ? std::log(params_.min_p) : -std::numeric_limits<float>::infinity();
  settings.inverse_temperature = 1 / params_.temperature;
  settings.random = next_random_;
  return settings;
}

Result<SampledToken> Sampler::take_drawn(std::int32_t token) {
  if (token == -1) return not_numbers();
  FORGE_TRY(check_token(token));
  next_random_ = next_of(random_);
  SampledToken out;
  out.token = token;
  return out;
}

float Sampler::best() const {
  return std::min_element(candidates_.begin(), candidates_.end(), kBetter)->logit;
}

// Of the fewest best that hold top_p (Holtzman et al. 2020, arXiv 1904.09751) the distance of the
// last: first by sums over steps of distance, then within one of them.
std::uint32_t Sampler::furthest_of_nucleus(float best, std::uint32_t top_p) const {
  constexpr std::uint32_t kStep = 1u << 20;  // 1/64 of a logit
  std::vector<std::uint64_t> sums(sdk::kSoftmaxEnd / kStep);
  std::uint64_t total = 0;
  for (const Candidate& c : candidates_) {
    const std::uint32_t distance = sdk::softmax_distance(best, c.logit);
    if (distance == sdk::kSoftmaxFar) continue;
    sums[distance / kStep] += sdk::weight_at(distance);
    total += sdk::weight_at(distance);
  }
  const std::uint64_t wanted = sdk::share_of(total, top_p);  // more than 0, less than all
  std::uint64_t before = 0;
  std::uint32_t step = 0;
  for (; before + sums[step] < wanted; ++step) before += sums[step];
  std::vector<std::uint32_t> within;
  for (const Candidate& c : candidates_) {
    const std::uint32_t distance = sdk::softmax_distance(best, c.logit);
    if (distance / kStep == step) within.push_back(distance);
  }
  std::sort(within.begin(), within.end());
  std::uint32_t furthest = within.front();
  for (const std::uint32_t distance : within) {
    if (distance != furthest && before >= wanted) break;  // those at one distance stay together
    furthest = distance;
    before += sdk::weight_at(distance);
  }
  return furthest;
}

// Those of the nucleus that are at least min_p times as likely as the best.
void Sampler::keep_nucleus(const forge_draw_settings_v1& settings) {
  if (params_.top_p >= 1 && params_.min_p <= 0) return;
  const float best = this->best();
  const float bound = best + settings.log_min_p;
  const std::uint32_t furthest =
      settings.top_p != 0 ? furthest_of_nucleus(best, settings.top_p) : sdk::kSoftmaxFar;
  std::erase_if(candidates_, [&](const Candidate& c) {
    return sdk::softmax_distance(best, c.logit) > furthest || c.logit < bound;
  });
}

// By the candidates' weights at the temperature, in the order of tokens.
std::int32_t Sampler::draw(const forge_draw_settings_v1& settings) {
  constexpr auto kByToken = [](const Candidate& a, const Candidate& b) {
    return a.token < b.token;
  };
  if (!std::is_sorted(candidates_.begin(), candidates_.end(), kByToken))
    std::sort(candidates_.begin(), candidates_.end(), kByToken);
  const float best = this->best();
  const auto weight = [&](const Candidate& c) {
    return sdk::softmax_weight(best, c.logit, settings.inverse_temperature);
  };
  std::uint64_t total = 0;
  for (const Candidate& c : candidates_) total += weight(c);
  std::uint64_t left = sdk::share_of(total, settings.random);
  auto at = candidates_.begin();
  for (; left >= weight(*at); ++at) left -= weight(*at);  // ends: the share is less than the total
  return at->token;
}

// The rest of the chain, from candidates in any order.
Result<std::int32_t> Sampler::choose() {
  if (candidates_.empty()) return not_numbers();
  if (params_.temperature == 0)
    return std::min_element(candidates_.begin(), candidates_.end(), kBetter)->token;
  keep_top_k();
  keep_typical();
  const forge_draw_settings_v1 settings = draw_settings();
  keep_nucleus(settings);
  next_random_ = next_of(random_);
  return draw(settings);
}

Needed Sampler::needed(std::uint32_t k, bool can_draw) const {
  if (params_.logprobs) return Needed::kLogits;
  const bool greedy = params_.temperature == 0;
  std::uint64_t n = greedy ? 1 : static_cast<std::uint32_t>(std::max(params_.top_k, 0));
  const bool changed = penalises() || !params_.logit_bias.empty();
  if (can_draw && !greedy && !changed && params_.typical_p >= 1 && n <= k) return Needed::kDrawn;
  if (n == 0) return Needed::kLogits;
  // Tokens that may fall; any other stays where it is.
  for (const auto& [token, bias] : params_.logit_bias) {
    if (bias > 0) return Needed::kLogits;
    ++n;
  }
  if (penalises()) {
    if (params_.repetition_penalty < 1 || params_.frequency_penalty < 0 ||
        params_.presence_penalty < 0)
      return Needed::kLogits;
    n += counts_.size();
  }
  return n > k ? Needed::kLogits : Needed::kBest;
}

Result<SampledToken> Sampler::sample(std::span<const std::int32_t> tokens,
                                     std::span<float> logits) {
  for (const auto& [token, bias] : params_.logit_bias) {
    const auto at = std::find(tokens.begin(), tokens.end(), token);
    if (at != tokens.end()) logits[static_cast<std::size_t>(at - tokens.begin())] += bias;
  }
  candidates_.clear();
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    FORGE_TRY(check_token(tokens[i]));
    const auto seen = counts_.find(tokens[i]);
    if (seen != counts_.end()) logits[i] = penalised(logits[i], seen->second);
    if (!std::isnan(logits[i])) candidates_.push_back({tokens[i], logits[i]});
  }
  SampledToken out;
  FORGE_ASSIGN(out.token, choose());
  return out;
}

Result<SampledToken> Sampler::sample(std::span<float> logits) {
  SampledToken out;
  std::vector<float> model_logits;
  if (params_.logprobs) model_logits.assign(logits.begin(), logits.end());
  apply_bias_and_penalties(logits);
  if (params_.temperature == 0) {
    // NaN compares false: it is never the best, and all of them are noticed.
    std::size_t best = logits.size();
    for (std::size_t i = 0; i < logits.size(); ++i) {
      if (best == logits.size() ? !std::isnan(logits[i]) : logits[i] > logits[best]) best = i;
    }
    if (best == logits.size()) return not_numbers();
    out.token = static_cast<std::int32_t>(best);
  } else {
    candidates_.clear();
    candidates_.reserve(logits.size());
    for (std::size_t i = 0; i < logits.size(); ++i) {
      if (!std::isnan(logits[i])) candidates_.push_back({static_cast<std::int32_t>(i), logits[i]});
    }
    FORGE_ASSIGN(out.token, choose());
  }
  if (params_.logprobs) report_probabilities(model_logits, out);
  return out;
}

}  // namespace forge::engine
