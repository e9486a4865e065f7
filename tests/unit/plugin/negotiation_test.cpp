// Interface records that are optional.
#include "core/plugin/negotiation.hpp"

#include <stdexcept>
#include <string>

#include "forge/sdk/preflight.hpp"
#include "tests/catch.hpp"

namespace forge::plugin {
namespace {

TEST_CASE("negotiation: limits may be absent, not half there") {
  CHECK(check_limits(nullptr).ok());
  forge_plugin_limits_v1 limits = {};
  limits.struct_size = sizeof(limits);
  limits.measure = [](forge_pack_device*, forge_limits_v1*, forge_message*) -> forge_status {
    return FORGE_OK;
  };
  CHECK(check_limits(&limits).ok());
  limits.struct_size = 8;
  CHECK(check_limits(&limits).message().find("forge.limits/1") != std::string::npos);
  limits.struct_size = sizeof(limits);
  limits.measure = nullptr;
  CHECK(check_limits(&limits).message().find("measure") != std::string::npos);
}

TEST_CASE("negotiation: an idle interface may be absent, not half there") {
  CHECK(check_idle(nullptr).ok());
  forge_plugin_idle_v1 idle = {};
  idle.struct_size = sizeof(idle);
  idle.release = [](forge_pack_device*, forge_message*) -> forge_status { return FORGE_OK; };
  CHECK(check_idle(&idle).ok());
  idle.struct_size = 8;
  CHECK(check_idle(&idle).message().find("forge.idle/1") != std::string::npos);
  idle.struct_size = sizeof(idle);
  idle.release = nullptr;
  CHECK(check_idle(&idle).message().find("release") != std::string::npos);
}

class Nothing final : public sdk::Preflight {
 public:
  static Result<std::unique_ptr<Preflight>> open(const forge_device_v1&) {
    return std::unique_ptr<Preflight>(std::make_unique<Nothing>());
  }
  Result<std::string> run(std::uint32_t stage, forge_preflight_facts_v1& facts) override {
    sdk::set_runtime(facts, "1.2", std::string(1000, 'p'));
    if (stage == 1) throw std::runtime_error("thrown");
    return std::string("found");
  }
};

constexpr forge_preflight_stage_v1 kOne =
    sdk::preflight_stage(FORGE_PREFLIGHT_RUNTIME, std::chrono::seconds(1), "one");
constexpr forge_preflight_stage_v1 kTwo =
    sdk::preflight_stage(FORGE_PREFLIGHT_MEMORY, std::chrono::seconds(1), "two");
constexpr const forge_preflight_stage_v1* kStages[] = {&kOne, &kTwo};
constexpr const forge_preflight_stage_v1* kTwice[] = {&kOne, &kOne};
constexpr const forge_preflight_stage_v1* kHole[] = {&kOne, nullptr};
constexpr forge_plugin_preflight_v1 kSound = sdk::preflight_record<Nothing>(kStages);

// What is said about the record after a change.
template <class Change>
std::string complaint(Change change) {
  forge_plugin_preflight_v1 record = kSound;
  change(record);
  return check_preflight(&record).message();
}

// The same of its first stage.
template <class Change>
std::string stage_complaint(Change change) {
  forge_preflight_stage_v1 stage = kOne;
  change(stage);
  const forge_preflight_stage_v1* const stages[] = {&stage, &kTwo};
  return complaint([&](auto& record) { record.stages = stages; });
}

TEST_CASE("a preflight as the SDK makes it is sound, and none is fine") {
  CHECK(check_preflight(&kSound).ok());
  CHECK(check_preflight(nullptr).ok());
  forge_preflight* session = nullptr;
  const forge_device_v1 device = {};
  REQUIRE(kSound.open(&device, &session, nullptr) == FORGE_OK);
  forge_preflight_facts_v1 facts = {};
  CHECK(kSound.run(session, 0, &facts, nullptr) == FORGE_OK);
  CHECK(std::string(facts.runtime_version) == "1.2");
  CHECK(std::string(facts.runtime_path).size() == sizeof facts.runtime_path - 1);
  CHECK(kSound.run(session, 1, &facts, nullptr) == FORGE_UNKNOWN);
  kSound.close(session);
}

TEST_CASE("a preflight that cannot be is refused with the reason") {
  const std::string id = "forge.preflight/1";
  CHECK(complaint([](auto& r) { r.struct_size = 8; }).starts_with(id + " has struct_size 8"));
  CHECK(complaint([](auto& r) { r.open = nullptr; }) == id + ": required slot open is null");
  CHECK(complaint([](auto& r) { r.run = nullptr; }) == id + ": required slot run is null");
  CHECK(complaint([](auto& r) { r.close = nullptr; }) == id + ": required slot close is null");
  CHECK(complaint([](auto& r) { r.stages = nullptr; }) == id + ": required slot stages is null");
  CHECK(complaint([](auto& r) { r.n_stages = 0; }) == id + " has 0 stages; 1 to 16 are possible");
  CHECK(complaint([](auto& r) { r.n_stages = 40; }) == id + " has 40 stages; 1 to 16 are possible");
  CHECK(complaint([](auto& r) { r.stages = kTwice; }) ==
        id + ": stages 0 and 1 are both called 'runtime'");
  CHECK(complaint([](auto& r) { r.stages = kHole; }) ==
        id + ": stage 1: record: required slot stages[i] is null");
}

TEST_CASE("a stage that cannot be is refused with its number and the reason") {
  const std::string first = "forge.preflight/1: stage 0: ";
  const std::string name = first + "its name is not 1 to 32 of a-z, 0-9, '-' and '_'";
  for (const char* wrong :
       {"", "Runtime", "run time", "a\n", "aaaaaaaaaabbbbbbbbbbcccccccccc012"}) {
    CAPTURE(wrong);
    const bool refused = std::string(wrong).size() != 32;
    CHECK(stage_complaint([&](auto& s) { s.name = wrong; }) == (refused ? name : ""));
  }
  CHECK(stage_complaint([](auto& s) { s.name = "aaaaaaaaaabbbbbbbbbbcccccccccc0123"; }) == name);
  CHECK(stage_complaint([](auto& s) { s.name = nullptr; }) == name);
  CHECK(stage_complaint([](auto& s) { s.limit_ms = 0; }) ==
        first + "its limit is 0 ms; 1 to 600000 are possible");
  CHECK(stage_complaint([](auto& s) { s.limit_ms = 600001; }) ==
        first + "its limit is 600001 ms; 1 to 600000 are possible");
  CHECK(stage_complaint([](auto& s) { s.struct_size = 4; }).starts_with(first + "record has"));
  CHECK(stage_complaint([](auto& s) { s.purpose = nullptr; }) ==
        first + "record: required slot purpose is null");
}

}  // namespace
}  // namespace forge::plugin
