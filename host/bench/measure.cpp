#include "host/bench/measure.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <random>

#include "core/engine/session.hpp"

namespace forge::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Sessions = std::vector<std::unique_ptr<engine::Session>>;

std::vector<std::int32_t> random_tokens(std::uint32_t n, std::uint32_t n_vocab) {
  std::mt19937 random(n);
  std::vector<std::int32_t> tokens(n);
  for (std::int32_t& token : tokens) token = static_cast<std::int32_t>(random() % n_vocab);
  return tokens;
}

// Where a step's outputs go, and what they are.
struct Outputs {
  // One row each.
  Outputs(const engine::Engine& engine, const Test& test, std::size_t rows)
      : logits(rows * engine.n_vocab()),
        candidates(rows * engine.n_candidates()),
        drawn(rows),
        settings(rows),
        samplers(rows, *engine::Sampler::create(test.sampling, engine.n_vocab())) {
    if (engine.n_candidates() != 0)
      needed = samplers[0].needed(engine.n_candidates(), engine.can_draw());
  }
  engine::Needed needed = engine::Needed::kLogits;
  std::vector<float> logits;
  std::vector<std::int32_t> candidates, drawn;
  std::vector<forge_draw_settings_v1> settings;
  std::vector<engine::Sampler> samplers;
};

// One step: the next token of every sequence.
Status step(engine::Engine& engine, const Sessions& sessions, std::span<const std::int32_t> tokens,
            Outputs& outputs) {
  static constexpr std::uint32_t kFirst = 0;
  std::vector<engine::StepInput> inputs;
  for (std::size_t i = 0; i < sessions.size(); ++i)
    inputs.push_back({sessions[i]->sequence(), tokens.subspan(i, 1), {&kFirst, 1}});
  if (outputs.needed == engine::Needed::kLogits) return engine.step(inputs, outputs.logits.data());
  engine::Candidates best = {outputs.candidates.data(), outputs.logits.data()};
  if (outputs.needed == engine::Needed::kDrawn) {
    for (std::size_t i = 0; i < sessions.size(); ++i)
      outputs.settings[i] = outputs.samplers[i].draw_settings();
    best = {nullptr, nullptr, outputs.drawn.data(), outputs.settings.data()};
  }
  FORGE_TRY(engine.step(inputs, best));
  for (std::size_t i = 0; outputs.needed == engine::Needed::kDrawn && i < sessions.size(); ++i)
    FORGE_TRY(outputs.samplers[i].take_drawn(outputs.drawn[i]).status());
  return {};
}

// Sequences as the test wants to find them: `depth` positions each.
Result<Sessions> sessions_for(engine::Engine& engine, const Test& test) {
  Sessions sessions(test.kind == Test::Kind::kAnswer ? test.n_sequences : 1);
  for (auto& session : sessions) {
    FORGE_ASSIGN(session, engine::Session::open(engine));
    if (test.depth == 0) continue;
    FORGE_TRY(
        engine.evaluate(session->sequence(), random_tokens(test.depth, engine.n_vocab()), nullptr));
  }
  return sessions;
}

// As they were before a repetition. A state that cannot be cut short is computed again.
Status rewind(engine::Engine& engine, const Test& test, const Sessions& sessions) {
  const std::vector<std::int32_t> tokens = random_tokens(test.depth, engine.n_vocab());
  for (const auto& session : sessions) {
    FORGE_ASSIGN(const std::uint32_t kept,
                 engine.sequences().truncate(session->sequence(), test.depth));
    if (kept == test.depth) continue;
    FORGE_TRY(engine.evaluate(session->sequence(), std::span(tokens).subspan(kept), nullptr));
  }
  return {};
}

// Tokens per second of one repetition.
Result<double> run_once(engine::Engine& engine, const Test& test, const Sessions& sessions) {
  const auto n = static_cast<std::uint32_t>(test.n_tokens * sessions.size());
  const std::vector<std::int32_t> tokens = random_tokens(n, engine.n_vocab());
  Outputs outputs(engine, test, sessions.size());
  const Clock::time_point start = Clock::now();
  if (test.kind == Test::Kind::kPrompt) {
    FORGE_TRY(engine.evaluate(sessions.front()->sequence(), tokens, outputs.logits.data()));
  } else {
    for (std::uint32_t i = 0; i < test.n_tokens; ++i) {
      FORGE_TRY(step(engine, sessions,
                     std::span(tokens).subspan(i * sessions.size(), sessions.size()), outputs));
    }
  }
  const std::chrono::duration<double> seconds = Clock::now() - start;
  FORGE_TRY(rewind(engine, test, sessions));
  return n / std::max(seconds.count(), 1e-9);
}

}  // namespace

std::string Test::name() const {
  std::string name = fmt::format("{}{}", kind == Kind::kPrompt ? "pp" : "tg", n_tokens);
  if (n_sequences > 1) name += fmt::format(" x{}", n_sequences);
  if (depth > 0) name += fmt::format(" @ {}", depth);
  return name;
}

double Measurement::median() const {
  std::vector<double> sorted = rates;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

double Measurement::fastest() const { return *std::max_element(rates.begin(), rates.end()); }
double Measurement::slowest() const { return *std::min_element(rates.begin(), rates.end()); }
double Measurement::spread() const { return (fastest() - slowest()) / 2 / median(); }

Result<Measurement> measure(engine::Engine& engine, const Test& test, std::uint32_t n_repetitions,
                            const std::function<Status()>& go_on) {
  FORGE_ASSIGN(const Sessions sessions, sessions_for(engine, test));
  FORGE_TRY(run_once(engine, test, sessions).status());
  Measurement out = {test, {}};
  for (std::uint32_t i = 0; i < n_repetitions; ++i) {
    FORGE_TRY(go_on());
    FORGE_ASSIGN(const double rate, run_once(engine, test, sessions));
    out.rates.push_back(rate);
  }
  return out;
}

namespace {

Result<std::vector<graph::Counter>> trace_once(engine::Engine& engine, const Test& test) {
  FORGE_ASSIGN(const Sessions sessions, sessions_for(engine, test));
  Outputs outputs(engine, test, sessions.size());
  engine.plan().reset_counters();
  if (test.kind == Test::Kind::kPrompt) {
    const std::uint32_t n = std::min(test.n_tokens, engine.n_batch());
    FORGE_TRY(engine.evaluate(sessions.front()->sequence(), random_tokens(n, engine.n_vocab()),
                              outputs.logits.data()));
  } else {
    const auto n = static_cast<std::uint32_t>(sessions.size());
    FORGE_TRY(step(engine, sessions, random_tokens(n, engine.n_vocab()), outputs));
  }
  return engine.plan().counters();
}

}  // namespace

Result<std::vector<graph::Counter>> trace_step(engine::Engine& engine, const Test& test) {
  const auto total = [](const std::vector<graph::Counter>& counters) {
    std::uint64_t sum = 0;
    for (const graph::Counter& counter : counters) sum += counter.nanoseconds;
    return sum;
  };
  FORGE_ASSIGN(std::vector<graph::Counter> best, trace_once(engine, test));
  for (int i = 0; i < 2; ++i) {
    FORGE_ASSIGN(std::vector<graph::Counter> next, trace_once(engine, test));
    if (total(next) < total(best)) best = std::move(next);
  }
  return best;
}

}  // namespace forge::bench
