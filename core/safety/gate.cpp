#include "core/safety/gate.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "core/base/guard.hpp"
#include "core/base/log.hpp"
#include "core/plugin/locations.hpp"
#include "forge/abi/preflight.h"

namespace forge::safety {
namespace {

using std::chrono::milliseconds;

std::filesystem::path program_of(const GateOptions& options) {
  return options.probe_program.empty() ? plugin::find_probe_program(plugin::program_directory())
                                       : options.probe_program;
}

Obstacle obstacle_of_lock(const Status& status) {
  return status.code() == Code::kUnavailable ? Obstacle::kBusy : Obstacle::kAccess;
}

}  // namespace

Obstacle obstacle_of(std::string_view stage) {
  if (stage == kAccessStage) return Obstacle::kAccess;
  if (stage == kLoadStage || stage == kEndStage || stage == kDeviceStage) return Obstacle::kLoad;
  if (stage == FORGE_PREFLIGHT_RUNTIME) return Obstacle::kRuntime;
  if (stage == FORGE_PREFLIGHT_MEMORY) return Obstacle::kMemory;
  if (stage == FORGE_PREFLIGHT_KERNEL) return Obstacle::kKernel;
  if (stage == FORGE_PREFLIGHT_MATRIX) return Obstacle::kMatrix;
  return Obstacle::kOther;
}

Gate::Gate(GateOptions options, const device::Survey& survey)
    : options_(std::move(options)),
      files_(options_.root),
      gpus_(survey.gpus),
      system_(device::survey_system(files_, device::current_groups())),
      cache_(options_.cache_directory) {
  options_.probe_program = program_of(options_);
}

Gate::~Gate() {
  for (const Admission& one : admissions_) remember(one);
}

// Nothing is lost when this fails but the time of the next check.
void Gate::remember(const Admission& passed) {
  static_cast<void>(guarded([&]() -> Status {
    cache_.remember(passed.manifest, passed.device, passed.conditions, passed.report);
    return {};
  }));
}

LockOptions Gate::lock_options(milliseconds wait) const {
  return {options_.lock_directory, options_.command, wait, options_.stop};
}

// A remembered pass, unless it is to be found out anew; or the stages.
PreflightReport Gate::checked(const plugin::Manifest& pack, const device::Gpu& gpu,
                              std::uint64_t budget, const std::string& conditions, bool anew) {
  if (!anew) {
    if (auto remembered = cache_.find(pack, gpu.pci_id, conditions)) {
      log::get("safety").debug("{} on {} passed earlier in this boot", pack.id, gpu.pci_id);
      return *std::move(remembered);
    }
  }
  cache_.forget(pack, gpu.pci_id);
  PreflightOptions options;
  options.probe_program = options_.probe_program;
  options.files = files_;
  options.may_open = options_.may_open;
  options.limits = options_.limits;
  options.stop = options_.stop;
  return run_preflight(pack, gpu, budget, options);
}

Result<Admission> Gate::try_device(const plugin::Manifest& pack, const std::string& device,
                                   milliseconds wait, Obstacle& obstacle) {
  const auto found = std::find_if(gpus_.begin(), gpus_.end(),
                                  [&](const device::Gpu& gpu) { return gpu.pci_id == device; });
  obstacle = Obstacle::kNoGpu;
  if (found == gpus_.end()) return not_found(fmt::format("GPU {} is not there any more", device));
  Admission admission;
  admission.pack = pack.id;
  admission.device = device;
  admission.manifest = pack;
  Result<DeviceLock> lock = DeviceLock::acquire(device, lock_options(wait));
  if (!lock.ok()) {
    obstacle = obstacle_of_lock(lock.status());
    return std::move(lock).status();
  }
  admission.lock = std::move(lock).value();
  // Now that nobody else of ours takes any.
  refresh_memory(files_, *found);
  obstacle = Obstacle::kBudget;
  FORGE_ASSIGN(admission.budget, vram_budget(*found, options_.reserve_gib));
  admission.conditions = conditions_of(pack, *found, system_, options_.probe_program);
  admission.report =
      checked(pack, *found, admission.budget.bytes, admission.conditions, /*anew=*/false);
  obstacle = obstacle_of(admission.report.failed_stage);
  if (!admission.report.passed()) return admission.report.status;
  obstacle = Obstacle::kBudget;
  FORGE_ASSIGN(admission.budget,
               vram_budget(*found, options_.reserve_gib, admission.report.facts.memory_free));
  // Until it was used to the end: a crash in between makes the next start check again.
  cache_.forget(pack, device);
  return admission;
}

void Gate::note(const std::string& pack, const std::string& device, Obstacle obstacle,
                Status status) {
  log::get("safety").debug("{} on {}: {}", pack, device, status.message());
  failures_.push_back({pack, device, obstacle, std::move(status)});
}

Status Gate::admit(plugin::Selection& selection, std::string_view id) {
  return guarded([&]() -> Status {
    const plugin::Candidate* const candidate = selection.find(id);
    if (candidate == nullptr) return not_found(fmt::format("there is no usable plugin '{}'", id));
    if (admission(id) != nullptr) return {};
    const plugin::Manifest pack = *candidate->found.manifest;
    const std::vector<plugin::PackDevice> devices = candidate->devices;
    const std::size_t before = failures_.size();
    // Another card that is free is better than one to wait for; so wait only when there is none.
    for (const milliseconds wait : {milliseconds(0), options_.lock_timeout}) {
      for (const plugin::PackDevice& device : devices) {
        const auto failed =
            std::find_if(failures_.begin() + static_cast<std::ptrdiff_t>(before), failures_.end(),
                         [&](const Failure& f) { return f.device == device.key; });
        if (failed != failures_.end()) {
          if (failed->obstacle != Obstacle::kBusy || wait.count() == 0) continue;
          failures_.erase(failed);
        }
        Obstacle obstacle = Obstacle::kOther;
        Result<Admission> admitted = try_device(pack, device.key, wait, obstacle);
        if (admitted.ok()) {
          selection.keep_device(id, device.key);
          admissions_.push_back(std::move(admitted).value());
          return {};
        }
        if (admitted.code() == Code::kCancelled) return std::move(admitted).status();
        note(pack.id, device.key, obstacle, std::move(admitted).status());
      }
    }
    if (failures_.size() == before) return not_found("no device is left to try");
    return failures_[before].status;
  });
}

const Admission* Gate::admission(std::string_view pack) const {
  const auto found = std::find_if(admissions_.begin(), admissions_.end(),
                                  [&](const Admission& one) { return one.pack == pack; });
  return found == admissions_.end() ? nullptr : &*found;
}

void Gate::withdraw(std::string_view pack, bool failed) {
  const Admission* const withdrawn = admission(pack);
  if (withdrawn != nullptr && !failed) remember(*withdrawn);
  std::erase_if(admissions_, [&](const Admission& one) { return one.pack == pack; });
}

Gate::Examination Gate::examine(const plugin::Manifest& pack, const device::Gpu& surveyed) {
  Examination out;
  device::Gpu gpu = surveyed;
  const auto failed = [&](Obstacle obstacle, Status status) {
    out.failure = Failure{pack.id, gpu.pci_id, obstacle, std::move(status)};
  };
  refresh_memory(files_, gpu);
  Result<VramBudget> budget = vram_budget(gpu, options_.reserve_gib);
  if (budget.ok()) out.budget = *budget;
  const Result<DeviceLock> lock = DeviceLock::acquire(gpu.pci_id, lock_options(milliseconds(0)));
  if (!lock.ok()) {
    failed(obstacle_of_lock(lock.status()), lock.status());
    return out;
  }
  const std::string conditions = conditions_of(pack, gpu, system_, options_.probe_program);
  out.report = checked(pack, gpu, budget.ok() ? budget->bytes : 0, conditions, /*anew=*/true);
  if (!out.report.passed()) {
    failed(obstacle_of(out.report.failed_stage), out.report.status);
    return out;
  }
  cache_.remember(pack, gpu.pci_id, conditions, out.report);
  budget = vram_budget(gpu, options_.reserve_gib, out.report.facts.memory_free);
  if (budget.ok()) {
    out.budget = *budget;
  } else {
    failed(Obstacle::kBudget, budget.status());
  }
  return out;
}

}  // namespace forge::safety
