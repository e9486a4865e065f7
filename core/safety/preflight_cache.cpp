#include "core/safety/preflight_cache.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/base/quote.hpp"
#include "core/safety/preflight_stream.hpp"
#include "forge/abi/preflight.h"

namespace forge::safety {
namespace {

constexpr std::string_view kVersionLine = "runtime_version ";
constexpr std::string_view kPathLine = "runtime_path ";
constexpr std::string_view kFile = "runtime_file ";
constexpr std::string_view kStageLine = "stage ";
constexpr std::string_view kPurpose = "for ";
constexpr std::string_view kFound = "found ";

// What changes how the runtime behaves, or which one is loaded.
constexpr const char* kVariables[] = {"ROCM_PATH",
                                      "HIP_PATH",
                                      "LD_LIBRARY_PATH",
                                      "LD_PRELOAD",
                                      "HIP_VISIBLE_DEVICES",
                                      "ROCR_VISIBLE_DEVICES",
                                      "GPU_DEVICE_ORDINAL",
                                      "HSA_OVERRIDE_GFX_VERSION",
                                      "HSA_ENABLE_SDMA",
                                      "FORGE_HIP_LIBRARY",
                                      "FORGE_HIPSIM_DEVICES",
                                      "FORGE_HIPSIM_KERNELS",
                                      "FORGE_HIPSIM_FAULT"};

std::string cache_key(const plugin::Manifest& pack, const std::string& device) {
  return pack.library_path().native() + "@" + device;
}

// Takes lines off a text one after the other, as long as each begins as it must.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }

  // The next line without `prefix`.
  std::optional<std::string_view> take(std::string_view prefix) {
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos || !rest_.starts_with(prefix)) return std::nullopt;
    const std::string_view value = rest_.substr(prefix.size(), end - prefix.size());
    rest_.remove_prefix(end + 1);
    return value;
  }

 private:
  std::string_view rest_;
};

// "12.345 NAME"
bool read_stage(std::string_view line, StageReport& out) {
  double ms = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), ms);
  if (error != std::errc() || !(ms >= 0 && ms <= FORGE_PREFLIGHT_MAX_LIMIT_MS)) return false;
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  if (!line.starts_with(' ') || !is_stage_name(line.substr(1))) return false;
  out.name = line.substr(1);
  out.time = Milliseconds(ms);
  out.state = StageState::kPassed;
  return true;
}

}  // namespace

std::string conditions_of(const plugin::Manifest& pack, const device::Gpu& gpu,
                          const device::System& system, const std::filesystem::path& probe_program,
                          const device::EnvironmentReader& environment) {
  std::string text = fmt::format(
      "program {}\ndriver {}\nhip {}\ndevice {} {} {:04x}:{:04x}:{:02x}\nmanifest {}\nlibrary {}\n",
      identify_file(probe_program), driver_identity(system),
      system.hip ? identify_file(system.hip->path) + " " + system.hip->path : "none", gpu.pci_id,
      gpu.gfx, gpu.vendor, gpu.device, gpu.revision, identify_file(pack.path),
      identify_file(pack.library_path()));
  for (const std::string& file : pack.needs.code_objects) {
    text += fmt::format("code {}\n", identify_file(pack.directory() / file));
  }
  for (const char* name : kVariables) {
    const std::optional<std::string> value = environment(name);
    if (value) text += fmt::format("variable {}={}\n", name, printable(*value));
  }
  return text;
}

std::string write_pass(const PreflightReport& report) {
  std::string text = fmt::format(
      "{}{}\n{}{}\n{}{}\n", kVersionLine, printable(report.facts.runtime_version), kPathLine,
      printable(report.facts.runtime_path), kFile, identify_file(report.facts.runtime_path));
  for (const StageReport& stage : report.stages) {
    text += fmt::format("{}{:.3f} {}\n{}{}\n{}{}\n", kStageLine, stage.time.count(), stage.name,
                        kPurpose, printable(stage.purpose), kFound, printable(stage.text));
  }
  return text;
}

std::optional<PreflightReport> read_pass(std::string_view text) {
  Lines lines(text);
  const auto version = lines.take(kVersionLine);
  const auto path = lines.take(kPathLine);
  const auto file = lines.take(kFile);
  if (!version || !path || !file) return std::nullopt;
  PreflightReport report;
  report.remembered = true;
  report.facts.runtime_version = printable(*version);
  report.facts.runtime_path = printable(*path);
  if (identify_file(report.facts.runtime_path) != *file) return std::nullopt;
  while (!lines.at_end()) {
    const auto stage = lines.take(kStageLine);
    const auto purpose = lines.take(kPurpose);
    const auto found = lines.take(kFound);
    StageReport one;
    if (!stage || !purpose || !found || !read_stage(*stage, one)) return std::nullopt;
    one.purpose = printable(*purpose);
    one.text = printable(*found);
    report.stages.push_back(std::move(one));
  }
  if (report.stages.empty()) return std::nullopt;
  return report;
}

PreflightCache::PreflightCache(const std::filesystem::path& directory, const std::string& boot_id)
    : cache_(directory.empty() ? user_cache_directory("preflight") : directory, "preflight",
             boot_id) {}

std::optional<PreflightReport> PreflightCache::find(const plugin::Manifest& pack,
                                                    const std::string& device,
                                                    const std::string& conditions) const {
  const std::optional<std::string> text = cache_.get(cache_key(pack, device));
  if (!text || !text->starts_with(conditions)) return std::nullopt;
  return read_pass(std::string_view(*text).substr(conditions.size()));
}

void PreflightCache::remember(const plugin::Manifest& pack, const std::string& device,
                              const std::string& conditions, const PreflightReport& report) const {
  cache_.put(cache_key(pack, device), conditions + write_pass(report));
}

void PreflightCache::forget(const plugin::Manifest& pack, const std::string& device) const {
  cache_.forget(cache_key(pack, device));
}

}  // namespace forge::safety
