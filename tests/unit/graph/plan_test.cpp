#include "core/graph/plan.hpp"

#include <algorithm>
#include <cmath>

#include "forge/sdk/graph.hpp"
#include "tests/catch.hpp"
#include "tests/support/failing_pack.hpp"
#include "tests/support/tiny_graph.hpp"

namespace forge::graph {
namespace {

using test::Faults;
using test::kTinyVocab;

struct Run {
  std::vector<float> logits, hidden;
};

// 40 tokens in two batches, all rows' logits.
Run run(Plan& plan) {
  constexpr std::uint32_t kRows = 40;
  constexpr std::uint32_t kWidth = 8;
  auto state = plan.create_state(2, 1);
  REQUIRE(state.ok());
  const std::uint32_t slot = 0;
  if (plan.has_recurrent_state()) {
    const std::uint32_t none = FORGE_NONE;
    REQUIRE((*state)->copy_slots({&none, 1}, {&slot, 1}).ok());
  }
  const std::uint32_t blocks[] = {1, 0};
  Run out;
  out.logits.resize(kRows * kTinyVocab);
  out.hidden.resize(kRows * kWidth);
  std::uint32_t done = 0;
  for (const std::uint32_t n : {13u, 27u}) {
    std::vector<std::int32_t> tokens(n), positions(n);
    std::vector<std::uint32_t> rows(n);
    for (std::uint32_t i = 0; i < n; ++i) {
      positions[i] = static_cast<std::int32_t>(done + i);
      tokens[i] = static_cast<std::int32_t>((done + i) * 7 % kTinyVocab);
      rows[i] = i;
    }
    const BatchSequence sequence = {0, n, done, slot, blocks};
    Batch batch;
    batch.tokens = tokens;
    batch.positions = positions;
    batch.sequences = {&sequence, 1};
    batch.output_rows = rows;
    batch.logits = out.logits.data() + done * kTinyVocab;
    if (plan.options().hidden) batch.hidden = out.hidden.data() + done * kWidth;
    const Status status = plan.execute(**state, batch);
    INFO(status.message());
    REQUIRE(status.ok());
    done += n;
  }
  return out;
}

PlanOptions options(bool hidden = false) {
  PlanOptions o;
  o.max_rows = 64;
  o.max_outputs = 64;
  o.hidden = hidden;
  return o;
}

Run on_reference(bool recurrent, bool hidden = false) {
  test::GraphMaker g(3);
  return run(*test::load_plan(test::tiny_graph(g, recurrent), options(hidden)));
}

// Where packs change, neighbours are not fused, and a sum that would be kept in double is rounded
// to f32 in between: 2^-24 of numbers below 10, which one norm and two products of width 8 pass on.
bool close(const std::vector<float>& a, const std::vector<float>& b) {
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(double{a[i]} - b[i]));
  INFO("largest difference " << worst);
  CHECK(worst < 1e-4);
  return a.size() == b.size() && worst < 1e-4;
}

TEST_CASE("plan: whatever one of two packs leaves to the other, the answer is the same") {
  for (const bool recurrent : {false, true}) {
    for (const bool hidden : {false, true}) {
      const Run expected = on_reference(recurrent, hidden);
      for (std::uint32_t op = FORGE_OP_EMBED; op <= FORGE_OP_DRAW; ++op) {
        for (const bool only : {false, true}) {
          INFO((only ? "only " : "all but ") << op_name(op));
          Faults faults;
          faults.supported = [=](const sdk::NodeView& node) -> Status {
            if ((node.op() == op) == only) return {};
            return unimplemented("not with me");
          };
          test::GraphMaker g(3);
          auto plan = test::load_plan(test::tiny_graph(g, recurrent), options(hidden),
                                      {test::open_failing_pack(faults)});
          const Run got = run(*plan);
          CHECK(close(got.logits, expected.logits));
          CHECK(close(got.hidden, expected.hidden));
          test::g_faults = nullptr;
        }
      }
    }
  }
}

TEST_CASE("plan: a cut after every node") {
  const Run expected = on_reference(true, true);
  for (const std::uint32_t odd : {0u, 1u}) {
    Faults faults;
    std::uint32_t asked = 0;  // fused nodes are not asked about: neighbours are on different packs
    faults.supported = [&](const sdk::NodeView&) -> Status {
      return asked++ % 2 == odd ? Status() : unimplemented("every other one");
    };
    test::GraphMaker g(3);
    auto plan = test::load_plan(test::tiny_graph(g, true), options(true),
                                {test::open_failing_pack(faults)});
    const Run got = run(*plan);
    CHECK(close(got.logits, expected.logits));
    CHECK(close(got.hidden, expected.hidden));
    test::g_faults = nullptr;
  }
}

TEST_CASE("plan: says what runs elsewhere, and why") {
  Faults faults;
  faults.supported = [](const sdk::NodeView& node) -> Status {
    return node.op() == FORGE_OP_ATTENTION ? unimplemented("no attention today") : Status();
  };
  test::GraphMaker g(3);
  auto plan =
      test::load_plan(test::tiny_graph(g, false), options(), {test::open_failing_pack(faults)});
  REQUIRE(plan->notes().size() == 1);
  CHECK(plan->notes()[0].find("attention") == 0);
  CHECK(plan->notes()[0].find("runs on reference: no attention today") != std::string::npos);
  const std::vector<Counter> counters = plan->counters();
  CHECK(std::count_if(counters.begin(), counters.end(),
                      [](const Counter& c) { return c.pack == "reference"; }) == 1);
  CHECK(plan->state_layout() == "k=F32 v=F32 failing:0 reference:1 failing:0");
  test::g_faults = nullptr;
}

TEST_CASE("plan: a weight of a type the pack does not have is converted, if that helps") {
  test::GraphMaker g(3);
  Graph graph = test::tiny_graph(g, false);
  // The output matrix as BF16: what it holds is exact in F32.
  std::vector<std::uint16_t> half(graph.weights.back().n_bytes / 4);
  const auto* from = static_cast<const std::uint32_t*>(graph.weights.back().data);
  std::vector<std::uint32_t> cut(half.size());
  for (std::size_t i = 0; i < half.size(); ++i) {
    half[i] = static_cast<std::uint16_t>(from[i] >> 16);
    cut[i] = std::uint32_t{half[i]} << 16;
  }
  Graph plain = graph;
  plain.weights.back().data = cut.data();
  graph.weights.back().data = half.data();
  graph.weights.back().type = FORGE_TYPE_BF16;
  graph.weights.back().n_bytes /= 2;
  Faults faults;
  faults.supported = [](const sdk::NodeView& node) -> Status {
    for (std::uint32_t w = 0; w < node.n_weights(); ++w) {
      if (node.weight(w) != nullptr && node.weight(w)->type != FORGE_TYPE_F32)
        return unimplemented("F32 only");
    }
    return {};
  };
  auto plan = test::load_plan(graph, options(), {test::open_failing_pack(faults)});
  REQUIRE(plan->notes().size() == 1);
  CHECK(plan->notes()[0].find("'output' is converted from BF16 to F32") == 0);
  const Run got = run(*plan);
  test::g_faults = nullptr;
  CHECK(got.logits == run(*test::load_plan(plain, options())).logits);
}

TEST_CASE("plan: batches that cannot be are refused before a pack sees them") {
  test::GraphMaker g(3);
  Faults faults;
  int executed = 0;
  faults.execute = [&](const forge_batch_v1&) {
    ++executed;
    return Status();
  };
  PlanOptions o = options();
  o.max_rows = 4;
  o.max_outputs = 2;
  auto plan = test::load_plan(test::tiny_graph(g, false), o, {test::open_failing_pack(faults)});
  auto state = plan->create_state(2, 0);
  REQUIRE(state.ok());
  const std::uint32_t blocks[] = {0, 1};
  std::vector<float> logits(2 * kTinyVocab);
  struct Input {
    std::vector<std::int32_t> tokens = {1, 2, 3}, positions = {0, 1, 2};
    std::vector<BatchSequence> sequences;
    std::vector<std::uint32_t> output_rows = {2};
    float* logits = nullptr;
  };
  const auto status_of = [&](auto change) {
    Input in;
    in.sequences = {{0, 3, 0, FORGE_NONE, blocks}};
    in.logits = logits.data();
    change(in);
    Batch batch;
    batch.tokens = in.tokens;
    batch.positions = in.positions;
    batch.sequences = in.sequences;
    batch.output_rows = in.output_rows;
    batch.logits = in.logits;
    return plan->execute(**state, batch);
  };
  CHECK(status_of([](Input&) {}).ok());
  CHECK(status_of([](Input& in) { in.output_rows = {}, in.logits = nullptr; }).ok());
  const int before = executed;
  const auto refused = [&](auto change, const char* says) {
    const Status status = status_of(change);
    INFO(status.message());
    CHECK_FALSE(status.ok());
    CHECK(status.message().find(says) != std::string::npos);
  };
  refused([](Input& in) { in.tokens = {}; }, "0 rows");
  refused([](Input& in) { in.tokens.resize(5); }, "5 rows; 1 to 4 fit");
  refused([](Input& in) { in.tokens[1] = 19; }, "token 19 is not in the vocabulary of 19");
  refused([](Input& in) { in.tokens[1] = -1; }, "token -1");
  refused([](Input& in) { in.positions.pop_back(); }, "positions");
  refused([](Input& in) { in.output_rows = {0, 1, 2}; }, "3 output rows; 2 fit");
  refused([](Input& in) { in.output_rows = {3}; }, "output rows");
  refused([](Input& in) { in.output_rows = {1, 1}; }, "rising");
  refused([](Input& in) { in.logits = nullptr; }, "no buffer");
  refused([](Input& in) { in.sequences[0].n_rows = 2; }, "cover");
  refused([](Input& in) { in.sequences[0].first_row = 1; }, "cover");
  refused([](Input& in) { in.sequences[0].n_past = 62; }, "fewer KV blocks");
  refused([](Input& in) { in.sequences.push_back(in.sequences[0]); }, "2 sequences; 1 fit");
  CHECK(executed == before);
  test::g_faults = nullptr;
}

// One token; what it left of logits and candidates.
struct Step {
  std::vector<float> logits = std::vector<float>(kTinyVocab, -99);
  std::vector<std::int32_t> tokens;
  std::vector<float> values;

  Status run(Plan& plan, bool wants_logits, bool wants_candidates) {
    auto state = plan.create_state(1, 0);
    REQUIRE(state.ok());
    const std::int32_t token = 3, position = 0;
    const std::uint32_t block = 0, row = 0;
    const BatchSequence sequence = {0, 1, 0, FORGE_NONE, {&block, 1}};
    tokens.assign(std::max(plan.n_candidates(), 1u), -1);
    values.assign(tokens.size(), -99);
    Batch batch;
    batch.tokens = {&token, 1};
    batch.positions = {&position, 1};
    batch.sequences = {&sequence, 1};
    batch.output_rows = {&row, 1};
    if (wants_logits) batch.logits = logits.data();
    if (wants_candidates) {
      batch.candidates = tokens.data();
      batch.candidate_logits = values.data();
    }
    return plan.execute(**state, batch);
  }
};

TEST_CASE("plan: the best tokens come beside the logits or instead of them") {
  test::GraphMaker g(3);
  PlanOptions o = options();
  o.n_candidates = 5;
  auto plan = test::load_plan(test::tiny_graph(g, false), o);
  REQUIRE(plan->n_candidates() == 5);
  Step both, few, all;
  REQUIRE(both.run(*plan, true, true).ok());
  std::vector<float> sorted = both.logits;
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(both.values[i] == sorted[i]);
    CHECK(both.logits[static_cast<std::size_t>(both.tokens[i])] == sorted[i]);
  }
  REQUIRE(few.run(*plan, false, true).ok());
  CHECK(few.tokens == both.tokens);
  CHECK(few.values == both.values);
  CHECK(few.logits == Step().logits);
  REQUIRE(all.run(*plan, true, false).ok());
  CHECK(all.logits == both.logits);
  CHECK(Step().run(*plan, false, false).message().find("no buffer") != std::string::npos);
  // No more than there are.
  o.n_candidates = 1000;
  test::GraphMaker h(3);
  CHECK(test::load_plan(test::tiny_graph(h, false), o)->n_candidates() == kTinyVocab);
}

TEST_CASE("plan: a pack that always brings all outputs is not asked for the best tokens") {
  forge_plugin_kernel_pack_v1 record = reference_pack();
  record.flags = 0;
  auto device = PackDevice::open("old", record, {});
  REQUIRE(device.ok());
  test::GraphMaker g(3);
  PlanOptions o = options();
  o.n_candidates = 5;
  auto plan = test::load_plan(test::tiny_graph(g, false), o, {*device});
  CHECK(plan->n_candidates() == 0);
  CHECK(Step().run(*plan, true, false).ok());
  const Status status = Step().run(*plan, false, true);
  CHECK(status.message().find("candidates") != std::string::npos);
}

TEST_CASE("plan: no pack at all for a node is an error with the reason") {
  test::GraphMaker g(3);
  Graph graph = test::tiny_graph(g, false);
  graph.weights[1].type = 9999;  // no such codec
  const auto plan = Plan::prepare(graph, {}, options());
  CHECK(plan.code() == Code::kUnimplemented);
  CHECK(plan.status().message().find("no codec is registered for type 9999") != std::string::npos);
}

TEST_CASE("plan: loading tells how far it is, and stops when told to") {
  test::GraphMaker g(3);
  auto plan = Plan::prepare(test::tiny_graph(g, false), {}, options());
  REQUIRE(plan.ok());
  const Status stopped = (*plan)->load([](std::uint64_t, std::uint64_t) { return false; });
  // The reference executor has nothing to load; a pack that has must stop.
  CHECK((stopped.ok() || stopped.code() == Code::kCancelled));
}

TEST_CASE("plan: what a pack has read is told, with its bytes") {
  test::GraphMaker g(3);
  Graph graph = test::tiny_graph(g, false);
  const void* const second = graph.weights[1].data;
  const std::uint64_t n_bytes = graph.weights[1].n_bytes;
  test::Faults faults;
  faults.compile = [](const forge_progress_v1& progress) -> Status {
    progress.weight_read(progress.self, 1);
    progress.weight_read(progress.self, 1000);  // no such weight: not passed on
    return {};
  };
  auto plan = Plan::prepare(std::move(graph), {test::open_failing_pack(faults)}, options());
  REQUIRE(plan.ok());
  std::vector<std::span<const std::byte>> read;
  const Status loaded =
      (*plan)->load(nullptr, [&](std::span<const std::byte> data) { read.push_back(data); });
  test::g_faults = nullptr;
  REQUIRE(loaded.ok());
  REQUIRE(read.size() == 1);
  CHECK(read[0].data() == second);
  CHECK(read[0].size() == n_bytes);
}

TEST_CASE("plan: counters count what ran") {
  test::GraphMaker g(3);
  auto plan = test::load_plan(test::tiny_graph(g, true), options());
  static_cast<void>(run(*plan));
  for (const Counter& c : plan->counters()) {
    CHECK(c.calls == 2);
    CHECK(c.rows == 40);
    CHECK(c.kernel == "reference");
  }
  plan->reset_counters();
  CHECK(plan->counters()[0].calls == 0);
}

}  // namespace
}  // namespace forge::graph
