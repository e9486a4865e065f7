// The examination for people.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "core/base/quote.hpp"
#include "forge/abi/base.h"
#include "host/cli/help.hpp"
#include "host/cli/table.hpp"
#include "host/cli/version.hpp"
#include "host/doctor/examination.hpp"

namespace forge {
namespace {

constexpr std::size_t kColumn = 16;  // where values begin

std::string gib(std::uint64_t bytes) {
  return fmt::format("{:.2f} GiB", static_cast<double>(bytes) / (1024.0 * 1024.0 * 1024.0));
}

std::string or_unknown(const std::string& text) { return text.empty() ? "unknown" : text; }

class Page {
 public:
  explicit Page(std::size_t width) : width_(width) {}

  void heading(std::string_view text) {
    out_ += fmt::format("{}{}\n", out_.empty() ? "" : "\n", text);
  }
  void line(std::string_view key, std::string_view text) {
    out_ +=
        fmt::format("  {:<{}}{}\n", key, kColumn - 2, cli::wrap(printable(text), kColumn, width_));
  }
  void below(std::string_view text, std::size_t indent = kColumn) {
    out_ += std::string(indent, ' ') + cli::wrap(printable(text), indent, width_) + "\n";
  }
  void rows(const std::string& table) { out_ += table; }
  std::string take() { return std::move(out_); }

 private:
  std::size_t width_;
  std::string out_;
};

void add_system(const Examination& e, Page& page) {
  const device::System& system = e.system;
  page.heading("System");
  page.line("rocmforge",
            fmt::format("{}, plugin ABI {}.{}", cli::version(), FORGE_ABI_MAJOR, FORGE_ABI_MINOR));
  page.line("system", or_unknown(system.os));
  page.line("kernel", or_unknown(system.kernel));
  page.line("driver", !system.driver                  ? "amdgpu is not loaded"
                      : system.driver_version.empty() ? "amdgpu of the kernel"
                                                      : "amdgpu " + system.driver_version);
  std::string groups;
  for (const device::Group& group : system.groups) {
    groups += fmt::format("{}{}: {}", groups.empty() ? "" : ", ", group.name,
                          !group.exists  ? "no such group"
                          : group.member ? "member"
                                         : "not a member");
  }
  page.line("groups", groups);
  page.line("ROCm", system.rocm.empty() ? "not found" : system.rocm);
  page.line("HIP", !system.hip
                       ? "libamdhip64 not found"
                       : fmt::format("{} ({})", or_unknown(system.hip->version), system.hip->path));
  page.line("cpu", fmt::format("{}, {}", e.setup.survey.cpu.name, e.setup.survey.cpu.processor()));
}

std::string use_of(const device::Gpu& gpu) {
  if (!gpu.displays.empty()) return fmt::format("display on {}", fmt::join(gpu.displays, ", "));
  if (!gpu.display_attached) return "not known whether a display is attached";
  return *gpu.display_attached ? "display attached" : "no display";
}

void add_device(const device::Gpu& gpu, const DeviceMemory& memory, Page& page) {
  page.line(gpu.pci_id,
            fmt::format("{}, {}, {}, {}", gpu.name, gpu.gfx.empty() ? "unknown processor" : gpu.gfx,
                        device::kind_name(gpu.kind), use_of(gpu)));
  if (gpu.vram_total && gpu.vram_used) {
    page.below(fmt::format("memory {}, used {}, free {}, reserved {}{}", gib(*gpu.vram_total),
                           gib(*gpu.vram_used), gib(*gpu.vram_total - *gpu.vram_used),
                           gib(memory.reserve),
                           memory.budget ? ", for models " + gib(memory.budget->bytes) : ""));
  }
  if (!memory.why_not.empty()) page.below(memory.why_not);
  page.below(gpu.render_node.empty()
                 ? "no render node"
                 : fmt::format("{}: {}", gpu.render_node,
                               gpu.permitted ? "may be used" : "may not be used"));
  if (memory.holder) page.below("in use by " + safety::describe(*memory.holder));
}

std::string needs_of(const plugin::Candidate& candidate, const device::System& system) {
  const auto& range = candidate.found.manifest->needs.rocm;
  if (!range) return {};
  return fmt::format("needs ROCm {}; found: {}", range->text(),
                     system.rocm.empty() ? "none" : system.rocm);
}

void add_packs(const Examination& e, Page& page) {
  page.heading("Kernel packs");
  bool any = false;
  for (const plugin::Candidate& candidate : e.setup.selection.candidates()) {
    if (!candidate.found.manifest || !candidate.found.manifest->has(plugin::Kind::kKernelPack))
      continue;
    any = true;
    const std::string_view role = plugin::role_name(candidate.role);
    const std::string state = !candidate.accepted() ? "not used"
                              : role.empty()        ? "possible"
                                                    : std::string(role);
    const std::string why = candidate.why_not();
    page.line(candidate.id(), why.empty() ? state : fmt::format("{}: {}", state, why));
    if (const std::string needs = needs_of(candidate, e.system); !needs.empty()) page.below(needs);
    for (const std::string& note : candidate.notes) page.below(note);
  }
  if (!any) page.below("none was found", 2);
}

void add_checks(const Examination& e, Page& page) {
  for (const PackCheck& check : e.checks) {
    page.heading(fmt::format("Checks of {} on {}", check.pack, check.device));
    cli::Table table({{"  STAGE"}, {"RESULT"}, {"MS", cli::Table::Align::kRight}, {"FOUND"}});
    for (const safety::StageReport& stage : check.report.stages) {
      const bool ran = stage.state != safety::StageState::kNotRun;
      table.add_row({"  " + stage.name, std::string(safety::state_name(stage.state)),
                     ran ? fmt::format("{:.1f}", stage.time.count()) : "",
                     stage.text.empty() ? stage.purpose : stage.text});
    }
    if (!check.report.stages.empty()) page.rows(table.text());
    if (check.failure) page.below(check.failure->status.message(), 2);
  }
}

void add_findings(const Examination& e, Page& page) {
  if (e.setup.survey.findings.empty() && e.setup.selection.notes().empty()) return;
  page.heading("Worth knowing");
  for (const device::Finding& finding : e.setup.survey.findings) {
    std::string text = fmt::format("{}: {}", finding.subject, finding.text);
    if (!finding.action.empty()) text += "; " + finding.action;
    page.below(text, 2);
  }
  for (const std::string& note : e.setup.selection.notes()) page.below(note, 2);
}

}  // namespace

std::string examination_text(const Examination& e, std::size_t width) {
  Page page(width);
  add_system(e, page);
  page.heading("GPUs");
  for (std::size_t i = 0; i < e.memory.size(); ++i)
    add_device(e.setup.survey.gpus[i], e.memory[i], page);
  if (e.memory.empty()) page.below("none was found", 2);
  add_packs(e, page);
  add_checks(e, page);
  add_findings(e, page);
  page.heading(fmt::format("'rocmforge run' would use {} on {}", e.verdict.pack, e.verdict.device));
  page.below(e.verdict.why, 2);
  if (!e.verdict.action.empty()) page.below("To use the GPU: " + e.verdict.action, 2);
  return page.take();
}

}  // namespace forge
