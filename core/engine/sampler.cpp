#include "core/engine/sampler.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

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

// Falling logit; ties: the lower token, so that the order never depends on the sort.
constexpr auto kBetter = [](const auto& a, const auto& b) {
  return a.logit > b.logit || (a.logit == b.logit && a.token < b.token);
};

// How far a logit is behind the best one. Infinite ones may be: equal ones are 0 apart.
double behind(float best, float logit) { return logit == best ? 0.0 : double{logit} - best; }

// Softmax over candidates sorted by falling logit. What is infinitely far behind has no chance at
// any temperature.
template <class Candidates>
void set_probabilities(Candidates& candidates, float temperature) {
  const float best = candidates.front().logit;
  double sum = 0;
  for (auto& c : candidates) {
    const double distance = behind(best, c.logit);
    c.p = std::isinf(distance) ? 0.0f : static_cast<float>(std::exp(distance / temperature));
    sum += c.p;
  }
  for (auto& c : candidates) c.p = static_cast<float>(c.p / sum);
}

}  // namespace

Sampler::Sampler(SamplingParams params) : params_(std::move(params)), random_(params_.seed) {}

Result<Sampler> Sampler::create(SamplingParams params, std::uint32_t n_vocab) {
  FORGE_TRY(check(params, n_vocab));
  return Sampler(std::move(params));
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
  for (const Candidate& c : all) sum += std::exp(behind(best, c.logit));
  const auto logprob = [&](float logit) {
    return static_cast<float>(behind(best, logit) - std::log(sum));
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

// Candidates in order, the k best of them.
void Sampler::keep_top_k() {
  const bool limited =
      params_.top_k > 0 && static_cast<std::size_t>(params_.top_k) < candidates_.size();
  const auto end = limited ? candidates_.begin() + params_.top_k : candidates_.end();
  if (limited) std::nth_element(candidates_.begin(), end, candidates_.end(), kBetter);
  candidates_.erase(end, candidates_.end());
  std::sort(candidates_.begin(), candidates_.end(), kBetter);
}

// Locally typical sampling (Meister et al. 2022, arXiv 2202.00666): those whose surprise is nearest
// to the entropy, until they hold typical_p.
void Sampler::keep_typical() {
  if (params_.typical_p >= 1 || candidates_.size() < 2) return;
  set_probabilities(candidates_, 1);
  double entropy = 0;
  for (const Candidate& c : candidates_) {
    if (c.p > 0) entropy -= c.p * std::log(double{c.p});
  }
  const auto distance = [&](const Candidate& c) {
    return c.p > 0 ? std::abs(-std::log(double{c.p}) - entropy) : 1e30;
  };
  std::vector<std::size_t> order(candidates_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return distance(candidates_[a]) < distance(candidates_[b]);
  });
  double held = 0;
  std::size_t n = 0;
  while (n < order.size() && held <= params_.typical_p) held += candidates_[order[n++]].p;
  order.resize(n);
  std::sort(order.begin(), order.end());  // back to falling logit
  for (std::size_t i = 0; i < n; ++i) candidates_[i] = candidates_[order[i]];
  candidates_.resize(n);
}

// The fewest best that hold top_p (Holtzman et al. 2020, arXiv 1904.09751).
void Sampler::keep_top_p() {
  if (params_.top_p >= 1) return;
  set_probabilities(candidates_, 1);
  double held = 0;
  std::size_t n = 0;
  while (n < candidates_.size() && (n == 0 || held < params_.top_p)) held += candidates_[n++].p;
  candidates_.resize(n);
}

// Those at least min_p times as likely as the best.
void Sampler::keep_min_p() {
  if (params_.min_p <= 0) return;
  const float bound = candidates_.front().logit + std::log(params_.min_p);
  std::size_t n = 1;
  while (n < candidates_.size() && candidates_[n].logit >= bound) ++n;
  candidates_.resize(n);
}

// In [0, 1), with 24 bits: the same on every machine, unlike the standard's distributions.
float Sampler::uniform() { return static_cast<float>(random_() >> 40) * 0x1p-24f; }

std::int32_t Sampler::draw() {
  set_probabilities(candidates_, params_.temperature);
  const float point = uniform();
  double sum = 0;
  for (const Candidate& c : candidates_) {
    sum += c.p;
    if (point < sum) return c.token;
  }
  return candidates_.back().token;  // rounding left a gap at the end
}

// The rest of the chain, from candidates in any order.
Result<std::int32_t> Sampler::choose() {
  if (candidates_.empty()) return internal_error("the model's logits are not numbers");
  if (params_.temperature == 0)
    return std::min_element(candidates_.begin(), candidates_.end(), kBetter)->token;
  keep_top_k();
  keep_typical();
  keep_top_p();
  keep_min_p();
  return draw();
}

bool Sampler::candidates_suffice(std::uint32_t k) const {
  if (params_.logprobs) return false;
  std::uint64_t needed = 1;
  if (params_.temperature != 0) {
    if (params_.top_k <= 0) return false;
    needed = static_cast<std::uint32_t>(params_.top_k);
  }
  // Tokens that may fall; any other stays where it is.
  for (const auto& [token, bias] : params_.logit_bias) {
    if (bias > 0) return false;
    ++needed;
  }
  if (penalises()) {
    if (params_.repetition_penalty < 1 || params_.frequency_penalty < 0 ||
        params_.presence_penalty < 0)
      return false;
    needed += counts_.size();
  }
  return needed <= k;
}

Result<SampledToken> Sampler::sample(std::span<const std::int32_t> tokens,
                                     std::span<float> logits) {
  for (const auto& [token, bias] : params_.logit_bias) {
    const auto at = std::find(tokens.begin(), tokens.end(), token);
    if (at != tokens.end()) logits[static_cast<std::size_t>(at - tokens.begin())] += bias;
  }
  candidates_.clear();
  for (std::size_t i = 0; i < tokens.size(); ++i) {
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
    if (best == logits.size()) return internal_error("the model's logits are not numbers");
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
