#include "host/cli/plugins_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "core/base/quote.hpp"
#include "host/cli/table.hpp"
#include "host/cli/terminal.hpp"

namespace forge::cli {
namespace {

constexpr std::size_t kIndent = 4;  // of the lines below a plugin's row

// Appends `text` in lines of at most `width` columns, all but the first indented.
void append_wrapped(std::string& out, std::string_view first_prefix, std::string_view text,
                    std::size_t indent, std::size_t width) {
  std::string line(first_prefix);
  bool empty = true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    if (!empty && display_width(line) + 1 + display_width(word) > width) {
      out += line + "\n";
      line.assign(indent, ' ');
      empty = true;
    }
    if (!empty) line += ' ';
    line += word;
    empty = false;
  }
  out += line + "\n";
}

std::string gib(std::uint64_t bytes) {
  if (bytes < std::uint64_t{1} << 30) return fmt::format("{} MiB", bytes >> 20);
  return fmt::format("{:.1f} GiB", static_cast<double>(bytes) / (1024.0 * 1024.0 * 1024.0));
}

std::string cpu_line(const device::Cpu& cpu) {
  std::string text = fmt::format("{}, {}, {} {} ({} {})", cpu.name, cpu.processor(), cpu.cores,
                                 cpu.cores == 1 ? "core" : "cores", cpu.threads,
                                 cpu.threads == 1 ? "thread" : "threads");
  if (cpu.quota > 0) text += fmt::format(", limited to {:g} processors' time", cpu.quota);
  return text;
}

std::string gpu_line(const device::Gpu& gpu) {
  std::string text =
      fmt::format("{}, {}, {}", gpu.name, gpu.gfx.empty() ? "unknown processor" : gpu.gfx,
                  device::kind_name(gpu.kind));
  if (gpu.compute_units != 0) text += fmt::format(", {} CUs", gpu.compute_units);
  if (gpu.vram_total) text += ", " + gib(*gpu.vram_total) + " VRAM";
  if (gpu.vram_used) text += " (" + gib(*gpu.vram_used) + " used)";
  if (!gpu.displays.empty()) text += fmt::format(", display on {}", fmt::join(gpu.displays, ", "));
  if (!gpu.usable()) text += ", not usable";
  return text;
}

void append_devices(const device::Survey& survey, std::size_t width, std::string& out) {
  out += "Devices\n";
  const auto line = [&](const std::string& key, const std::string& text) {
    append_wrapped(out, fmt::format("  {:<14}", key), text, 16, width);
  };
  line("cpu", cpu_line(survey.cpu));
  for (const device::Gpu& gpu : survey.gpus) line(gpu.pci_id, gpu_line(gpu));
  if (!survey.rocm.empty()) line("ROCm", survey.rocm);
}

std::string state_of(const plugin::Candidate& candidate) {
  if (!candidate.accepted()) return "rejected";
  switch (candidate.role) {
    case plugin::Role::kNone:
      return "accepted";
    case plugin::Role::kLoaded:
      return "chosen";
    default:
      return std::string(plugin::role_name(candidate.role));
  }
}

// "[2]/gfx1201": number of the folder in the list below, then where in it.
std::string place_of(const plugin::Candidate& candidate, const plugin::Discovery& discovery) {
  for (std::size_t i = 0; i < discovery.searched.size(); ++i) {
    const std::filesystem::path& folder = discovery.searched[i].directory;
    const std::filesystem::path below =
        candidate.found.path.parent_path().lexically_relative(folder);
    if (below.empty() || *below.begin() == "..") continue;
    return below == "." ? fmt::format("[{}]", i + 1)
                        : fmt::format("[{}]/{}", i + 1, below.string());
  }
  return candidate.found.path.parent_path().string();
}

std::string score_of(const plugin::Candidate& candidate) {
  return candidate.score == 0 ? "" : std::to_string(candidate.score);
}

// The lines below a plugin's row: where it runs, or what is against it.
std::vector<std::string> remarks_of(const plugin::Candidate& candidate) {
  std::vector<std::string> remarks;
  for (const plugin::PackDevice& device : candidate.devices) {
    if (device.key != "cpu") {
      remarks.push_back(fmt::format("on {}, {} ({})", device.key, device.name, device.processor));
    }
  }
  if (candidate.forced) remarks.emplace_back("forced");
  for (const plugin::Rejection& rejection : candidate.rejections) remarks.push_back(rejection.text);
  if (!candidate.lost.empty()) remarks.push_back(candidate.lost);
  for (const std::string& note : candidate.notes) remarks.push_back("note: " + note);
  return remarks;
}

void append_plugins(const PluginSetup& setup, std::size_t width, std::string& out) {
  const std::vector<plugin::Candidate>& candidates = setup.selection.candidates();
  if (candidates.empty()) {
    out += "\nNo plugins were found. Folders with plugins are given by --plugin-path.\n";
    return;
  }
  Table table({{"PLUGIN"}, {"KIND"}, {"STATE"}, {"SCORE", Table::Align::kRight}, {"FOUND IN"}});
  for (const plugin::Candidate& candidate : candidates) {
    table.add_row({candidate.id(), candidate.kinds(), state_of(candidate), score_of(candidate),
                   place_of(candidate, setup.discovery)});
  }
  // The table's lines, each followed by its plugin's remarks.
  const std::string rows = table.text();
  std::string_view rest = rows;
  out += '\n';
  for (std::size_t i = 0; !rest.empty(); ++i) {
    const std::size_t end = std::min(rest.find('\n') + 1, rest.size());
    out += rest.substr(0, end);
    rest.remove_prefix(end);
    if (i == 0) continue;
    for (const std::string& remark : remarks_of(candidates.at(i - 1))) {
      append_wrapped(out, std::string(kIndent, ' '), printable(remark), kIndent, width);
    }
  }
}

void append_folders(const plugin::Discovery& discovery, std::string& out) {
  if (discovery.searched.empty()) return;
  out += "\nFolders, the first to have a plugin wins\n";
  for (std::size_t i = 0; i < discovery.searched.size(); ++i) {
    const plugin::SearchPath& path = discovery.searched[i];
    out += fmt::format("  [{}] {} ({})\n", i + 1, printable(path.directory.native()),
                       printable(path.origin));
  }
}

void append_advice(const PluginSetup& setup, std::size_t width, std::string& out) {
  if (setup.survey.findings.empty() && setup.selection.notes().empty()) return;
  out += "\nWorth knowing\n";
  for (const device::Finding& finding : setup.survey.findings) {
    std::string text = fmt::format("{}: {}", finding.subject, finding.text);
    if (!finding.action.empty()) text += "; " + finding.action;
    append_wrapped(out, "  - ", printable(text), kIndent, width);
  }
  for (const std::string& note : setup.selection.notes()) {
    append_wrapped(out, "  - ", printable(note), kIndent, width);
  }
}

}  // namespace

std::string plugins_text(const PluginSetup& setup, std::size_t width) {
  std::string out;
  append_devices(setup.survey, width, out);
  append_plugins(setup, width, out);
  append_folders(setup.discovery, out);
  append_advice(setup, width, out);
  return out;
}

}  // namespace forge::cli
