#include "core/state/sequence_store.hpp"

#include <cstring>
#include <map>
#include <random>

#include "forge/sdk/graph.hpp"
#include "tests/catch.hpp"
#include "tests/support/failing_pack.hpp"
#include "tests/support/tiny_graph.hpp"

namespace forge::state {
namespace {

using Tokens = std::vector<std::int32_t>;
using test::kTinyVocab;

// A store over a small plan, and what it computes.
class Machine {
 public:
  explicit Machine(bool recurrent, std::uint32_t n_positions = 256, std::uint32_t n_sequences = 4,
                   std::uint32_t n_checkpoints = 4,
                   std::vector<std::shared_ptr<graph::PackDevice>> packs = {}) {
    graph::PlanOptions options;
    options.max_rows = 128;
    plan_ = test::load_plan(test::tiny_graph(maker_, recurrent), options, std::move(packs));
    auto made = SequenceStore::create(*plan_, n_positions, n_sequences, n_checkpoints);
    INFO(made.status().message());
    REQUIRE(made.ok());
    store_ = std::move(made).value();
  }

  SequenceStore& store() { return *store_; }
  SequenceStore* operator->() { return store_.get(); }

  SequenceId open() {
    const auto id = store_->open();
    INFO(id.status().message());
    REQUIRE(id.ok());
    return *id;
  }

  // Appends tokens in one batch; the logits of the last.
  std::vector<float> append(SequenceId id, const Tokens& tokens) {
    const Status reserved = store_->reserve(id, static_cast<std::uint32_t>(tokens.size()));
    INFO(reserved.message());
    REQUIRE(reserved.ok());
    return run(id, tokens);
  }

  // The same with room reserved before.
  std::vector<float> run(SequenceId id, const Tokens& tokens) {
    const auto n = static_cast<std::uint32_t>(tokens.size());
    const graph::BatchSequence sequence = store_->batch_sequence(id, 0, n);
    std::vector<std::int32_t> positions(n);
    for (std::uint32_t i = 0; i < n; ++i)
      positions[i] = static_cast<std::int32_t>(store_->length(id) + i);
    const std::uint32_t last = n - 1;
    std::vector<float> logits(kTinyVocab);
    graph::Batch batch;
    batch.tokens = tokens;
    batch.positions = positions;
    batch.sequences = {&sequence, 1};
    batch.output_rows = {&last, 1};
    batch.logits = logits.data();
    const Status done = plan_->execute(store_->plan_state(), batch);
    INFO(done.message());
    REQUIRE(done.ok());
    store_->advance(id, n);
    return logits;
  }

  // What a fresh sequence of these tokens says; on a machine of its own.
  static std::vector<float> expected(bool recurrent, const Tokens& tokens) {
    Machine fresh(recurrent, 512, 1, 0);
    return fresh.append(fresh.open(), tokens);
  }

 private:
  test::GraphMaker maker_{7};
  std::unique_ptr<graph::Plan> plan_;
  std::unique_ptr<SequenceStore> store_;
};

Tokens some(std::size_t n, std::int32_t first = 1) {
  Tokens tokens(n);
  for (std::size_t i = 0; i < n; ++i)
    tokens[i] = (first + static_cast<std::int32_t>(i * i)) % static_cast<std::int32_t>(kTinyVocab);
  return tokens;
}

Tokens joined(Tokens a, const Tokens& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST_CASE("sequence store: sequences up to the limit, each empty at the start") {
  Machine m(true, 256, 2);
  const SequenceId a = m.open();
  const SequenceId b = m.open();
  CHECK_FALSE(a == b);
  CHECK(m->length(a) == 0);
  const auto third = m->open();
  CHECK(third.code() == Code::kResourceExhausted);
  CHECK(third.status().message().find("all 2 sequences") != std::string::npos);
  m.append(a, some(40));
  m->close(a);
  const SequenceId again = m.open();
  CHECK(m->length(again) == 0);
  // Nothing of the closed one is left in it, not in the recurrent state either.
  CHECK(m.append(again, some(5)) == Machine::expected(true, some(5)));
}

TEST_CASE("sequence store: blocks are taken when needed, and come back") {
  Machine m(false, 100);  // rounded up to four blocks
  CHECK(m->n_free_positions() == 128);
  const SequenceId id = m.open();
  CHECK(m->n_free_positions() == 128);
  m.append(id, some(32));
  CHECK(m->n_free_positions() == 96);
  m.append(id, some(1));
  CHECK(m->n_free_positions() == 64);
  CHECK(*m->truncate(id, 32) == 32);
  CHECK(m->n_free_positions() == 96);
  m->close(id);
  CHECK(m->n_free_positions() == 128);
}

TEST_CASE("sequence store: exhaustion leaves everything as before") {
  Machine m(false, 96);
  const SequenceId a = m.open();
  const SequenceId b = m.open();
  m.append(a, some(40));
  const std::uint32_t before = m->n_free_positions();
  CHECK(before == 32);
  for (const std::uint32_t n : {33u, 65u, 1000u, 0xffffffffu}) {
    const Status status = m->reserve(b, n);
    CHECK(status.code() == Code::kResourceExhausted);
    CHECK(status.message().find("close a sequence") != std::string::npos);
    CHECK(m->n_free_positions() == before);
    CHECK(m->length(b) == 0);
  }
  CHECK(m->reserve(a, 0xffffffffu).code() == Code::kResourceExhausted);
  // The one that is left can still be had, by either.
  CHECK(m.append(b, some(32)) == Machine::expected(false, some(32)));
  CHECK_FALSE(m->reserve(a, 25).ok());
  CHECK(m.append(a, some(24, 5)) == Machine::expected(false, joined(some(40), some(24, 5))));
}

TEST_CASE("sequence store: a fork costs nothing until one of the two grows, and then one block") {
  for (const bool recurrent : {false, true}) {
    for (const std::size_t n :
         {std::size_t{1}, std::size_t{31}, std::size_t{32}, std::size_t{33}, std::size_t{64}}) {
      INFO("recurrent " << recurrent << ", " << n << " positions");
      Machine m(recurrent);
      const SequenceId a = m.open();
      m.append(a, some(n));
      const std::uint32_t before = m->n_free_positions();
      const auto fork = m->fork(a);
      REQUIRE(fork.ok());
      const SequenceId b = *fork;
      CHECK(m->length(b) == n);
      CHECK(m->n_free_positions() == before);
      CHECK(m.append(b, some(3, 9)) == Machine::expected(recurrent, joined(some(n), some(3, 9))));
      CHECK(m.append(a, some(4, 2)) == Machine::expected(recurrent, joined(some(n), some(4, 2))));
      CHECK(m.append(b, some(2)) ==
            Machine::expected(recurrent, joined(joined(some(n), some(3, 9)), some(2))));
      m->close(a);
      CHECK(m.append(b, some(1)) ==
            Machine::expected(recurrent,
                              joined(joined(joined(some(n), some(3, 9)), some(2)), some(1))));
      m->close(b);
      CHECK(m->n_free_positions() == 256);
    }
  }
}

TEST_CASE("sequence store: room that was reserved and not used is no part of a fork") {
  Machine m(false);
  const SequenceId a = m.open();
  m.append(a, some(32));
  REQUIRE(m->reserve(a, 40).ok());  // for a step that has not run
  const SequenceId b = *m->fork(a);
  REQUIRE(m->reserve(b, 40).ok());
  const std::vector<float> of_a = m.run(a, some(40, 3));
  const std::vector<float> of_b = m.run(b, some(40, 11));
  CHECK(of_a == Machine::expected(false, joined(some(32), some(40, 3))));
  CHECK(of_b == Machine::expected(false, joined(some(32), some(40, 11))));
  CHECK(m.append(a, some(1)) ==
        Machine::expected(false, joined(joined(some(32), some(40, 3)), some(1))));
}

TEST_CASE("sequence store: a fork that cannot be had changes nothing") {
  Machine m(true, 256, 1);
  const SequenceId a = m.open();
  m.append(a, some(40));
  CHECK(m->fork(a).code() == Code::kResourceExhausted);
  CHECK(m.append(a, some(2)) == Machine::expected(true, joined(some(40), some(2))));
}

TEST_CASE("sequence store: a copy of a shared block needs a block") {
  Machine m(false, 64);
  const SequenceId a = m.open();
  m.append(a, some(40));
  const SequenceId b = *m->fork(a);
  CHECK(m->reserve(b, 1).code() == Code::kResourceExhausted);
  m->close(a);  // no longer shared
  CHECK(m.append(b, some(1)) == Machine::expected(false, joined(some(40), some(1))));
}

TEST_CASE("sequence store: truncate forgets, exactly") {
  for (const std::uint32_t n : {0u, 1u, 31u, 32u, 33u, 69u, 70u, 1000u}) {
    Machine m(false);
    const SequenceId id = m.open();
    m.append(id, some(70));
    const auto left = m->truncate(id, n);
    REQUIRE(left.ok());
    CHECK(*left == std::min(n, 70u));
    CHECK(m->length(id) == *left);
    CHECK(m->n_free_positions() == 256 - 32 * sdk::blocks_for(*left));
    Tokens tokens = some(70);
    tokens.resize(*left);
    CHECK(m.append(id, some(5, 8)) == Machine::expected(false, joined(tokens, some(5, 8))));
  }
}

TEST_CASE("sequence store: truncating one of two leaves the other alone") {
  Machine m(false);
  const SequenceId a = m.open();
  m.append(a, some(50));
  const SequenceId b = *m->fork(a);
  CHECK(*m->truncate(b, 33) == 33);
  Tokens kept = some(50);
  kept.resize(33);
  CHECK(m.append(b, some(2, 4)) == Machine::expected(false, joined(kept, some(2, 4))));
  CHECK(m.append(a, some(2)) == Machine::expected(false, joined(some(50), some(2))));
}

TEST_CASE("sequence store: recurrent state goes back to a checkpoint, or to the start") {
  Machine m(true);
  const SequenceId id = m.open();
  m.append(id, some(10));
  REQUIRE(m->checkpoint(id).ok());
  REQUIRE(m->checkpoint(id).ok());  // the same place: nothing to do
  m.append(id, some(10, 3));
  REQUIRE(m->checkpoint(id).ok());
  m.append(id, some(10, 5));
  const Tokens first = some(10);
  const Tokens second = joined(first, some(10, 3));
  CHECK(*m->truncate(id, 25) == 20);
  CHECK(m.append(id, some(3, 9)) == Machine::expected(true, joined(second, some(3, 9))));
  CHECK(*m->truncate(id, 20) == 20);
  CHECK(*m->truncate(id, 19) == 10);
  CHECK(m.append(id, some(3, 9)) == Machine::expected(true, joined(first, some(3, 9))));
  CHECK(*m->truncate(id, 9) == 0);
  CHECK(m.append(id, some(3, 9)) == Machine::expected(true, some(3, 9)));
  CHECK(*m->truncate(id, 3) == 3);  // its whole length: nothing is forgotten
  CHECK(m.append(id, some(1)) == Machine::expected(true, joined(some(3, 9), some(1))));
}

TEST_CASE("sequence store: with no slot left the oldest checkpoint of the sequence goes") {
  Machine m(true, 256, 2, 2);
  const SequenceId id = m.open();
  for (int i = 0; i < 5; ++i) {
    m.append(id, some(4, i));
    CHECK(m->checkpoint(id).ok());
  }
  // 2 sequences + 2: this one has its own slot and three checkpoints, at 12, 16 and 20.
  CHECK(*m->truncate(id, 19) == 16);
  CHECK(*m->truncate(id, 15) == 12);
  CHECK(*m->truncate(id, 11) == 0);
}

TEST_CASE("sequence store: another sequence's checkpoints are not taken") {
  Machine m(true, 256, 2, 1);
  const SequenceId a = m.open();
  const SequenceId b = m.open();
  m.append(a, some(4));
  m.append(b, some(4));
  REQUIRE(m->checkpoint(a).ok());
  CHECK(m->checkpoint(b).code() == Code::kResourceExhausted);
  m->close(a);
  CHECK(m->checkpoint(b).ok());
}

TEST_CASE("sequence store: saved bytes are a sequence again, on another store too") {
  for (const bool recurrent : {false, true}) {
    for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{32}, std::size_t{45}}) {
      Machine m(recurrent);
      const SequenceId id = m.open();
      if (n > 0) m.append(id, some(n));
      const auto bytes = m->save(id);
      REQUIRE(bytes.ok());
      const std::vector<float> expected = Machine::expected(recurrent, joined(some(n), some(3, 6)));
      Machine other(recurrent, 128, 3);
      other.append(other.open(), some(20));  // other blocks and slots than before
      for (Machine* machine : {&m, &other}) {
        const auto loaded = (*machine)->load(*bytes);
        INFO(loaded.status().message());
        REQUIRE(loaded.ok());
        CHECK((*machine)->length(*loaded) == n);
        CHECK(machine->append(*loaded, some(3, 6)) == expected);
      }
      CHECK(m.append(id, some(3, 6)) == expected);
    }
  }
}

TEST_CASE("sequence store: bytes that do not fit are refused, and leave nothing behind") {
  Machine m(true, 128, 2, 0);
  const SequenceId id = m.open();
  m.append(id, some(45));
  const std::vector<std::byte> bytes = *m->save(id);
  m->close(id);
  const auto refused = [&](std::span<const std::byte> data) {
    const auto loaded = m->load(data);
    CHECK_FALSE(loaded.ok());
    CHECK(m->n_free_positions() == 128);
    return loaded.code();
  };
  for (std::size_t n = 0; n < bytes.size(); n += n < 100 ? 1 : 37)
    refused(std::span(bytes).first(n));
  std::vector<std::byte> longer = bytes;
  longer.push_back({});
  CHECK(refused(longer) == Code::kDataLoss);
  std::vector<std::byte> other = bytes;
  other[0] = std::byte{'X'};
  CHECK(refused(other) == Code::kInvalidArgument);
  for (const std::uint32_t length : {0u, 1u, 64u, 65u, 128u, 0x7fffffffu, 0xffffffffu}) {
    std::vector<std::byte> lies = bytes;
    std::memcpy(lies.data() + 8, &length, sizeof(length));
    if (length == 64) continue;  // as many blocks: cannot be told apart
    refused(lies);
  }
  Machine kv_only(false);
  CHECK(kv_only->load(bytes).code() == Code::kFailedPrecondition);
  Machine small(true, 32, 2, 0);
  CHECK(small->load(bytes).code() == Code::kResourceExhausted);
  CHECK(small->n_free_positions() == 32);
  // All of its sequences can still be opened.
  small.open();
  small.open();
  CHECK(m->load(bytes).ok());
}

TEST_CASE("sequence store: failing copies leave everything as before") {
  test::Faults faults;
  Machine m(true, 128, 2, 1, {test::open_failing_pack(faults)});
  const SequenceId a = m.open();
  m.append(a, some(10));
  const SequenceId b = *m->fork(a);
  const std::uint32_t before = m->n_free_positions();
  faults.copy = [] { return internal_error("no copies today"); };
  CHECK_FALSE(m->reserve(b, 1).ok());
  for (int i = 0; i < 3; ++i) CHECK_FALSE(m->checkpoint(b).ok());
  m->close(b);
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(m->open().ok());
    CHECK_FALSE(m->fork(a).ok());
  }
  CHECK(m->n_free_positions() == before);
  faults.copy = nullptr;
  CHECK(m->checkpoint(a).ok());
  const SequenceId c = *m->fork(a);
  CHECK(m.append(c, some(2)) == Machine::expected(true, joined(some(10), some(2))));
  test::g_faults = nullptr;
}

// Forks, appends, cuts and closes at random; after each append the answer must be the one of a
// sequence that was never shared.
TEST_CASE("sequence store: random lives of many sequences") {
  for (const bool recurrent : {false, true}) {
    Machine m(recurrent, 320, 6, 12);
    std::mt19937 random(recurrent ? 5u : 6u);
    std::map<std::uint32_t, Tokens> open;
    int checked = 0;
    for (int i = 0; i < 400; ++i) {
      const auto any = [&] {
        auto it = open.begin();
        std::advance(it, random() % open.size());
        return it;
      };
      const auto what = random() % 10;
      if (open.empty() || what == 0) {
        const auto id = m->open();
        REQUIRE(id.ok() == (open.size() < 6));
        if (id.ok()) open[id->value] = {};
      } else if (what == 1) {
        const auto it = any();
        const auto id = m->fork({it->first});
        if (id.ok()) open[id->value] = it->second;
      } else if (what == 2) {
        const auto it = any();
        m->close({it->first});
        open.erase(it);
      } else if (what == 3) {
        const auto it = any();
        const auto left = m->truncate({it->first}, static_cast<std::uint32_t>(random() % 80));
        REQUIRE(left.ok());
        REQUIRE(*left <= it->second.size());
        it->second.resize(*left);
      } else if (what == 4) {
        static_cast<void>(m->checkpoint({any()->first}));
      } else {
        const auto it = any();
        const Tokens more = some(1 + random() % 20, static_cast<std::int32_t>(random() % 19));
        if (it->second.size() + more.size() > 100) continue;
        if (!m->reserve({it->first}, static_cast<std::uint32_t>(more.size())).ok()) continue;
        const std::vector<float> logits = m.run({it->first}, more);
        it->second = joined(it->second, more);
        if (i % 4 == 0) {
          REQUIRE(logits == Machine::expected(recurrent, it->second));
          ++checked;
        }
      }
    }
    CHECK(checked > 20);
    for (const auto& [id, tokens] : open) m->close({id});
    CHECK(m->n_free_positions() == 320);
  }
}

}  // namespace
}  // namespace forge::state
