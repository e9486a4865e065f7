// The examination for machines; keys are listed in docs/cli.md.
#include <nlohmann/json.hpp>

#include "forge/abi/base.h"
#include "host/cli/exit_code.hpp"
#include "host/cli/version.hpp"
#include "host/doctor/examination.hpp"

namespace forge {
namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json system_json(const Examination& e) {
  const device::System& system = e.system;
  Json groups = Json::array();
  for (const device::Group& group : system.groups) {
    groups.push_back({{"name", group.name}, {"exists", group.exists}, {"member", group.member}});
  }
  Json hip = nullptr;
  if (system.hip)
    hip = {{"path", system.hip->path}, {"version", text_or_null(system.hip->version)}};
  return {
      {"os", text_or_null(system.os)},
      {"kernel", text_or_null(system.kernel)},
      {"driver", {{"loaded", system.driver}, {"version", text_or_null(system.driver_version)}}},
      {"groups", std::move(groups)},
      {"rocm", text_or_null(system.rocm)},
      {"hip", std::move(hip)},
      {"cpu", {{"name", e.setup.survey.cpu.name}, {"processor", e.setup.survey.cpu.processor()}}}};
}

Json device_json(const device::Gpu& gpu, const DeviceMemory& memory) {
  Json free = nullptr;
  if (gpu.vram_total && gpu.vram_used) free = *gpu.vram_total - *gpu.vram_used;
  Json holder = nullptr;
  if (memory.holder) {
    holder = {{"pid", memory.holder->pid},
              {"command", memory.holder->command},
              {"since", memory.holder->since}};
  }
  return {{"pci", gpu.pci_id},
          {"name", gpu.name},
          {"processor", text_or_null(gpu.gfx)},
          {"kind", device::kind_name(gpu.kind)},
          {"vram_total", or_null(gpu.vram_total)},
          {"vram_used", or_null(gpu.vram_used)},
          {"vram_free", std::move(free)},
          {"vram_reserved", memory.reserve},
          {"vram_budget", memory.budget ? Json(memory.budget->bytes) : Json(nullptr)},
          {"vram_problem", text_or_null(memory.why_not)},
          {"render_node", text_or_null(gpu.render_node)},
          {"permitted", gpu.permitted},
          {"display_attached", or_null(gpu.display_attached)},
          {"displays", gpu.displays},
          {"used_by", std::move(holder)}};
}

Json pack_json(const plugin::Candidate& candidate) {
  const plugin::Manifest& manifest = *candidate.found.manifest;
  Json devices = Json::array();
  for (const plugin::PackDevice& device : candidate.devices) devices.push_back(device.key);
  Json reasons = Json::array();
  for (const plugin::Rejection& rejection : candidate.rejections) {
    reasons.push_back({{"code", plugin::reason_name(rejection.reason)}, {"text", rejection.text}});
  }
  return {{"id", candidate.id()},
          {"gpu", manifest.is_gpu_pack()},
          {"accepted", candidate.accepted()},
          {"role", text_or_null(std::string(plugin::role_name(candidate.role)))},
          {"processors", manifest.needs.gfx},
          {"needs_rocm", manifest.needs.rocm ? Json(manifest.needs.rocm->text()) : Json(nullptr)},
          {"devices", std::move(devices)},
          {"reasons", std::move(reasons)},
          {"lost", text_or_null(candidate.lost)},
          {"notes", candidate.notes}};
}

Json check_json(const PackCheck& check) {
  Json stages = Json::array();
  for (const safety::StageReport& stage : check.report.stages) {
    const bool ran = stage.state != safety::StageState::kNotRun;
    stages.push_back({{"name", stage.name},
                      {"purpose", stage.purpose},
                      {"result", safety::state_name(stage.state)},
                      {"milliseconds", ran ? Json(stage.time.count()) : Json(nullptr)},
                      {"text", stage.text}});
  }
  Json failure = nullptr;
  if (check.failure) {
    failure = {{"text", check.failure->status.message()},
               {"stage", text_or_null(check.report.failed_stage)},
               {"exit_code", static_cast<int>(cli::exit_code_of(check.failure->obstacle))}};
  }
  return {{"pack", check.pack},
          {"device", check.device},
          {"passed", !check.failure.has_value()},
          {"runtime_version", text_or_null(check.report.facts.runtime_version)},
          {"runtime_path", text_or_null(check.report.facts.runtime_path)},
          {"stages", std::move(stages)},
          {"failure", std::move(failure)}};
}

}  // namespace

std::string examination_json(const Examination& e) {
  Json out;
  out["version"] = cli::version();
  out["abi"] = std::to_string(FORGE_ABI_MAJOR) + "." + std::to_string(FORGE_ABI_MINOR);
  out["system"] = system_json(e);
  out["devices"] = Json::array();
  for (std::size_t i = 0; i < e.memory.size(); ++i)
    out["devices"].push_back(device_json(e.setup.survey.gpus[i], e.memory[i]));
  out["packs"] = Json::array();
  for (const plugin::Candidate& candidate : e.setup.selection.candidates()) {
    if (candidate.found.manifest && candidate.found.manifest->has(plugin::Kind::kKernelPack))
      out["packs"].push_back(pack_json(candidate));
  }
  out["checks"] = Json::array();
  for (const PackCheck& check : e.checks) out["checks"].push_back(check_json(check));
  out["findings"] = Json::array();
  for (const device::Finding& finding : e.setup.survey.findings) {
    const bool problem = finding.severity == device::Severity::kProblem;
    out["findings"].push_back({{"severity", problem ? "problem" : "note"},
                               {"subject", finding.subject},
                               {"text", finding.text},
                               {"action", finding.action}});
  }
  out["verdict"] = {{"pack", e.verdict.pack},
                    {"device", e.verdict.device},
                    {"why", text_or_null(e.verdict.why)},
                    {"action", text_or_null(e.verdict.action)}};
  // Paths may hold any bytes: what is no UTF-8 is replaced.
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace forge
