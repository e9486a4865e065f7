#include "core/safety/preflight.hpp"

#include <fmt/core.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "core/base/guard.hpp"
#include "core/base/log.hpp"
#include "core/plugin/probe_report.hpp"
#include "core/safety/preflight_child.hpp"
#include "forge/abi/preflight.h"

namespace forge::safety {
namespace {

constexpr std::string_view kAskDriver = "look at the output of 'sudo dmesg | grep amdgpu'";

// What a user can do about a failure in a stage; `hung`: whatever was to be found out was not.
std::string advice(std::string_view stage, bool hung) {
  if (stage == kAccessStage) return "'rocmforge doctor' shows what is there and what may be used";
  if (stage == kLoadStage || stage == kEndStage)
    return "reinstall the pack, or keep it out with --deny-plugin";
  if (hung) {
    return fmt::format(
        "end other programs that use the GPU, {}, and restart the computer if it happens again",
        kAskDriver);
  }
  if (stage == FORGE_PREFLIGHT_RUNTIME)
    return "check the installation of ROCm's HIP runtime ('rocmforge doctor' shows what was found)";
  if (stage == FORGE_PREFLIGHT_MEMORY)
    return fmt::format("undo overclocking, restart the computer, and {}", kAskDriver);
  return fmt::format("update ROCm and the amdgpu driver, and {}", kAskDriver);
}

void fail(PreflightReport& report, const device::Gpu& gpu, const std::string& stage,
          const Status& cause, bool hung) {
  report.failed_stage = stage;
  report.advice = advice(stage, hung);
  report.status =
      Status(cause.code(), fmt::format("GPU check '{}' on {} ({}) failed: {}; {}", stage,
                                       gpu.pci_id, gpu.name, cause.message(), report.advice));
  for (StageReport& one : report.stages) {
    if (one.name != stage || one.state == StageState::kPassed) continue;
    one.state = StageState::kFailed;
    one.text = cause.message();
  }
}

// Why the child did not do what it should have; ok: it did.
Status cause_of(const ChildEnd& end, const PreflightStream& stream) {
  std::string where = stream.current_phrase();
  if (!where.empty()) where.insert(0, 1, ' ');
  const std::string words = plugin::last_words(end.output);
  switch (end.ending) {
    case Ending::kTimedOut:
      return deadline_exceeded(fmt::format("it did not come back{} within {} and was stopped{}",
                                           where, plugin::seconds(stream.current_limit()), words));
    case Ending::kUnstoppable:
      return deadline_exceeded(
          fmt::format("it hangs in the kernel{}, and could not even be stopped after {}{}", where,
                      plugin::seconds(stream.current_limit()), words));
    case Ending::kStopped:
      return cancelled("it was stopped");
    case Ending::kSignalled:
      return internal_error(
          fmt::format("it crashed{} ({}){}", where, signal_name(end.code), words));
    case Ending::kExited:
      break;
  }
  const std::optional<Status> result = stream.result();
  if (result && !result->ok()) return *result;
  if (!result || end.code != 0) {
    return internal_error(
        fmt::format("it ended the process with exit code {}{}{}", end.code, where, words));
  }
  if (!stream.complete()) {
    return internal_error(fmt::format("it claims success after {} of {} stages{}", stream.passed(),
                                      stream.listed(), words));
  }
  return {};
}

}  // namespace

Status check_access(const device::Gpu& gpu, const device::KernelFiles& files,
                    const device::AccessCheck& may_open) {
  if (gpu.render_node.empty()) {
    return not_found("it has no render node: check that the amdgpu driver is loaded completely");
  }
  for (const std::string& node : {std::string("/dev/kfd"), gpu.render_node}) {
    const int error = may_open(files.real(node));
    if (error == 0) continue;
    if (error == ENOENT) {
      return not_found(fmt::format(
          "{} does not exist: in a container, pass --device /dev/kfd --device /dev/dri", node));
    }
    return permission_denied(fmt::format(
        "no permission to open {} ({}): add yourself to the render group (sudo usermod -aG render "
        "$USER) and log in again",
        node, std::generic_category().message(error)));
  }
  return {};
}

void judge_preflight(const ChildEnd& end, const PreflightStream& stream, const device::Gpu& gpu,
                     PreflightReport& report) {
  for (StageReport& stage : stream.stages()) report.stages.push_back(std::move(stage));
  report.facts = stream.facts();
  const Status cause = cause_of(end, stream);
  if (cause.ok()) return;
  const bool hung = end.ending == Ending::kTimedOut || end.ending == Ending::kUnstoppable;
  fail(report, gpu, stream.current_name(), cause, hung);
}

PreflightReport run_preflight(const plugin::Manifest& pack, const device::Gpu& gpu,
                              std::uint64_t memory_budget, const PreflightOptions& options) {
  PreflightReport report;
  const auto begin = std::chrono::steady_clock::now();
  report.stages.push_back(
      {std::string(kAccessStage), "the device nodes are there and may be opened", {}, {}, {}});
  const Status access = check_access(gpu, options.files, options.may_open);
  report.stages[0].time = std::chrono::steady_clock::now() - begin;
  if (!access.ok()) {
    fail(report, gpu, std::string(kAccessStage), access, false);
    return report;
  }
  report.stages[0].state = StageState::kPassed;
  report.stages[0].text = gpu.render_node;

  PreflightStream stream(options.limits);
  ChildOptions child;
  child.program = options.probe_program;
  child.arguments = to_arguments({pack.path, gpu.pci_id, gpu.name, gpu.gfx, memory_budget});
  child.limit = stream.current_limit();
  child.grace = options.grace;
  child.stop = options.stop;
  child.on_report = [&stream](std::string_view piece) { return stream.feed(piece); };
  const Result<ChildEnd> end = guarded([&]() -> Result<ChildEnd> {
    if (options.probe_program.empty()) {
      return failed_precondition(
          "rocmforge-probe is neither beside the program nor in libexec/rocmforge");
    }
    return run_child(child);
  });
  if (end.ok()) {
    judge_preflight(*end, stream, gpu, report);
  } else {
    fail(report, gpu, std::string(kLoadStage), end.status(), false);
  }
  log::get("safety").debug("{} on {}: {}", pack.id, gpu.pci_id,
                           report.passed() ? "passed every stage" : report.status.message());
  return report;
}

}  // namespace forge::safety
