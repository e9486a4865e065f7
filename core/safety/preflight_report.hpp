// core/safety/preflight_report.hpp: what a preflight found, stage by stage.
#ifndef FORGE_CORE_SAFETY_PREFLIGHT_REPORT_HPP_
#define FORGE_CORE_SAFETY_PREFLIGHT_REPORT_HPP_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "forge/sdk/status.hpp"

namespace forge::safety {

using Milliseconds = std::chrono::duration<double, std::milli>;

// Stages of the host's own, before and around those of the pack (forge/abi/preflight.h).
inline constexpr std::string_view kAccessStage = "access";  // render node there and permitted
inline constexpr std::string_view kLoadStage = "load";      // library opened and initialised
inline constexpr std::string_view kDeviceStage = "device";  // of packs without stages
inline constexpr std::string_view kEndStage = "shutdown";   // everything given back

enum class StageState { kNotRun, kPassed, kFailed };
std::string_view state_name(StageState state);  // "passed"

struct StageReport {
  std::string name;     // "kernel"
  std::string purpose;  // for people
  StageState state = StageState::kNotRun;
  Milliseconds time{0};
  std::string text;  // passed: what was found; failed: the cause
  bool operator==(const StageReport&) const = default;
};

// What the pack learned beside; absent or empty: not known.
struct PreflightFacts {
  std::optional<std::uint64_t> memory_free;  // bytes
  std::string runtime_version;
  std::string runtime_path;
  bool operator==(const PreflightFacts&) const = default;
};

struct PreflightReport {
  std::vector<StageReport> stages;
  PreflightFacts facts;
  bool remembered = false;  // passed earlier in this boot; times are from then
  Status status;            // ok: passed. Otherwise one sentence: stage, cause, what to do
  std::string failed_stage;
  std::string advice;  // of `status`: what to do

  bool passed() const { return status.ok(); }
};

}  // namespace forge::safety

#endif  // FORGE_CORE_SAFETY_PREFLIGHT_REPORT_HPP_
