#include "core/plugin/requirements.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "core/base/quote.hpp"
#include "core/base/suggest.hpp"
#include "forge/abi/base.h"

namespace forge::plugin {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
constexpr std::uint32_t kSmallGpu = 8;  // compute units

class Checker {
 public:
  Checker(const device::Survey& survey, Candidate& candidate, const Manifest& manifest)
      : survey_(survey), candidate_(candidate), manifest_(manifest) {}

  void run() {
    check_abi();
    check_file("library", manifest_.library);
    for (const std::string& file : manifest_.needs.code_objects) check_file("code object", file);
    check_cpu();
    if (!manifest_.has(Kind::kKernelPack)) return;
    if (manifest_.is_gpu_pack()) {
      check_rocm();
      match_gpus();
    } else if (manifest_.is_unsurveyed_pack()) {
      // Below every other: it is taken when it is asked for, and not otherwise.
      candidate_.devices.push_back(
          {manifest_.needs.device, manifest_.needs.device, manifest_.needs.device, 0});
    } else {
      candidate_.devices.push_back(
          {"cpu", survey_.cpu.name, std::string(survey_.cpu.processor()), cpu_score()});
    }
    if (!candidate_.accepted()) candidate_.devices.clear();
    std::sort(candidate_.devices.begin(), candidate_.devices.end(),
              [](const PackDevice& a, const PackDevice& b) {
                return a.score != b.score ? a.score > b.score : a.key < b.key;
              });
    if (!candidate_.devices.empty()) candidate_.score = candidate_.devices.front().score;
  }

 private:
  void reject(Reason reason, std::string text) {
    candidate_.rejections.push_back({reason, std::move(text)});
  }

  void check_abi() {
    if (manifest_.abi.major == FORGE_ABI_MAJOR) return;
    reject(Reason::kAbi,
           fmt::format("built for plugin ABI {}.{}, but this program speaks {}.{}: rebuild the "
                       "plugin against this version",
                       manifest_.abi.major, manifest_.abi.minor, FORGE_ABI_MAJOR, FORGE_ABI_MINOR));
  }

  // The path was checked as text; here links are followed, too.
  void check_file(std::string_view what, const std::string& relative) {
    const std::filesystem::path path = manifest_.directory() / relative;
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) {
      reject(Reason::kFiles, fmt::format("{} {} does not exist: reinstall the plugin", what,
                                         quote(path.native(), 4096)));
      return;
    }
    const std::filesystem::path folder = std::filesystem::canonical(manifest_.directory(), error);
    const std::filesystem::path target = std::filesystem::canonical(path, error);
    const auto [end, ignored] =
        std::mismatch(folder.begin(), folder.end(), target.begin(), target.end());
    if (error || end != folder.end()) {
      reject(Reason::kFiles, fmt::format("{} {} is a link out of the plugin's folder", what,
                                         quote(path.native(), 4096)));
    }
  }

  void check_cpu() {
    const device::CpuFeatures& features = survey_.cpu.features;
    if (manifest_.needs.host_isa > features.isa()) {
      reject(Reason::kCpu, fmt::format("its library is compiled for {}; this processor offers {}",
                                       device::isa_name(manifest_.needs.host_isa),
                                       device::isa_name(features.isa())));
    }
    for (const std::string& name : manifest_.needs.cpu_features) {
      const std::string why = features.why_not(name);
      if (why.empty()) continue;
      const bool known = device::CpuFeatures::is_known(name);
      reject(Reason::kCpu,
             fmt::format("needs CPU feature {}: {}{}", quote(name), why,
                         known ? "" : did_you_mean(name, device::cpu_feature_names())));
    }
  }

  void check_rocm() {
    const std::optional<VersionRange>& range = manifest_.needs.rocm;
    if (!range) return;
    const Result<Version> installed = parse_version(survey_.rocm);
    if (!installed.ok()) {
      candidate_.notes.push_back("the installed ROCm's version is not known; needs " +
                                 range->text());
    } else if (!range->contains(*installed)) {
      reject(Reason::kRocm,
             fmt::format("needs ROCm {}; installed is {}", range->text(), survey_.rocm));
    }
  }

  void match_gpus() {
    const std::vector<std::string>& targets = manifest_.needs.gfx;
    if (survey_.gpus.empty()) {
      reject(Reason::kNoDevice, fmt::format("needs a GPU with {}; this machine shows none",
                                            fmt::join(targets, " or ")));
      return;
    }
    std::vector<Rejection> against;
    for (const device::Gpu& gpu : survey_.gpus) {
      if (std::find(targets.begin(), targets.end(), gpu.gfx) == targets.end()) {
        against.push_back(
            {Reason::kProcessor,
             fmt::format("pack {} on device {} ({}): processor mismatch", fmt::join(targets, "/"),
                         gpu.gfx.empty() ? "of unknown processor" : gpu.gfx, gpu.pci_id)});
      } else if (!gpu.usable()) {
        against.push_back({Reason::kAccess, access_problem(gpu)});
      } else {
        candidate_.devices.push_back({gpu.pci_id, gpu.name, gpu.gfx, gpu_score(gpu)});
      }
    }
    if (candidate_.devices.empty()) {
      std::move(against.begin(), against.end(), std::back_inserter(candidate_.rejections));
    } else {
      for (Rejection& other : against) candidate_.notes.push_back(std::move(other.text));
    }
  }

  // The survey's own words on why a fitting device may not be used.
  std::string access_problem(const device::Gpu& gpu) {
    for (const std::string& subject : {gpu.pci_id, std::string("kfd")}) {
      for (const device::Finding& finding : survey_.findings) {
        if (finding.subject != subject || finding.severity != device::Severity::kProblem) continue;
        return fmt::format("device {} fits, but {}: {}", gpu.pci_id, finding.text, finding.action);
      }
    }
    return fmt::format("device {} fits, but may not be used", gpu.pci_id);
  }

  static std::int64_t gpu_score(const device::Gpu& gpu) {
    const std::int64_t units = std::min<std::int64_t>(gpu.compute_units, 900);
    if (gpu.kind != device::GpuKind::kDiscrete) {
      return (units < kSmallGpu ? 500 : 2000) + units;
    }
    const std::uint64_t memory = std::min<std::uint64_t>(gpu.vram_total.value_or(0) / kGiB, 90);
    const bool headless = gpu.display_attached.has_value() && !*gpu.display_attached;
    return 3000 + static_cast<std::int64_t>(memory) * 10 + (headless ? 5 : 0);
  }

  std::int64_t cpu_score() const {
    const Requirements& needs = manifest_.needs;
    std::int64_t bits = needs.host_isa >= device::IsaLevel::kV4   ? 512
                        : needs.host_isa >= device::IsaLevel::kV3 ? 256
                                                                  : 128;  // SSE2 is everywhere
    for (const std::string& name : needs.cpu_features) {
      const std::int64_t wide = name.starts_with("amx")      ? 768
                                : name.starts_with("avx512") ? 512
                                : name.starts_with("avx")    ? 256
                                                             : 128;
      bits = std::max(bits, wide);
    }
    return 1000 + bits + static_cast<std::int64_t>(needs.cpu_features.size());
  }

  const device::Survey& survey_;
  Candidate& candidate_;
  const Manifest& manifest_;
};

}  // namespace

void check_requirements(const device::Survey& survey, Candidate& candidate) {
  const std::optional<Manifest>& manifest = candidate.found.manifest;
  if (manifest) Checker(survey, candidate, *manifest).run();
}

}  // namespace forge::plugin
