#include "core/engine/scheduler.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "core/base/utf8.hpp"
#include "tests/catch.hpp"
#include "tests/support/failing_pack.hpp"
#include "tests/support/tiny_model.hpp"

namespace forge::engine {
namespace {

using test::open_tiny_model;
using test::tiny_engine;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::shared_ptr<const Model> model() {
  static const std::shared_ptr<const Model> opened = open_tiny_model();
  return opened;
}

EngineOptions options(std::uint32_t n_sequences = 1, std::uint32_t n_ctx = 64,
                      std::uint32_t n_batch = 16) {
  EngineOptions o;
  o.n_sequences = n_sequences;
  o.n_ctx = n_ctx;
  o.n_batch = n_batch;
  return o;
}

std::vector<std::int32_t> tokens_of(const std::string& text) {
  auto tokens = model()->tokenizer().encode(text);
  REQUIRE(tokens.ok());
  return *tokens;
}

GenerationRequest ask(const std::string& prompt, std::uint32_t max_tokens, std::uint64_t seed = 1) {
  GenerationRequest request;
  request.prompt = tokens_of(prompt);
  request.max_tokens = max_tokens;
  request.sampling.seed = seed;
  request.ignore_end = true;
  return request;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const CodePoint point = decode_utf8(text);
    if (!point.valid) return false;
    text.remove_prefix(point.size);
  }
  return true;
}

// Everything one generation said.
struct Answer {
  std::string text;
  std::vector<std::int32_t> tokens;
  GenerationResult result;
  int n_done = 0;

  GenerationCallback on_event() {
    return [this](const GenerationEvent& event) {
      text += event.text;
      if (event.token != nullptr) tokens.push_back(event.token->token);
      return true;
    };
  }
  Scheduler::Done on_done() {
    return [this](const GenerationResult& r) {
      result = r;
      ++n_done;
    };
  }
};

std::unique_ptr<Session> open(Engine& engine) {
  auto session = Session::open(engine);
  REQUIRE(session.ok());
  return std::move(session).value();
}

void finish(Scheduler& scheduler) {
  for (int steps = 0; !scheduler.idle(); ++steps) {
    REQUIRE(steps < 10000);
    REQUIRE(scheduler.step().ok());
  }
}

Answer answer(Engine& engine, GenerationRequest request) {
  Answer a;
  auto session = open(engine);
  a.result = generate(engine, *session, std::move(request), a.on_event());
  return a;
}

TEST_CASE("scheduler: a session answers the same alone and among strangers") {
  const std::string prompts[] = {"the hello", "x", "a much longer prompt than the others have here",
                                 "1234567"};
  std::vector<Answer> alone;
  {
    auto engine = tiny_engine(model(), options());
    for (std::uint64_t i = 0; i < 4; ++i)
      alone.push_back(answer(*engine, ask(prompts[i], static_cast<std::uint32_t>(5 + 3 * i), i)));
    CHECK(alone[0].tokens != alone[1].tokens);
  }
  // Batches of few rows cut prompts into chunks; sessions come at different times.
  for (const std::uint32_t n_batch : {4u, 5u, 7u, 64u}) {
    for (const int steps_between : {0, 1, 3}) {
      auto engine = tiny_engine(model(), options(4, 64, n_batch));
      Scheduler scheduler(*engine);
      std::vector<std::unique_ptr<Session>> sessions;
      std::vector<Answer> together(4);
      for (std::uint64_t i = 0; i < 4; ++i) {
        sessions.push_back(open(*engine));
        REQUIRE(scheduler
                    .add(*sessions.back(),
                         ask(prompts[i], static_cast<std::uint32_t>(5 + 3 * i), i),
                         together[i].on_event(), together[i].on_done())
                    .ok());
        for (int s = 0; s < steps_between && !scheduler.idle(); ++s) REQUIRE(scheduler.step().ok());
      }
      finish(scheduler);
      for (std::size_t i = 0; i < 4; ++i) {
        INFO("batch " << n_batch << ", " << steps_between << " steps between, session " << i);
        CHECK(together[i].tokens == alone[i].tokens);
        CHECK(together[i].text == alone[i].text);
        CHECK(together[i].n_done == 1);
        CHECK(together[i].result.reason == FinishReason::kLength);
      }
    }
  }
}

TEST_CASE("scheduler: max_tokens is exact, and the statistics say what was done") {
  auto engine = tiny_engine(model(), options());
  for (const std::uint32_t n : {1u, 2u, 9u}) {
    const Answer a = answer(*engine, ask("hello the", n));
    CHECK(a.tokens.size() == n);
    CHECK(a.result.reason == FinishReason::kLength);
    CHECK(a.result.stats.generated_tokens == n);
    CHECK(a.result.stats.prompt_tokens == tokens_of("hello the").size());
    CHECK(a.result.stats.reused_tokens == 0);
    CHECK(a.result.stats.total >= a.result.stats.time_to_first_token);
  }
}

TEST_CASE("scheduler: the end token ends, unless it is to be ignored") {
  auto engine = tiny_engine(model(), options());
  GenerationRequest request = ask("hello", 3);
  request.ignore_end = false;
  request.sampling.logit_bias = {{test::kTinyEnd, kInfinity}};
  Answer a = answer(*engine, request);
  CHECK(a.result.reason == FinishReason::kEnd);
  CHECK(a.tokens.empty());
  CHECK(a.text.empty());
  CHECK(a.result.stats.generated_tokens == 1);
  request.ignore_end = true;
  a = answer(*engine, request);
  CHECK(a.result.reason == FinishReason::kLength);
  CHECK(a.tokens == std::vector<std::int32_t>(3, test::kTinyEnd));
  CHECK(a.text.empty());
  request.show_special = true;
  CHECK(answer(*engine, request).text == "<|end|><|end|><|end|>");
}

TEST_CASE("scheduler: a stop text ends the answer before it, wherever tokens end") {
  auto engine = tiny_engine(model(), options());
  const std::string whole = answer(*engine, ask("hello", 20)).text;
  REQUIRE(whole.size() > 12);
  for (std::size_t at = 0; at + 3 < whole.size(); at += 2) {
    GenerationRequest request = ask("hello", 20);
    request.stop = {whole.substr(at, 4), "never said"};
    const Answer a = answer(*engine, request);
    CHECK(a.result.reason == FinishReason::kStop);
    CHECK(a.text == whole.substr(0, whole.find(request.stop[0])));
    CHECK(a.result.stats.generated_tokens <= 20);
  }
}

TEST_CASE("scheduler: the callback can stop, and others go on") {
  auto engine = tiny_engine(model(), options(2));
  Scheduler scheduler(*engine);
  auto first = open(*engine);
  auto second = open(*engine);
  Answer stopped;
  Answer other;
  int events = 0;
  REQUIRE(scheduler
              .add(
                  *first, ask("hello", 20), [&](const GenerationEvent&) { return ++events < 3; },
                  stopped.on_done())
              .ok());
  REQUIRE(scheduler.add(*second, ask("x", 10), other.on_event(), other.on_done()).ok());
  finish(scheduler);
  CHECK(stopped.result.reason == FinishReason::kCancelled);
  CHECK(stopped.result.status.ok());
  CHECK(events == 3);
  CHECK(stopped.result.stats.generated_tokens == 3);
  CHECK(other.tokens.size() == 10);
}

TEST_CASE("scheduler: the context's end is an end, to the last position") {
  auto engine = tiny_engine(model(), options(1, 20));
  for (const std::size_t n_prompt :
       {std::size_t{1}, std::size_t{17}, std::size_t{19}, std::size_t{20}}) {
    GenerationRequest request = ask(std::string(n_prompt, 'x'), 0);
    const Answer a = answer(*engine, request);
    CHECK(a.result.reason == FinishReason::kContextFull);
    // The last token needs no position: nothing follows it.
    CHECK(a.tokens.size() == 20 - n_prompt + 1);
  }
}

TEST_CASE("scheduler: requests that cannot be are refused, and cost nobody anything") {
  auto engine = tiny_engine(model(), options(2, 20));
  Scheduler scheduler(*engine);
  auto session = open(*engine);
  auto other = open(*engine);
  Answer a;
  const auto add = [&](GenerationRequest request) {
    return scheduler.add(*session, std::move(request), a.on_event(), a.on_done());
  };
  CHECK(add(ask("", 5)).code() == Code::kInvalidArgument);
  const Status too_long = add(ask(std::string(21, 'x'), 5));
  CHECK(too_long.code() == Code::kOutOfRange);
  CHECK(too_long.message().find("21 tokens, but the context holds 20") != std::string::npos);
  GenerationRequest bad = ask("hello", 5);
  bad.sampling.temperature = -1;
  CHECK(add(bad).code() == Code::kInvalidArgument);
  // A token that does not exist would otherwise end every generation of its batch.
  REQUIRE(scheduler.add(*other, ask("hello", 5), a.on_event(), a.on_done()).ok());
  for (const std::int32_t token : {-1, test::kTinyTokens, 1 << 30}) {
    GenerationRequest strange = ask("hello", 5);
    strange.prompt[1] = token;
    const Status refused = add(strange);
    CHECK(refused.code() == Code::kInvalidArgument);
    CHECK(refused.message().find(std::to_string(token)) != std::string::npos);
  }
  finish(scheduler);
  CHECK(a.n_done == 1);
  CHECK(a.result.reason == FinishReason::kLength);
}

TEST_CASE("scheduler: a session answers one thing at a time") {
  auto engine = tiny_engine(model(), options(2));
  Scheduler scheduler(*engine);
  auto session = open(*engine);
  Answer a;
  REQUIRE(scheduler.add(*session, ask("hello", 3), a.on_event(), a.on_done()).ok());
  CHECK(scheduler.add(*session, ask("x", 3), a.on_event(), a.on_done()).code() ==
        Code::kFailedPrecondition);
  finish(scheduler);
  CHECK(scheduler.add(*session, ask("x", 3), a.on_event(), a.on_done()).ok());
  finish(scheduler);
  CHECK(a.n_done == 2);
  CHECK(scheduler.step().code() == Code::kFailedPrecondition);
}

TEST_CASE("scheduler: done may ask the next question, on the same session too") {
  auto engine = tiny_engine(model(), options());
  Scheduler scheduler(*engine);
  auto session = open(*engine);
  std::vector<Answer> answers(4);
  std::function<void(std::size_t)> start = [&](std::size_t i) {
    REQUIRE(scheduler
                .add(*session, ask("question " + std::to_string(i), 4), answers[i].on_event(),
                     [&, i](const GenerationResult& r) {
                       answers[i].result = r;
                       if (i + 1 < answers.size()) start(i + 1);
                     })
                .ok());
  };
  start(0);
  finish(scheduler);
  for (const Answer& a : answers) CHECK(a.tokens.size() == 4);
}

TEST_CASE("scheduler: a prompt that begins like the last one costs only what is new") {
  auto engine = tiny_engine(model(), options());
  auto session = open(*engine);
  Answer first;
  first.result = generate(*engine, *session, ask("hello the", 6), first.on_event());
  const std::size_t n_prompt = tokens_of("hello the").size();
  // The prompt and all but the last token of the answer were evaluated.
  CHECK(session->tokens().size() == n_prompt + 5);
  GenerationRequest next = ask("", 6, 2);
  next.prompt = tokens_of("hello the");
  next.prompt.insert(next.prompt.end(), first.tokens.begin(), first.tokens.end());
  const std::vector<std::int32_t> more = tokens_of(" more");
  next.prompt.insert(next.prompt.end(), more.begin(), more.end());
  Answer second;
  second.result = generate(*engine, *session, next, second.on_event());
  CHECK(second.result.stats.reused_tokens == n_prompt + 5);
  session.reset();  // the engine has room for one
  const Answer fresh = answer(*engine, next);
  CHECK(fresh.result.stats.reused_tokens == 0);
  CHECK(fresh.tokens == second.tokens);
}

TEST_CASE("scheduler: the same prompt again evaluates one token and answers the same") {
  auto engine = tiny_engine(model(), options());
  auto session = open(*engine);
  Answer a;
  Answer b;
  a.result = generate(*engine, *session, ask("hello the", 6), a.on_event());
  b.result = generate(*engine, *session, ask("hello the", 6), b.on_event());
  CHECK(b.result.stats.reused_tokens == tokens_of("hello the").size() - 1);
  CHECK(a.tokens == b.tokens);
}

TEST_CASE("scheduler: text is valid UTF-8, event by event") {
  auto engine = tiny_engine(model(), options(1, 200));
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    GenerationRequest request = ask("hello", 150, seed);
    request.sampling.temperature = 5;
    request.sampling.top_k = 0;
    auto session = open(*engine);
    std::string text;
    const GenerationResult result =
        generate(*engine, *session, request, [&](const GenerationEvent& event) {
          CHECK(is_utf8(event.text));
          text += event.text;
          return true;
        });
    CHECK(result.reason == FinishReason::kLength);
    CHECK(is_utf8(text));
    CHECK(text.find("\xef\xbf\xbd") != std::string::npos);  // bytes that are none were replaced
  }
}

TEST_CASE("scheduler: logprobs come with every token") {
  auto engine = tiny_engine(model(), options());
  GenerationRequest request = ask("hello", 5);
  request.sampling.logprobs = true;
  request.sampling.n_logprobs = 3;
  request.sampling.temperature = 0;
  auto session = open(*engine);
  int n = 0;
  static_cast<void>(generate(*engine, *session, request, [&](const GenerationEvent& event) {
    if (event.token == nullptr) return true;
    ++n;
    CHECK(event.token->logprob < 0);
    REQUIRE(event.token->best.size() == 3);
    CHECK(event.token->best[0].token == event.token->token);
    CHECK(event.token->best[0].logprob == event.token->logprob);
    return true;
  }));
  CHECK(n == 5);
}

TEST_CASE("scheduler: an error of the pack ends that batch with it, and then work goes on") {
  test::Faults faults;
  auto engine = tiny_engine(model(), options(2), {test::open_failing_pack(faults)});
  Scheduler scheduler(*engine);
  auto first = open(*engine);
  auto second = open(*engine);
  Answer a;
  Answer b;
  REQUIRE(scheduler.add(*first, ask("hello", 8), a.on_event(), a.on_done()).ok());
  REQUIRE(scheduler.add(*second, ask("x", 8), b.on_event(), b.on_done()).ok());
  for (int i = 0; i < 3; ++i) REQUIRE(scheduler.step().ok());
  faults.execute = [](const forge_batch_v1&) { return unavailable("the device is on fire"); };
  CHECK(scheduler.step().ok());
  CHECK(scheduler.idle());
  for (const Answer* failed : {&a, &b}) {
    CHECK(failed->n_done == 1);
    CHECK(failed->result.reason == FinishReason::kError);
    CHECK(failed->result.status.code() == Code::kUnavailable);
    CHECK(failed->result.status.message().find("on fire") != std::string::npos);
    CHECK(failed->tokens.size() == 3);
  }
  faults.execute = nullptr;
  // The session knows what is in its state: the same question has the whole answer.
  Answer again;
  again.result = generate(*engine, *first, ask("hello", 8), again.on_event());
  CHECK(again.result.reason == FinishReason::kLength);
  first.reset();
  CHECK(again.tokens == answer(*engine, ask("hello", 8)).tokens);
  test::g_faults = nullptr;
}

// What a pack was asked for, by steps.
struct Asked {
  int logits = 0, candidates = 0, drawn = 0;

  // Logits; tokens and values of the candidates; the settings, always there, and the drawn token.
  auto count() {
    return [this](const forge_batch_v1& batch) {
      if (batch.n_output_rows == 0) return;
      REQUIRE(batch.n_buffers == 5);
      const auto* const* buffers = batch.buffers;
      CHECK(buffers[0]->data != nullptr);
      CHECK((buffers[2]->data != nullptr) == (buffers[3]->data != nullptr));
      for (std::uint32_t b = 0; b < batch.n_buffers; ++b)
        CHECK((buffers[b]->n_bytes != 0) == (buffers[b]->data != nullptr));
      logits += buffers[1]->data != nullptr ? 1 : 0;
      candidates += buffers[2]->data != nullptr ? 1 : 0;
      drawn += buffers[4]->data != nullptr ? 1 : 0;
    };
  }
};

TEST_CASE("scheduler: logits are left where they are while the best tokens suffice") {
  test::Faults faults;
  Asked asked;
  faults.after_execute = asked.count();
  auto engine = tiny_engine(model(), options(3), {test::open_failing_pack(faults)});
  REQUIRE(engine->n_candidates() == kCandidates);
  for (const float temperature : {0.0f, 0.8f}) {
    GenerationRequest request = ask("hello the", 8, 3);
    request.sampling.temperature = temperature;
    request.sampling.repetition_penalty = 1.2f;
    asked = {};
    const Answer few = answer(*engine, request);
    CHECK(asked.logits == 0);
    CHECK(asked.candidates == 8);
    // The same tokens when all logits have to come.
    request.sampling.logprobs = true;
    asked = {};
    const Answer all = answer(*engine, request);
    CHECK(asked.logits == 8);
    CHECK(asked.candidates == 0);
    CHECK(few.tokens == all.tokens);
    CHECK(few.text == all.text);
    CHECK(few.tokens.size() == 8);
  }
  test::g_faults = nullptr;
}

TEST_CASE("scheduler: a pack that draws hands over the tokens alone") {
  test::Faults faults;
  Asked asked;
  faults.after_execute = asked.count();
  auto engine = tiny_engine(model(), options(3), {test::open_failing_pack(faults)});
  REQUIRE(engine->can_draw());
  GenerationRequest limited = ask("hello the", 8, 3);
  GenerationRequest nucleus = limited;  // of most tokens: the tiny model's logits are nearly flat
  nucleus.sampling.top_k = 0;
  nucleus.sampling.top_p = 0.999f;
  nucleus.sampling.min_p = 0;
  GenerationRequest unlimited = nucleus;
  unlimited.sampling.top_p = 1;
  for (GenerationRequest request : {limited, nucleus, unlimited}) {
    asked = {};
    const Answer few = answer(*engine, request);
    CHECK(asked.logits == 0);
    CHECK(asked.candidates == 0);
    CHECK(asked.drawn == 8);
    request.sampling.logprobs = true;
    const Answer all = answer(*engine, request);
    CHECK(asked.logits == 8);
    CHECK(few.tokens == all.tokens);
    CHECK(few.tokens.size() == 8);
  }
  // One whose token is drawn, one who needs the best tokens and one who needs all logits for a
  // while, each as alone.
  GenerationRequest penalised = ask("x", 6, 4);
  penalised.sampling.repetition_penalty = 1.3f;
  GenerationRequest reported = ask("abc", 2, 5);
  reported.sampling.logprobs = true;
  const GenerationRequest requests[] = {nucleus, penalised, reported};
  asked = {};
  Scheduler scheduler(*engine);
  std::vector<std::unique_ptr<Session>> sessions;
  Answer answers[3];
  for (std::size_t i = 0; i < 3; ++i) {
    sessions.push_back(open(*engine));
    REQUIRE(
        scheduler.add(*sessions[i], requests[i], answers[i].on_event(), answers[i].on_done()).ok());
  }
  finish(scheduler);
  CHECK(asked.logits == 2);
  CHECK(asked.candidates == 4);  // of the other six steps
  CHECK(asked.drawn == 6);
  sessions.clear();
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(answers[i].tokens == answer(*engine, requests[i]).tokens);
  test::g_faults = nullptr;
}

TEST_CASE("scheduler: a pack that cannot draw gives its best tokens or its logits") {
  test::Faults faults;
  faults.supported = [](const sdk::NodeView& node) {
    return node.op() == FORGE_OP_DRAW ? unimplemented("no") : Status();
  };
  auto engine = tiny_engine(model(), options(), {test::open_failing_pack(faults)});
  CHECK(engine->n_candidates() == kCandidates);
  CHECK_FALSE(engine->can_draw());
  CHECK(engine->plan().notes().empty());
  GenerationRequest best = ask("hello", 6), all = best;
  all.sampling.top_k = 0;
  const Answer without[] = {answer(*engine, best), answer(*engine, all)};
  test::g_faults = nullptr;
  auto other = tiny_engine(model(), options());
  CHECK(answer(*other, best).tokens == without[0].tokens);
  CHECK(answer(*other, all).tokens == without[1].tokens);
}

TEST_CASE("scheduler: a pack that cannot pick gives its logits") {
  test::Faults faults;
  faults.supported = [](const sdk::NodeView& node) {
    return node.op() == FORGE_OP_TOP_K ? unimplemented("no") : Status();
  };
  auto engine = tiny_engine(model(), options(), {test::open_failing_pack(faults)});
  CHECK(engine->n_candidates() == 0);
  CHECK(engine->plan().notes().empty());
  const Answer without = answer(*engine, ask("hello", 6));
  test::g_faults = nullptr;
  auto other = tiny_engine(model(), options());
  REQUIRE(other->n_candidates() != 0);
  CHECK(answer(*other, ask("hello", 6)).tokens == without.tokens);
  // Who asks for rows of his own gets logits alone.
  EngineOptions rows = options();
  rows.n_outputs = 4;
  CHECK(tiny_engine(model(), rows)->n_candidates() == 0);
}

TEST_CASE("scheduler: logits that are no numbers are an error, not a token") {
  test::Faults faults;
  auto engine = tiny_engine(model(), options(), {test::open_failing_pack(faults)});
  bool no_tokens = false;
  faults.after_execute = [&](const forge_batch_v1& batch) {
    for (std::uint32_t b = 1; b < batch.n_buffers; ++b) {  // all but the settings
      const bool value = b == 1 || b == 3;
      if (!no_tokens && !value && batch.buffers[b]->data != nullptr)
        std::memset(batch.buffers[b]->data, b == 4 ? 0xff : 0, batch.buffers[b]->n_bytes);
      else
        std::fill_n(static_cast<float*>(batch.buffers[b]->data),
                    batch.buffers[b]->n_bytes / sizeof(float), std::nanf(""));
    }
  };
  GenerationRequest drawn = ask("hello", 5), best = drawn, all = drawn;
  best.sampling.repetition_penalty = 1.1f;
  all.sampling.logprobs = true;
  for (const GenerationRequest& request : {drawn, best, all}) {
    const Answer a = answer(*engine, request);
    CHECK(a.result.reason == FinishReason::kError);
    CHECK(a.result.status.message().find("not numbers") != std::string::npos);
    CHECK(a.tokens.empty());
  }
  // Nor are numbers that are no tokens.
  no_tokens = true;
  for (const GenerationRequest& request : {drawn, best}) {
    const Answer a = answer(*engine, request);
    CHECK(a.result.reason == FinishReason::kError);
    CHECK(a.result.status.message().find("the pack chose token 21") != std::string::npos);
    CHECK(a.tokens.empty());
  }
  test::g_faults = nullptr;
}

}  // namespace
}  // namespace forge::engine
