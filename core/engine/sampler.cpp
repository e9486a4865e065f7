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

// Falling logit; ties: the lower token, so that the order never depends on the sort.
constexpr auto kBetter = [](const auto& a, const auto& b) {
  return a.logit > b.logit || (a.logit == b.logit && a.token < b.token);
};

// How far a logit is behind the best one. Infinite ones may be: equal ones are 0 apart.
double behind(float best, float logit) { return logit == best ? 0.0 : double{best} - logit; }

// The same as the packs have it: one rounding, so that a weight has one value everywhere.
std::uint64_t weight_of(float best, float logit, float temperature = 1) {
  return temperature == 1
             ? sdk::softmax_weight(best, logit)
             : sdk::softmax_weight(logit == best ? 0.0f : (best - logit) / temperature);
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

// The first n candidates, at least, in order and before all others; there are as many, or fewer.
void Sampler::sort_first(std::size_t n) {
  // Twice as many as last time, so that who goes on asking does not sort anew for each.
  while (n_sorted_ < std::min(n, candidates_.size())) {
    const auto begin = candidates_.begin() + static_cast<std::ptrdiff_t>(n_sorted_);
    n_sorted_ = std::min(std::max<std::size_t>(64, 2 * n_sorted_), candidates_.size());
    const auto end = candidates_.begin() + static_cast<std::ptrdiff_t>(n_sorted_);
    if (end != candidates_.end()) std::nth_element(begin, end, candidates_.end(), kBetter);
    std::sort(begin, end, kBetter);
  }
}

void Sampler::keep_first(std::size_t n) {
  if (n < candidates_.size()) candidates_.resize(n);
  n_sorted_ = std::min(n_sorted_, candidates_.size());
}

void Sampler::keep_top_k() {
  if (params_.top_k <= 0 || static_cast<std::size_t>(params_.top_k) >= candidates_.size()) return;
  sort_first(static_cast<std::size_t>(params_.top_k));
  keep_first(static_cast<std::size_t>(params_.top_k));
}

// Locally typical sampling (Meister et al. 2022, arXiv 2202.00666): those whose surprise is nearest
// to the entropy, until they hold typical_p.
void Sampler::keep_typical() {
  if (params_.typical_p >= 1 || candidates_.size() < 2) return;
  sort_first(candidates_.size());
  const float best = candidates_.front().logit;
  double sum = 0;
  for (Candidate& c : candidates_) sum += c.p = std::exp(-behind(best, c.logit));
  for (Candidate& c : candidates_) c.p /= sum;
  double entropy = 0;
  for (const Candidate& c : candidates_) {
    if (c.p > 0) entropy -= c.p * std::log(c.p);
  }
  const auto distance = [&](const Candidate& c) {
    return c.p > 0 ? std::abs(-std::log(c.p) - entropy) : 1e30;
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
  keep_first(n);
}

// Of the fewest best that hold top_p of `total` (Holtzman et al. 2020, arXiv 1904.09751) those at
// least min_p times as likely as the best. Both keep a beginning of the order, so that it is found
// going down; false: it goes on behind the candidates, of which there are more than are here.
bool Sampler::keep_nucleus(std::uint64_t total, bool more_outside) {
  const float best = candidates_.front().logit;
  const float bound =
      params_.min_p > 0 ? best + std::log(params_.min_p) : -std::numeric_limits<float>::infinity();
  const double wanted = double{params_.top_p} * static_cast<double>(total);
  std::uint64_t held = 0;
  std::size_t n = 0;
  for (; n < candidates_.size(); ++n) {
    sort_first(n + 1);
    const float logit = candidates_[n].logit;
    const bool enough = params_.top_p < 1 && static_cast<double>(held) >= wanted;
    if (n > 0 && (enough || logit < bound)) break;
    held += weight_of(best, logit);
  }
  if (n == candidates_.size() && more_outside &&
      !(params_.top_p < 1 && static_cast<double>(held) >= wanted))
    return false;
  keep_first(n);
  return true;
}

// In [0, 1), with 24 bits: the same on every machine, unlike the standard's distributions.
float Sampler::uniform() { return static_cast<float>(random_() >> 40) * 0x1p-24f; }

// By the candidates' weights at the temperature.
std::int32_t Sampler::draw() {
  const float best = candidates_.front().logit;
  const auto weight = [&](const Candidate& c) {
    return weight_of(best, c.logit, params_.temperature);
  };
  std::uint64_t total = 0;
  for (const Candidate& c : candidates_) total += weight(c);
  const double point = double{uniform()} * static_cast<double>(total);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    sort_first(i + 1);
    sum += weight(candidates_[i]);
    if (point < static_cast<double>(sum)) return candidates_[i].token;
  }
  return candidates_.back().token;  // rounding left a gap at the end
}

// The rest of the chain, from candidates in any order: all there are, or the best with the sum of
// everybody's weights. Nothing: they do not decide.
Result<std::optional<std::int32_t>> Sampler::choose(const std::uint64_t* sum_of_all) {
  n_sorted_ = 0;
  if (candidates_.empty()) return internal_error("the model's logits are not numbers");
  if (params_.temperature == 0)
    return std::optional(std::min_element(candidates_.begin(), candidates_.end(), kBetter)->token);
  keep_top_k();
  keep_typical();
  sort_first(1);
  if (params_.top_p < 1 || params_.min_p > 0) {
    std::uint64_t total = sum_of_all != nullptr ? *sum_of_all : 0;
    const float best = candidates_.front().logit;
    if (sum_of_all == nullptr && params_.top_p < 1) {  // a min-p alone measures by the best
      for (const Candidate& c : candidates_) total += weight_of(best, c.logit);
    }
    if (!keep_nucleus(total, sum_of_all != nullptr)) return std::optional<std::int32_t>();
  }
  return std::optional(draw());
}

Needed Sampler::needed(std::uint32_t k) const {
  if (params_.logprobs) return Needed::kLogits;
  std::uint64_t n = 1;
  const bool open_ended = params_.temperature != 0 && params_.top_k <= 0;
  if (params_.temperature != 0 && !open_ended) n = static_cast<std::uint32_t>(params_.top_k);
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
  if (n > k) return Needed::kLogits;
  if (!open_ended) return Needed::kBest;
  // A nucleus, of logits that nothing changes.
  const bool changed = penalises() || !params_.logit_bias.empty();
  const bool ends = params_.top_p < 1 || params_.min_p > 0;
  return changed || !ends || params_.typical_p < 1 ? Needed::kLogits : Needed::kSum;
}

Result<std::optional<SampledToken>> Sampler::sample(std::span<const std::int32_t> tokens,
                                                    std::span<float> logits,
                                                    const std::uint64_t* sum_of_all) {
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
  FORGE_ASSIGN(const std::optional<std::int32_t> token, choose(sum_of_all));
  if (!token) return std::optional<SampledToken>();
  SampledToken out;
  out.token = *token;
  return std::optional(std::move(out));
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
    FORGE_ASSIGN(const std::optional<std::int32_t> token, choose(nullptr));
    out.token = *token;  // all candidates are here
  }
  if (params_.logprobs) report_probabilities(model_logits, out);
  return out;
}

}  // namespace forge::engine
