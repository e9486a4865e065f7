// The packs' runtime on a simulated card: the same numbers however a step is launched, what it
// takes of the memory, and what happens when the card does not go on.
#include "plugins/hip/runtime/plan.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/engine/sampler.hpp"
#include "core/graph/plan.hpp"
#include "tests/support/tiny_model.hpp"
#include "tests/unit/plugins_hip/sim.hpp"

namespace forge::hip {
namespace {

using test::SimulatedCard;

constexpr forge_plugin_kernel_pack_v1 kPack =
    sdk::kernel_pack_record<DeviceOf<kTraits>>(kPackFlags);

std::shared_ptr<const engine::Model> small_model() {
  test::TinyModel shape;
  shape.matrix_type = FORGE_TYPE_Q8_0;
  shape.n_layers = 1;
  shape.n_heads = 2;
  shape.n_kv_heads = 1;
  shape.head_dim = 32;
  return test::open_tiny_model(shape);
}

Result<std::shared_ptr<graph::PackDevice>> open(const SimulatedCard& card, bool profile = false) {
  graph::DeviceOptions options;
  options.key = card.device().key;
  options.name = card.device().name;
  options.processor = card.device().processor;
  options.data_directory = card.device().data_directory;
  options.memory_budget = card.device().memory_budget;
  options.profile = profile;
  return graph::PackDevice::open("gfx1100", kPack, options);
}

// A plan that runs on the card alone, with a state of 4 blocks.
struct Loaded {
  std::shared_ptr<const engine::Model> model = small_model();
  std::unique_ptr<graph::Plan> plan;
  std::unique_ptr<graph::PlanState> state;

  explicit Loaded(const SimulatedCard& card, bool profile = false) {
    auto device = open(card, profile);
    INFO(device.status().message());
    REQUIRE(device.ok());
    graph::PlanOptions options;
    options.max_rows = 40;
    options.max_outputs = 4;
    options.n_candidates = 100;
    auto made = graph::Plan::prepare(model->graph(), {*device}, options);
    REQUIRE(made.ok());
    plan = std::move(made).value();
    CHECK(plan->notes().empty());
    REQUIRE(plan->load(nullptr).ok());
    auto created = plan->create_state(4, 0);
    REQUIRE(created.ok());
    state = std::move(created).value();
  }

  // Rows n_past .. of the one sequence; the logits of the last.
  Status run(std::uint32_t n_past, std::uint32_t n, std::vector<float>& logits) {
    logits.assign(test::kTinyTokens, 0);
    return execute(n_past, n, logits.data(), nullptr, nullptr);
  }
  // The best tokens of the last, and no logits.
  Status pick(std::uint32_t n_past, std::uint32_t n, std::vector<std::int32_t>& tokens) {
    tokens.assign(plan->n_candidates(), -1);
    picked_logits.assign(plan->n_candidates(), 0);
    return execute(n_past, n, nullptr, tokens.data(), picked_logits.data());
  }
  std::vector<float> picked_logits;
  // A token drawn of the last, and nothing else.
  Status draw(std::uint32_t n_past, const forge_draw_settings_v1& settings, std::int32_t& token) {
    token = -2;
    return execute(n_past, 1, nullptr, nullptr, nullptr, &settings, &token);
  }

 private:
  Status execute(std::uint32_t n_past, std::uint32_t n, float* logits, std::int32_t* candidates,
                 float* candidate_logits, const forge_draw_settings_v1* settings = nullptr,
                 std::int32_t* drawn = nullptr) {
    static constexpr std::uint32_t kBlocks[] = {2, 0, 3, 1};
    std::vector<std::int32_t> tokens(n), positions(n);
    for (std::uint32_t i = 0; i < n; ++i) {
      positions[i] = static_cast<std::int32_t>(n_past + i);
      tokens[i] = static_cast<std::int32_t>((n_past + i) * 7 % test::kTinyTokens);
    }
    const std::uint32_t last = n - 1;
    const graph::BatchSequence sequence = {0, n, n_past, FORGE_NONE, kBlocks};
    graph::Batch batch;
    batch.tokens = tokens;
    batch.positions = positions;
    batch.sequences = {&sequence, 1};
    batch.output_rows = {&last, 1};
    batch.logits = logits;
    batch.candidates = candidates;
    batch.candidate_logits = candidate_logits;
    batch.draw_settings = settings;
    batch.drawn = drawn;
    return plan->execute(*state, batch);
  }
};

// A prompt of 33 tokens and five more, one by one.
std::vector<std::vector<float>> generate(Loaded& loaded) {
  std::vector<std::vector<float>> all(6);
  REQUIRE(loaded.run(0, 33, all[0]).ok());
  for (std::uint32_t i = 1; i < 6; ++i) REQUIRE(loaded.run(32 + i, 1, all[i]).ok());
  return all;
}

TEST_CASE("hip device: recorded steps, single launches and measured ones give the same bits") {
  std::vector<std::vector<float>> expected;
  {
    const SimulatedCard card({SimulatedCard::Variable("FORGE_HIP_GRAPHS", "0")});
    Loaded loaded(card);
    expected = generate(loaded);
  }
  {
    const SimulatedCard card;
    Loaded loaded(card);
    CHECK(generate(loaded) == expected);
    // The same again: steps of one row are replayed from the first on, over the same state.
    CHECK(generate(loaded) == expected);
  }
  const SimulatedCard card;
  Loaded loaded(card, true);
  CHECK(generate(loaded) == expected);
  for (const graph::Counter& counter : loaded.plan->counters()) {
    INFO(counter.name << " " << counter.kernel);
    if (counter.calls != 0) CHECK(counter.nanoseconds > 0);
  }
}

std::uint64_t launches_of(const graph::Plan& plan, std::uint32_t op) {
  std::uint64_t n = 0;
  for (const graph::Counter& counter : plan.counters()) n += counter.op == op ? counter.calls : 0;
  return n;
}

TEST_CASE("hip device: the best tokens without the logits") {
  for (const char* graphs : {"0", "1"}) {
    const SimulatedCard card({SimulatedCard::Variable("FORGE_HIP_GRAPHS", graphs)});
    Loaded loaded(card);
    REQUIRE(loaded.plan->n_candidates() == 100);
    std::vector<float> logits;
    std::vector<std::int32_t> tokens;
    REQUIRE(loaded.run(0, 5, logits).ok());
    for (std::uint32_t i = 0; i < 12; ++i) {
      // Each position twice over the same state, in turns of two, so that both kinds are replayed.
      const std::uint32_t position = 5 + i / 4;
      if (i % 2 == 0) {
        REQUIRE(loaded.run(position, 1, logits).ok());
        continue;
      }
      REQUIRE(loaded.pick(position, 1, tokens).ok());
      std::vector<std::int32_t> order(logits.size());
      std::iota(order.begin(), order.end(), 0);
      std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
        return logits[static_cast<std::size_t>(a)] > logits[static_cast<std::size_t>(b)];
      });
      order.resize(tokens.size());
      CHECK(tokens == order);
      for (std::size_t c = 0; c < tokens.size(); ++c)
        CHECK(loaded.picked_logits[c] == logits[static_cast<std::size_t>(tokens[c])]);
    }
    // Nothing is picked where nobody looks: one launch for each of the six.
    CHECK(launches_of(*loaded.plan, FORGE_OP_TOP_K) == 6);
  }
}

TEST_CASE("hip device: a token drawn without the logits is the sampler's") {
  for (const char* graphs : {"0", "1"}) {
    const SimulatedCard card({SimulatedCard::Variable("FORGE_HIP_GRAPHS", graphs)});
    Loaded loaded(card);
    REQUIRE(loaded.plan->can_draw());
    engine::SamplingParams params;
    params.seed = 5;
    engine::SamplingParams flat = params;  // a nucleus larger than the list
    flat.top_k = 0;
    flat.top_p = 0.99f;
    flat.min_p = 0;
    std::vector<engine::Sampler> samplers;
    for (const auto& p : {params, flat})
      samplers.push_back(*engine::Sampler::create(p, test::kTinyTokens));
    std::vector<float> logits;
    std::int32_t token = 0;
    REQUIRE(loaded.run(0, 5, logits).ok());
    for (std::uint32_t i = 0; i < 8; ++i) {
      REQUIRE(loaded.run(5, 1, logits).ok());
      for (engine::Sampler& sampler : samplers) {
        REQUIRE(loaded.draw(5, sampler.draw_settings(), token).ok());
        std::vector<float> copy = logits;
        CHECK(sampler.sample(copy)->token == token);
      }
    }
    CHECK(launches_of(*loaded.plan, FORGE_OP_DRAW) == 8 * (1 + 2));
    std::vector<std::int32_t> tokens;
    REQUIRE(loaded.pick(5, 1, tokens).ok());  // nothing is drawn where nobody asks
    CHECK(launches_of(*loaded.plan, FORGE_OP_DRAW) == 8 * (1 + 2));
  }
}

TEST_CASE("hip device: one chunk or row by row") {
  const SimulatedCard card;
  std::vector<float> whole, single;
  Loaded a(card);
  REQUIRE(a.run(0, 18, whole).ok());
  Loaded b(card);
  for (std::uint32_t i = 0; i < 18; ++i) REQUIRE(b.run(i, 1, single).ok());
  CHECK(single == whole);
}

TEST_CASE("hip device: a plan takes what it said, and gives it back") {
  const SimulatedCard card;
  const auto model = small_model();
  graph::Graph graph = model->graph();
  graph.outputs = {graph.info.logits};
  const graph::GraphView view(graph);
  const forge_plan_options_v1 options = {sizeof(options), 40, 4, 2};
  auto gpu = Gpu::open(card.device());
  REQUIRE(gpu.ok());
  auto kernels = KernelSet::load(*gpu, code_object_path(kTraits, card.device()));
  REQUIRE(kernels.ok());
  const forge_plan_memory_v1 said = GpuPlan::memory(*view.get(), options);
  {
    IdleList idle;
    auto plan =
        GpuPlan::compile({kTraits, *gpu, **kernels, idle, 1, false}, *view.get(), options, {});
    INFO(plan.status().message());
    REQUIRE(plan.ok());
    CHECK((*gpu)->budget().used() == said.weights + said.scratch);
    auto state = (*plan)->create_state(3, 0);
    REQUIRE(state.ok());
    // One allocation, which is counted in pages.
    CHECK((*gpu)->budget().used() ==
          said.weights + said.scratch + counted_bytes(3 * said.state_per_block));
  }
  CHECK((*gpu)->budget().used() == 0);
}

TEST_CASE("hip device: blocks of a state are copied, read and written") {
  const SimulatedCard card;
  Loaded loaded(card);
  std::vector<float> before, after;
  REQUIRE(loaded.run(0, 20, before).ok());
  REQUIRE(loaded.run(20, 1, before).ok());
  // Block 2 holds the sequence's first positions. Away with it and back again, by both ways.
  const std::uint32_t held = 2, other = 1;
  std::vector<std::byte> bytes(loaded.plan->memory().state_per_block);
  REQUIRE(loaded.state->copy_blocks({&held, 1}, {&other, 1}).ok());
  REQUIRE(loaded.state->read_blocks({&other, 1}, bytes.data()).ok());
  const std::vector<std::byte> zeros(bytes.size());
  CHECK(bytes != zeros);
  REQUIRE(loaded.state->write_blocks({&held, 1}, zeros.data()).ok());
  REQUIRE(loaded.run(20, 1, after).ok());
  CHECK(after != before);
  REQUIRE(loaded.state->write_blocks({&held, 1}, bytes.data()).ok());
  REQUIRE(loaded.run(20, 1, after).ok());
  CHECK(after == before);
}

TEST_CASE("hip device: a kernel that hangs ends in an error, and so does everything after it") {
  const SimulatedCard card(
      {SimulatedCard::Variable("FORGE_HIPSIM_FAULT", "hang_kernel=attention_32"),
       SimulatedCard::Variable("FORGE_HIP_TIMEOUT_S", "0.3")});
  Loaded loaded(card);
  std::vector<float> logits;
  const Status hung = loaded.run(0, 5, logits);
  INFO(hung.message());
  CHECK(hung.code() == Code::kDeadlineExceeded);
  CHECK(hung.message().find("FORGE_HIP_TIMEOUT_S") != std::string::npos);
  const Status again = loaded.run(0, 5, logits);
  CHECK(again.code() == Code::kDeadlineExceeded);
  CHECK(again.message().find("cannot be used any more") != std::string::npos);
}

TEST_CASE("hip device: a lost card is said to be lost") {
  const SimulatedCard card({SimulatedCard::Variable("FORGE_HIPSIM_FAULT", "page_fault=7")});
  Loaded loaded(card);
  std::vector<float> logits;
  const Status lost = loaded.run(0, 5, logits);
  INFO(lost.message());
  CHECK(lost.code() == Code::kAborted);
  CHECK(lost.message().find("hipErrorIllegalAddress") != std::string::npos);
  CHECK_FALSE(loaded.plan->create_state(1, 0).ok());
}

TEST_CASE("hip device: no memory, no kernels") {
  {
    const SimulatedCard card({SimulatedCard::Variable("FORGE_HIPSIM_FAULT", "oom=1")});
    auto device = open(card);
    REQUIRE(device.ok());
    const auto model = small_model();
    auto plan = graph::Plan::prepare(model->graph(), {*device}, {});
    REQUIRE(plan.ok());
    const Status status = (*plan)->load(nullptr);
    INFO(status.message());
    CHECK(status.code() == Code::kResourceExhausted);
  }
  const SimulatedCard card;
  forge_device_v1 device = card.device();
  device.processor = "gfx1101";
  const auto opened = GpuDevice::open(kTraits, device, {sizeof(forge_pack_options_v1), 1, 0, 0});
  CHECK(opened.code() == Code::kNotFound);
  CHECK(opened.status().message().find("gfx1101.hsaco") != std::string::npos);
}

}  // namespace
}  // namespace forge::hip
