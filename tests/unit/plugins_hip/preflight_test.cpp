#include "plugins/hip/runtime/preflight.hpp"

#include "tests/unit/plugins_hip/sim.hpp"

namespace forge::hip {
namespace {

using test::SimulatedCard;

struct Outcome {
  std::uint32_t n_passed = 0;
  Status failure;
  forge_preflight_facts_v1 facts = {};
};

Outcome run_all(const SimulatedCard& card) {
  Outcome out;
  auto preflight = PreflightOf<kTraits>::open(card.device());
  REQUIRE(preflight.ok());
  for (; out.n_passed < std::size(kPreflightStages); ++out.n_passed) {
    auto found = (*preflight)->run(out.n_passed, out.facts);
    if (!found.ok()) {
      out.failure = found.status();
      break;
    }
    CHECK_FALSE(found->empty());
  }
  return out;
}

TEST_CASE("hip preflight: a sound card passes all stages") {
  const SimulatedCard card;
  const Outcome out = run_all(card);
  INFO(out.failure.message());
  CHECK(out.n_passed == 4);
  CHECK(out.facts.memory_free > 0);
  CHECK(std::string(out.facts.runtime_version).find('.') != std::string::npos);
  CHECK(std::string(out.facts.runtime_path).find("hipsim") != std::string::npos);
}

TEST_CASE("hip preflight: what is wrong is found in its stage") {
  struct Fault {
    const char* fault;
    std::uint32_t stage;
    Code code;
  };
  for (const Fault& f :
       {Fault{"no_device", 0, Code::kUnavailable}, Fault{"permission", 0, Code::kUnavailable},
        Fault{"oom=1", 1, Code::kResourceExhausted},
        Fault{"wrong_result=probe_add", 2, Code::kDataLoss},
        Fault{"page_fault=1", 2, Code::kAborted},
        Fault{"wrong_result=probe_matrix", 3, Code::kDataLoss}}) {
    const SimulatedCard card({SimulatedCard::Variable("FORGE_HIPSIM_FAULT", f.fault)});
    const Outcome out = run_all(card);
    INFO(f.fault << ": " << out.failure.message());
    CHECK(out.n_passed == f.stage);
    CHECK(out.failure.code() == f.code);
  }
}

TEST_CASE("hip preflight: a device that is not there") {
  const SimulatedCard card(
      {SimulatedCard::Variable("FORGE_HIPSIM_DEVICES", "0000:0a:00.0=gfx1100,1")});
  const Outcome out = run_all(card);
  CHECK(out.n_passed == 0);
  CHECK(out.failure.message().find("0000:03:00.0") != std::string::npos);
}

}  // namespace
}  // namespace forge::hip
