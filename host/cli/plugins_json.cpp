#include <nlohmann/json.hpp>

#include "core/base/quote.hpp"
#include "forge/abi/base.h"
#include "host/cli/plugins_report.hpp"

namespace forge::cli {
namespace {

using Json = nlohmann::ordered_json;

Json number_or_null(const std::optional<std::uint64_t>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json cpu_json(const device::Cpu& cpu) {
  Json caches = Json::array();
  for (const device::CpuCache& cache : cpu.caches) {
    const char* const kind = cache.kind == device::CpuCache::Kind::kData          ? "data"
                             : cache.kind == device::CpuCache::Kind::kInstruction ? "instruction"
                                                                                  : "unified";
    caches.push_back({{"level", cache.level},
                      {"kind", kind},
                      {"bytes", cache.bytes},
                      {"sharing_threads", cache.sharing_threads}});
  }
  return {{"name", cpu.name},
          {"processor", cpu.processor()},
          {"cores", cpu.cores},
          {"threads", cpu.threads},
          {"quota", cpu.quota == 0 ? Json(nullptr) : Json(cpu.quota)},
          {"recommended_threads", cpu.recommended_threads()},
          {"features", cpu.features.names()},
          {"caches", std::move(caches)}};
}

Json gpu_json(const device::Gpu& gpu) {
  return {{"pci", gpu.pci_id},
          {"name", gpu.name},
          {"processor", gpu.gfx},
          {"kind", device::kind_name(gpu.kind)},
          {"compute_units", gpu.compute_units},
          {"vram_total", number_or_null(gpu.vram_total)},
          {"vram_used", number_or_null(gpu.vram_used)},
          {"gtt_total", number_or_null(gpu.gtt_total)},
          {"gtt_used", number_or_null(gpu.gtt_used)},
          {"render_node", gpu.render_node},
          {"permitted", gpu.permitted},
          {"usable", gpu.usable()},
          {"display_attached", gpu.display_attached ? Json(*gpu.display_attached) : Json(nullptr)},
          {"displays", gpu.displays}};
}

Json devices_json(const device::Survey& survey) {
  Json gpus = Json::array();
  for (const device::Gpu& gpu : survey.gpus) gpus.push_back(gpu_json(gpu));
  Json findings = Json::array();
  for (const device::Finding& finding : survey.findings) {
    const bool problem = finding.severity == device::Severity::kProblem;
    findings.push_back({{"severity", problem ? "problem" : "note"},
                        {"subject", finding.subject},
                        {"text", finding.text},
                        {"action", finding.action}});
  }
  return {{"cpu", cpu_json(survey.cpu)},
          {"gpus", std::move(gpus)},
          {"rocm", survey.rocm.empty() ? Json(nullptr) : Json(survey.rocm)},
          {"findings", std::move(findings)}};
}

void add_manifest(const plugin::Manifest& manifest, Json& out) {
  for (const plugin::Kind kind : manifest.kinds) out["kinds"].push_back(plugin::kind_name(kind));
  out["version"] = manifest.version;
  out["description"] = manifest.description;
  out["library"] = manifest.library_path().string();
  out["priority"] = manifest.priority;
  out["provides"] = {{"architectures", manifest.provides.architectures},
                     {"codecs", manifest.provides.codecs}};
}

Json candidate_json(const plugin::Candidate& candidate) {
  Json out = {{"id", candidate.id()},
              {"kinds", Json::array()},
              {"manifest", candidate.found.path.string()},
              {"origin", candidate.found.origin}};
  if (candidate.found.manifest) add_manifest(*candidate.found.manifest, out);
  out["accepted"] = candidate.accepted();
  out["chosen"] = candidate.role != plugin::Role::kNone;
  out["role"] = candidate.role == plugin::Role::kNone ? Json(nullptr)
                                                      : Json(plugin::role_name(candidate.role));
  out["forced"] = candidate.forced;
  out["score"] = candidate.score;
  out["devices"] = Json::array();
  for (const plugin::PackDevice& device : candidate.devices) {
    out["devices"].push_back({{"key", device.key},
                              {"name", device.name},
                              {"processor", device.processor},
                              {"score", device.score}});
  }
  out["reasons"] = Json::array();
  for (const plugin::Rejection& rejection : candidate.rejections) {
    out["reasons"].push_back(
        {{"code", plugin::reason_name(rejection.reason)}, {"text", rejection.text}});
  }
  out["lost"] = candidate.lost.empty() ? Json(nullptr) : Json(candidate.lost);
  out["notes"] = candidate.notes;
  return out;
}

}  // namespace

std::string plugins_json(const PluginSetup& setup) {
  Json out;
  out["abi"] = std::to_string(FORGE_ABI_MAJOR) + "." + std::to_string(FORGE_ABI_MINOR);
  out["plugins"] = Json::array();
  for (const plugin::Candidate& candidate : setup.selection.candidates()) {
    out["plugins"].push_back(candidate_json(candidate));
  }
  out["devices"] = devices_json(setup.survey);
  out["folders"] = Json::array();
  for (const plugin::SearchPath& path : setup.discovery.searched) {
    out["folders"].push_back({{"path", path.directory.string()}, {"origin", path.origin}});
  }
  out["notes"] = setup.selection.notes();
  // Paths may hold any bytes: what is no UTF-8 is replaced.
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace forge::cli
