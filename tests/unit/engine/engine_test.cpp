#include "core/engine/engine.hpp"

#include "tests/catch.hpp"
#include "tests/support/failing_pack.hpp"
#include "tests/support/tiny_model.hpp"

namespace forge::engine {
namespace {

using test::open_tiny_model;
using test::tiny_engine;
using Tokens = std::vector<std::int32_t>;

std::shared_ptr<const Model> model() {
  static const std::shared_ptr<const Model> opened = open_tiny_model();
  return opened;
}

EngineOptions options(std::uint32_t n_sequences, std::uint32_t n_ctx, std::uint32_t n_batch) {
  EngineOptions o;
  o.n_sequences = n_sequences;
  o.n_ctx = n_ctx;
  o.n_batch = n_batch;
  return o;
}

Tokens some_tokens(std::size_t n) {
  Tokens tokens(n);
  for (std::size_t i = 0; i < n; ++i) tokens[i] = static_cast<std::int32_t>(i * 37 % 256);
  return tokens;
}

state::SequenceId open(Engine& engine) {
  const auto id = engine.sequences().open();
  REQUIRE(id.ok());
  return *id;
}

TEST_CASE("engine: logits do not depend on how a prompt is cut") {
  const Tokens tokens = some_tokens(70);
  std::vector<float> expected;
  for (const std::uint32_t n_batch : {128u, 1u, 7u, 32u, 33u}) {
    auto engine = tiny_engine(model(), options(1, 96, n_batch));
    std::vector<float> logits(engine->n_vocab());
    REQUIRE(engine->evaluate(open(*engine), tokens, logits.data()).ok());
    if (expected.empty()) expected = logits;
    INFO("batch " << n_batch);
    CHECK(logits == expected);
  }
}

TEST_CASE("engine: every row's logits, in the order of inputs and outputs") {
  auto engine = tiny_engine(model(), [] {
    EngineOptions o = options(2, 64, 32);
    o.n_outputs = 8;
    return o;
  }());
  const Tokens a = some_tokens(5);
  const Tokens b = {9, 8, 7};
  const std::uint32_t of_a[] = {0, 2, 4};
  const std::uint32_t of_b[] = {1};
  const std::size_t n = engine->n_vocab();
  std::vector<float> logits(4 * n);
  const StepInput inputs[] = {{open(*engine), a, of_a}, {open(*engine), b, of_b}};
  REQUIRE(engine->step(inputs, logits.data()).ok());
  const auto alone = [&](std::span<const std::int32_t> tokens) {
    auto single = tiny_engine(model(), options(1, 64, 32));
    std::vector<float> one(n);
    REQUIRE(single->evaluate(open(*single), tokens, one.data()).ok());
    return one;
  };
  const auto row = [&](std::size_t r) {
    return std::vector<float>(logits.begin() + std::ptrdiff_t(r * n),
                              logits.begin() + std::ptrdiff_t((r + 1) * n));
  };
  CHECK(row(0) == alone(std::span(a).first(1)));
  CHECK(row(1) == alone(std::span(a).first(3)));
  CHECK(row(2) == alone(a));
  CHECK(row(3) == alone(std::span(b).first(2)));
}

TEST_CASE("engine: beyond the context is an error, and nothing has changed") {
  auto engine = tiny_engine(model(), options(2, 40, 64));
  const state::SequenceId id = open(*engine);
  const Tokens tokens = some_tokens(40);
  REQUIRE(engine->evaluate(id, std::span(tokens).first(30), nullptr).ok());
  const std::uint32_t before = engine->sequences().n_free_positions();
  const Status status = engine->evaluate(id, some_tokens(11), nullptr);
  CHECK(status.code() == Code::kOutOfRange);
  CHECK(status.message().find("41 positions are needed and 40") != std::string::npos);
  CHECK(engine->sequences().length(id) == 30);
  CHECK(engine->sequences().n_free_positions() == before);
  // In a step of two, the one that fits is not touched either.
  const state::SequenceId other = open(*engine);
  const std::vector<std::int32_t> many = some_tokens(11);
  const StepInput inputs[] = {{other, tokens, {}}, {id, many, {}}};
  CHECK(engine->step(inputs, nullptr).code() == Code::kOutOfRange);
  CHECK(engine->sequences().length(other) == 0);
  CHECK(engine->sequences().n_free_positions() == before);
  REQUIRE(engine->evaluate(id, std::span(tokens).first(10), nullptr).ok());
}

TEST_CASE("engine: after an error of the pack the sequences are as before") {
  test::Faults faults;
  auto engine = tiny_engine(model(), options(2, 64, 64), {test::open_failing_pack(faults)});
  const state::SequenceId id = open(*engine);
  const Tokens tokens = some_tokens(50);
  REQUIRE(engine->evaluate(id, std::span(tokens).first(10), nullptr).ok());
  const std::uint32_t before = engine->sequences().n_free_positions();
  faults.execute = [](const forge_batch_v1&) { return internal_error("no"); };
  CHECK_FALSE(engine->evaluate(id, std::span(tokens).subspan(10), nullptr).ok());
  CHECK(engine->sequences().length(id) == 10);
  CHECK(engine->sequences().n_free_positions() == before);
  faults.execute = nullptr;
  std::vector<float> logits(engine->n_vocab());
  REQUIRE(engine->evaluate(id, std::span(tokens).subspan(10), logits.data()).ok());
  const state::SequenceId fresh = open(*engine);
  std::vector<float> expected(engine->n_vocab());
  REQUIRE(engine->evaluate(fresh, tokens, expected.data()).ok());
  CHECK(logits == expected);
  test::g_faults = nullptr;
}

TEST_CASE("engine: what does not fit into memory is refused before anything is loaded") {
  EngineOptions o = options(1, 4096, 64);
  o.memory_limit = 100000;
  const auto engine = Engine::create(model(), {}, o, {});
  CHECK(engine.code() == Code::kResourceExhausted);
  CHECK(engine.status().message().find("does not fit into memory") != std::string::npos);
}

TEST_CASE("engine: each sequence has the whole context, whatever the others take") {
  auto engine = tiny_engine(model(), options(3, 33, 64));  // two blocks each
  const Tokens tokens = some_tokens(33);
  for (int i = 0; i < 3; ++i) CHECK(engine->evaluate(open(*engine), tokens, nullptr).ok());
}

TEST_CASE("engine: KV in another type, a sliding window, tied and quantized weights all run") {
  test::TinyModel shape;
  shape.architecture = "llama";
  shape.window = 8;
  shape.tied = true;
  shape.matrix_type = FORGE_TYPE_Q8_0;
  shape.embedding_type = FORGE_TYPE_Q4_0;
  EngineOptions o = options(1, 64, 16);
  o.type_k = FORGE_TYPE_Q8_0;
  o.type_v = FORGE_TYPE_BF16;
  auto engine = tiny_engine(open_tiny_model(shape), o);
  std::vector<float> logits(engine->n_vocab());
  CHECK(engine->evaluate(open(*engine), some_tokens(50), logits.data()).ok());
  // Only the last eight positions of each of two layers count: what came long before does not.
  auto other = tiny_engine(open_tiny_model(shape), o);
  Tokens changed = some_tokens(50);
  for (std::size_t i = 0; i < 20; ++i) changed[i] = 200;
  std::vector<float> same(engine->n_vocab());
  CHECK(other->evaluate(open(*other), changed, same.data()).ok());
  CHECK(same == logits);
}

}  // namespace
}  // namespace forge::engine
