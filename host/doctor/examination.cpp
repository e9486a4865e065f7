#include "host/doctor/examination.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "core/codec/host_codecs.hpp"
#include "core/plugin/loader.hpp"

namespace forge {
namespace {

const device::Gpu* find_gpu(const Examination& e, const std::string& pci_id) {
  for (const device::Gpu& gpu : e.setup.survey.gpus) {
    if (gpu.pci_id == pci_id) return &gpu;
  }
  return nullptr;
}

DeviceMemory memory_of(const device::Gpu& gpu, const Config& config,
                       const safety::GateOptions& gate) {
  DeviceMemory memory;
  memory.pci_id = gpu.pci_id;
  memory.reserve = safety::desktop_reserve(gpu, config.device.desktop_reserve_gb);
  Result<safety::VramBudget> budget = safety::vram_budget(gpu, config.device.desktop_reserve_gb);
  if (budget.ok()) {
    memory.budget = *std::move(budget);
  } else {
    memory.why_not = budget.status().message();
  }
  memory.holder = safety::DeviceLock::holder(gpu.pci_id, gate.lock_directory);
  return memory;
}

// Every accepted pack for GPUs on every device it fits. What fails is turned down in the selection.
void check_packs(Examination& e, safety::Gate& gate) {
  std::vector<std::pair<plugin::Manifest, std::vector<plugin::PackDevice>>> packs;
  for (const plugin::Candidate& candidate : e.setup.selection.candidates()) {
    if (candidate.accepted() && candidate.found.manifest->is_gpu_pack())
      packs.emplace_back(*candidate.found.manifest, candidate.devices);
  }
  for (const auto& [pack, devices] : packs) {
    const safety::Failure* first = nullptr;
    std::string passed;
    std::vector<PackCheck> checks;
    checks.reserve(devices.size());
    for (const plugin::PackDevice& device : devices) {
      const device::Gpu* const gpu = find_gpu(e, device.key);
      if (gpu == nullptr) continue;
      safety::Gate::Examination found = gate.examine(pack, *gpu);
      checks.push_back({pack.id, device.key, std::move(found.report), std::move(found.failure)});
      if (!checks.back().failure && passed.empty()) passed = device.key;
      if (checks.back().failure && first == nullptr) first = &*checks.back().failure;
    }
    if (!passed.empty()) {
      e.setup.selection.keep_device(pack.id, passed);
    } else if (first != nullptr) {
      e.setup.selection.reject(pack.id, {plugin::Reason::kSafety, first->status.message()});
    }
    std::move(checks.begin(), checks.end(), std::back_inserter(e.checks));
  }
}

// The GPU's part of the verdict, when another pack leads: what stands in the way of the best one.
void explain_absence(Examination& e) {
  if (e.setup.survey.gpus.empty()) {
    e.verdict.why = "no AMD GPU that can compute was found";
    for (const device::Finding& finding : e.setup.survey.findings) {
      const bool problem = finding.severity == device::Severity::kProblem;
      if (problem) e.verdict.why = fmt::format("{}: {}", finding.subject, finding.text);
      if (problem || e.verdict.action.empty()) e.verdict.action = finding.action;
      if (problem) return;
    }
    return;
  }
  for (const PackCheck& check : e.checks) {
    if (!check.failure) continue;
    e.verdict.why = check.failure->status.message();
    if (check.failure->obstacle == safety::Obstacle::kBusy) {
      e.verdict.action = "wait until that process ends, or end it";
    } else if (check.failure->obstacle == safety::Obstacle::kBudget) {
      e.verdict.action = "close programs that use the GPU, or lower --desktop-reserve-gb";
    } else {
      e.verdict.action = check.report.advice;
    }
    return;
  }
  using plugin::Reason;
  const plugin::Rejection* best = nullptr;
  for (const plugin::Candidate& candidate : e.setup.selection.candidates()) {
    if (!candidate.found.manifest || !candidate.found.manifest->is_gpu_pack()) continue;
    for (const plugin::Rejection& rejection : candidate.rejections) {
      const bool other_gpu = rejection.reason == Reason::kProcessor;
      if (best == nullptr || (best->reason == Reason::kProcessor && !other_gpu)) best = &rejection;
    }
  }
  if (best == nullptr) {
    e.verdict.why = "no pack for GPUs is installed";
    e.verdict.action = "install the pack for the GPU, or name its folder with --plugin-path";
    return;
  }
  e.verdict.why = best->text;
  switch (best->reason) {
    case Reason::kProcessor:
      e.verdict.action = "install a pack for the GPU's processor; these packs are for others";
      break;
    case Reason::kSafeMode:
      e.verdict.action = "leave out --safe (FORGE_SAFE) and --device cpu (FORGE_DEVICE)";
      break;
    case Reason::kDenied:
    case Reason::kNotAllowed:
      e.verdict.action = "change plugins.deny and plugins.allow";
      break;
    case Reason::kRocm:
      e.verdict.action = "install a ROCm version that the pack was built for";
      break;
    case Reason::kAccess:
      for (const device::Finding& finding : e.setup.survey.findings) {
        const bool problem = finding.severity == device::Severity::kProblem;
        if (problem && e.verdict.action.empty()) e.verdict.action = finding.action;
      }
      break;
    case Reason::kLoad:
    case Reason::kProbe:
    case Reason::kFiles:
      e.verdict.action = "reinstall the pack";
      break;
    default:
      e.verdict.action = "use a pack that fits this program and machine";
  }
}

void judge(Examination& e) {
  const plugin::Candidate* const primary = e.setup.selection.find(plugin::Role::kPrimary);
  if (primary == nullptr) {
    e.verdict.pack = "reference";
    e.verdict.device = "cpu";
    e.verdict.why = "no kernel pack can be used; core's reference executor is slow";
    e.verdict.action = "reinstall the program, or name a folder with packs by --plugin-path";
    return;
  }
  e.verdict.pack = primary->id();
  e.verdict.device = primary->devices.front().key;
  if (!primary->found.manifest->is_gpu_pack()) {
    explain_absence(e);
    return;
  }
  e.verdict.why = fmt::format("{} passed every check", primary->devices.front().name);
  if (primary->forced) e.verdict.why = "forced, and " + e.verdict.why;
}

}  // namespace

Examination examine(PluginSetup setup, const Config& config, const ExaminationOptions& options) {
  Examination e;
  e.setup = std::move(setup);
  e.system = device::survey_system(device::KernelFiles(options.gate.root), options.groups);
  for (const device::Gpu& gpu : e.setup.survey.gpus)
    e.memory.push_back(memory_of(gpu, config, options.gate));
  if (options.preflight) {
    e.setup.options.probe_program = options.gate.probe_program;
    const plugin::Loader loader(e.setup.options, process_codecs());
    loader.probe_all(e.setup.selection);
    safety::Gate gate(options.gate, e.setup.survey);
    check_packs(e, gate);
  }
  judge(e);
  return e;
}

}  // namespace forge
