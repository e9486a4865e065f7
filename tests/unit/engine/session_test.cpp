#include "core/engine/session.hpp"

#include <cstring>

#include "core/engine/scheduler.hpp"
#include "tests/catch.hpp"
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

EngineOptions options(std::uint32_t n_sequences = 1, std::uint32_t n_ctx = 64) {
  EngineOptions o;
  o.n_sequences = n_sequences;
  o.n_ctx = n_ctx;
  o.n_batch = 16;
  return o;
}

std::unique_ptr<Session> open(Engine& engine) {
  auto session = Session::open(engine);
  INFO(session.status().message());
  REQUIRE(session.ok());
  return std::move(session).value();
}

Tokens count_up(std::int32_t first, std::size_t n) {
  Tokens tokens(n);
  for (std::size_t i = 0; i < n; ++i) tokens[i] = (first + static_cast<std::int32_t>(i) * 7) % 256;
  return tokens;
}

// Brings the session to `wanted` and answers the logits after it.
std::vector<float> evaluate(Engine& engine, Session& session, const Tokens& wanted) {
  const auto kept = session.rewind(wanted);
  REQUIRE(kept.ok());
  std::vector<float> logits(engine.n_vocab());
  const auto rest = std::span(wanted).subspan(*kept);
  REQUIRE(engine.evaluate(session.sequence(), rest, logits.data()).ok());
  session.append(rest);
  return logits;
}

std::vector<std::byte> save(Session& session) {
  auto bytes = session.save();
  INFO(bytes.status().message());
  REQUIRE(bytes.ok());
  return *bytes;
}

TEST_CASE("session: rewind keeps the common beginning, and leaves one token to evaluate") {
  auto engine = tiny_engine(model(), options());
  auto session = open(*engine);
  const Tokens a = count_up(1, 40);
  evaluate(*engine, *session, a);
  CHECK(*session->rewind(a) == 39);  // the same again
  CHECK(session->tokens().size() == 39);
  evaluate(*engine, *session, a);
  Tokens longer = a;
  longer.push_back(5);
  CHECK(*session->rewind(longer) == 40);
  Tokens other = a;
  other[7] = 200;
  CHECK(*session->rewind(other) == 7);
  CHECK(*session->rewind(Tokens{9, 9}) == 0);
  CHECK(session->tokens().empty());
  CHECK(session->rewind({}).code() == Code::kInvalidArgument);
}

TEST_CASE("session: after any rewind the logits are those of a fresh session") {
  auto engine = tiny_engine(model(), options(2));
  auto session = open(*engine);
  Tokens tokens = count_up(1, 33);
  for (const std::size_t change : {33u, 32u, 31u, 0u, 20u, 5u, 32u}) {
    tokens.resize(33);
    if (change < 33) tokens[change] = (tokens[change] + 1) % 256;
    tokens.push_back(3);
    const std::vector<float> reused = evaluate(*engine, *session, tokens);
    auto fresh = open(*engine);
    CHECK(evaluate(*engine, *fresh, tokens) == reused);
  }
}

TEST_CASE("session: what was saved goes on as if nothing had happened") {
  for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{31}, std::size_t{32},
                              std::size_t{33}, std::size_t{50}}) {
    auto engine = tiny_engine(model(), options(2));
    auto session = open(*engine);
    const Tokens tokens = count_up(3, n);
    if (n > 0) evaluate(*engine, *session, tokens);
    const std::vector<std::byte> bytes = save(*session);
    Tokens next = tokens;
    next.insert(next.end(), {7, 8});
    const std::vector<float> expected = evaluate(*engine, *session, next);
    auto other = tiny_engine(model(), options(1));
    auto loaded = open(*other);
    evaluate(*other, *loaded, count_up(100, 20));  // something to be forgotten
    const Status status = loaded->load(bytes);
    INFO(status.message());
    REQUIRE(status.ok());
    CHECK(Tokens(loaded->tokens().begin(), loaded->tokens().end()) == tokens);
    CHECK(*loaded->rewind(next) == n);
    CHECK(evaluate(*other, *loaded, next) == expected);
  }
}

TEST_CASE("session: bytes cut off anywhere are refused, and the session stays usable") {
  auto engine = tiny_engine(model(), options(1));
  auto session = open(*engine);
  const Tokens tokens = count_up(3, 34);
  evaluate(*engine, *session, tokens);
  const std::vector<std::byte> bytes = save(*session);
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    const Status status = session->load(std::span(bytes).first(n));
    if (!status.ok() && !status.message().empty()) continue;
    FAIL("bytes cut off at " << n << " of " << bytes.size() << " were taken");
  }
  std::vector<std::byte> longer = bytes;
  longer.push_back(std::byte{0});
  CHECK(session->load(longer).code() == Code::kDataLoss);
  CHECK(session->load(bytes).ok());
  CHECK(session->tokens().size() == 34);
}

TEST_CASE("session: damaged bytes never crash and never grow") {
  auto engine = tiny_engine(model(), options(1));
  auto session = open(*engine);
  evaluate(*engine, *session, count_up(3, 10));
  const std::vector<std::byte> bytes = save(*session);
  // Every byte of heads, tokens and layout; the rest is numbers, any of which may be.
  for (std::size_t i = 0; i < std::min<std::size_t>(bytes.size(), 200); ++i) {
    for (const int value : {0, 1, 0x7f, 0x80, 0xff}) {
      std::vector<std::byte> damaged = bytes;
      damaged[i] = static_cast<std::byte>(value);
      const Status status = session->load(damaged);
      if (status.ok()) CHECK(session->tokens().size() == 10);
      CHECK(engine->sequences().length(session->sequence()) == session->tokens().size());
    }
  }
  CHECK(session->load(bytes).ok());
}

TEST_CASE("session: bytes of another model, type or format are refused with the reason") {
  auto engine = tiny_engine(model(), options(1));
  auto session = open(*engine);
  evaluate(*engine, *session, count_up(3, 10));
  const std::vector<std::byte> bytes = save(*session);

  test::TinyModel other_weights;
  other_weights.seed = 2;
  auto other = tiny_engine(open_tiny_model(other_weights), options(1));
  Status refused = open(*other)->load(bytes);
  CHECK(refused.code() == Code::kInvalidArgument);
  CHECK(refused.message().find("another model") != std::string::npos);

  EngineOptions f32 = options(1);
  f32.type_k = f32.type_v = FORGE_TYPE_F32;
  auto wide = tiny_engine(model(), f32);
  refused = open(*wide)->load(bytes);
  CHECK(refused.code() == Code::kFailedPrecondition);
  CHECK(refused.message().find("k=F32") != std::string::npos);

  const std::string text = "this is a text file and no saved session at all";
  refused = session->load(std::as_bytes(std::span(text)));
  CHECK(refused.code() == Code::kInvalidArgument);
  CHECK(refused.message().find("not a session") != std::string::npos);
}

TEST_CASE("session: a saved session longer than the context is refused") {
  auto engine = tiny_engine(model(), options(1, 100));
  auto session = open(*engine);
  evaluate(*engine, *session, count_up(3, 90));
  const std::vector<std::byte> bytes = save(*session);
  // Two sequences of 48: together they have the blocks, but none may take the other's.
  auto small = tiny_engine(model(), options(2, 48));
  auto first = open(*small);
  const Status refused = first->load(bytes);
  CHECK(refused.code() == Code::kOutOfRange);
  CHECK(refused.message().find("90") != std::string::npos);
  CHECK(refused.message().find("48") != std::string::npos);
  auto second = open(*small);
  evaluate(*small, *first, count_up(1, 48));
  evaluate(*small, *second, count_up(2, 48));
}

TEST_CASE("session: as many as there is room for, and again when one has gone") {
  auto engine = tiny_engine(model(), options(2));
  auto first = open(*engine);
  auto second = open(*engine);
  CHECK(Session::open(*engine).code() == Code::kResourceExhausted);
  const std::vector<std::byte> bytes = save(*first);
  CHECK(second->load(bytes).ok());  // in its own place
  first.reset();
  CHECK(Session::open(*engine).ok());
}

}  // namespace
}  // namespace forge::engine
