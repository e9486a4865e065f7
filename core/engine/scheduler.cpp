#include "core/engine/scheduler.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace forge::engine {

using Clock = std::chrono::steady_clock;

// One generation under way.
struct Scheduler::Generation {
  Generation(Session& s, GenerationRequest r, Sampler m, const text::Tokenizer& tokenizer,
             GenerationCallback event, Done d)
      : session(s),
        request(std::move(r)),
        sampler(std::move(m)),
        detokenizer(tokenizer, {request.show_special, false}),
        stop(request.stop),
        on_event(std::move(event)),
        done(std::move(d)) {}

  Session& session;
  GenerationRequest request;
  Sampler sampler;
  text::Detokenizer detokenizer;
  StopMatcher stop;
  GenerationCallback on_event;
  Done done;

  std::vector<std::int32_t> waiting;  // to evaluate: the rest of the prompt, or the last token
  std::uint32_t in_step = 0;          // of those, in the batch that is running
  std::uint32_t output = 0;           // index in the step of the row whose logits are wanted
  bool wants_logits = false;
  bool finished = false;
  GenerationResult result;
  GenerationStats stats;
  Clock::time_point start = Clock::now();
};

Scheduler::Scheduler(Engine& engine) : engine_(engine) {
  const std::size_t rows = engine_.plan().options().max_outputs;
  logits_.resize(rows * engine_.n_vocab());
  candidates_.resize(rows * engine_.n_candidates());
  drawn_.resize(rows);
  draw_settings_.resize(rows);
}

Scheduler::~Scheduler() = default;

Status Scheduler::add(Session& session, GenerationRequest request, GenerationCallback on_event,
                      Done done) {
  if (request.prompt.empty()) return invalid_argument("the prompt is empty");
  if (request.prompt.size() > engine_.n_ctx())
    return out_of_range(
        fmt::format("the prompt has {} tokens, but the context holds {}; shorten it or use a "
                    "longer context (--context)",
                    request.prompt.size(), engine_.n_ctx()));
  // In a batch they would fail everybody's step.
  for (const std::int32_t token : request.prompt) {
    if (token < 0 || static_cast<std::uint32_t>(token) >= engine_.n_vocab())
      return invalid_argument(fmt::format("the prompt has token {}; the model's vocabulary has {}",
                                          token, engine_.n_vocab()));
  }
  const auto uses = [&](const auto& g) { return &g->session == &session; };
  if (std::any_of(active_.begin(), active_.end(), uses))
    return failed_precondition("the session is answering already");
  FORGE_ASSIGN(Sampler sampler, Sampler::create(request.sampling, engine_.n_vocab()));
  FORGE_ASSIGN(const std::uint32_t kept, session.rewind(request.prompt));
  auto g = std::make_unique<Generation>(session, std::move(request), std::move(sampler),
                                        engine_.model().tokenizer(), std::move(on_event),
                                        std::move(done));
  for (const std::int32_t token : g->request.prompt) g->sampler.accept(token);
  g->waiting.assign(g->request.prompt.begin() + kept, g->request.prompt.end());
  g->stats.prompt_tokens = static_cast<std::uint32_t>(g->request.prompt.size());
  g->stats.reused_tokens = kept;
  active_.push_back(std::move(g));
  return {};
}

// Puts the next n waiting tokens of a generation into the batch.
void Scheduler::take(Generation& g, std::uint32_t n) {
  g.in_step = n;
  g.wants_logits = n == g.waiting.size();
  g.output = n - 1;
  StepInput input = {g.session.sequence(), std::span(g.waiting).first(n), {}};
  if (g.wants_logits) input.outputs = {&g.output, 1};
  inputs_.push_back(input);
  in_batch_.push_back(&g);
  rows_left_ -= n;
  outputs_left_ -= g.wants_logits ? 1 : 0;
}

void Scheduler::plan_batch() {
  inputs_.clear();
  in_batch_.clear();
  rows_left_ = engine_.n_batch();
  outputs_left_ = engine_.plan().options().max_outputs;
  std::uint32_t sequences_left = engine_.plan().options().max_sequences;
  // Answers first: they wait for one row each. Then prompts, oldest first.
  for (const bool answering : {true, false}) {
    for (const auto& g : active_) {
      if (rows_left_ == 0 || outputs_left_ == 0 || sequences_left == 0) return;
      if ((g->stats.generated_tokens > 0) != answering) continue;
      take(*g, std::min<std::uint32_t>(rows_left_, static_cast<std::uint32_t>(g->waiting.size())));
      --sequences_left;
    }
  }
}

// For its token.
Needed Scheduler::needed(const Generation& g) const {
  const std::uint32_t n = engine_.n_candidates();
  if (n == 0) return Needed::kLogits;
  return g.sampler.needed(n, engine_.can_draw());
}

// What everybody together needs whose token is due.
Status Scheduler::run_step() {
  Candidates best;
  brought_logits_ = false;
  std::size_t row = 0;
  for (const Generation* g : in_batch_) {
    if (!g->wants_logits) continue;
    const Needed needs = needed(*g);
    brought_logits_ |= needs == Needed::kLogits;
    if (needs == Needed::kBest) {
      best.tokens = candidates_.data();
      best.logits = logits_.data();
    }
    draw_settings_[row] = graph::kDrawNothing;
    if (needs == Needed::kDrawn) {
      draw_settings_[row] = g->sampler.draw_settings();
      best.drawn = drawn_.data();
      best.draw_settings = draw_settings_.data();
    }
    ++row;
  }
  // A step that is nobody's last, too.
  if (brought_logits_ || row == 0) return engine_.step(inputs_, logits_.data());
  return engine_.step(inputs_, best);
}

Status Scheduler::step() {
  if (idle()) return failed_precondition("there is nothing to generate");
  plan_batch();
  const Status status = run_step();
  if (status.ok()) {
    finish_batch();
  } else {
    for (Generation* g : in_batch_) finish(*g, FinishReason::kError, status);
  }
  // Those that are done say so after they have left, so that `done` may add the next.
  std::list<std::unique_ptr<Generation>> ended;
  for (auto it = active_.begin(); it != active_.end();) {
    const auto next = std::next(it);
    if ((*it)->finished) ended.splice(ended.end(), active_, it);
    it = next;
  }
  for (const auto& g : ended) {
    if (g->done) g->done(g->result);
  }
  return {};
}

void Scheduler::finish_batch() {
  std::size_t row = 0;
  for (Generation* g : in_batch_) {
    g->session.append(std::span(g->waiting).first(g->in_step));
    g->waiting.erase(g->waiting.begin(), g->waiting.begin() + g->in_step);
    if (!g->wants_logits) continue;
    Result<SampledToken> sampled = sample(*g, row++);
    if (sampled.ok()) {
      take_token(*g, *sampled);
    } else {
      finish(*g, FinishReason::kError, std::move(sampled).status());
    }
  }
}

Result<SampledToken> Scheduler::sample(Generation& g, std::size_t row) {
  const std::span<float> logits = std::span(logits_);
  if (brought_logits_)
    return g.sampler.sample(logits.subspan(row * engine_.n_vocab(), engine_.n_vocab()));
  if (needed(g) == Needed::kDrawn) return g.sampler.take_drawn(drawn_[row]);
  const std::size_t n = engine_.n_candidates();
  return g.sampler.sample(std::span(candidates_).subspan(row * n, n), logits.subspan(row * n, n));
}

// Goes on with the next token, or decides that it was the last.
void Scheduler::take_token(Generation& g, const SampledToken& sampled) {
  const std::int32_t token = sampled.token;
  if (g.stats.generated_tokens++ == 0) g.stats.time_to_first_token = Clock::now() - g.start;
  g.sampler.accept(token);
  const bool end = engine_.model().tokenizer().vocab().ends_generation(token);
  if (end && !g.request.ignore_end) return finish(g, FinishReason::kEnd);
  emit(g, sampled);
  if (g.finished) return;
  if (g.request.max_tokens != 0 && g.stats.generated_tokens >= g.request.max_tokens)
    return finish(g, FinishReason::kLength);
  if (g.session.tokens().size() >= engine_.n_ctx()) return finish(g, FinishReason::kContextFull);
  g.waiting.assign(1, token);
}

void Scheduler::emit(Generation& g, const SampledToken& token) {
  std::string text;
  const Status status = g.detokenizer.push(token.token, text);
  // A row of the embedding table that no token names has no text.
  if (!status.ok() && status.code() != Code::kOutOfRange)
    return finish(g, FinishReason::kError, status);
  const std::string shown = g.stop.push(text);
  if (!g.on_event({shown, &token})) return finish(g, FinishReason::kCancelled);
  if (g.stop.stopped()) finish(g, FinishReason::kStop);
}

void Scheduler::finish(Generation& g, FinishReason reason, Status status) {
  if (reason != FinishReason::kStop && reason != FinishReason::kCancelled) {
    std::string rest;
    g.detokenizer.finish(rest);
    std::string shown = g.stop.push(rest);
    shown += g.stop.flush();
    if (!shown.empty()) static_cast<void>(g.on_event({shown, nullptr}));
  }
  g.stats.total = Clock::now() - g.start;
  g.finished = true;
  g.result = {reason, std::move(status), g.stats};
}

GenerationResult generate(Engine& engine, Session& session, GenerationRequest request,
                          const GenerationCallback& on_event) {
  Scheduler scheduler(engine);
  GenerationResult result;
  Status status = scheduler.add(session, std::move(request), on_event,
                                [&](const GenerationResult& r) { result = r; });
  while (status.ok() && !scheduler.idle()) status = scheduler.step();
  if (!status.ok()) result = {FinishReason::kError, std::move(status), {}};
  return result;
}

}  // namespace forge::engine
