#include "host/gpu_policy.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "core/base/log.hpp"
#include "host/cli/exit_code.hpp"
#include "host/cli/interrupt.hpp"

namespace forge {
namespace {

std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

// Why no GPU pack was even a candidate, by what the selection says of the GPU packs: the reason
// that is nearest to working.
safety::Failure nearest_miss(const plugin::Selection& selection) {
  using plugin::Reason;
  safety::Failure miss{"", "", safety::Obstacle::kNoGpu,
                       not_found("no pack for GPUs is installed")};
  int best = -1;
  for (const plugin::Candidate& candidate : selection.candidates()) {
    if (!candidate.found.manifest || !candidate.found.manifest->is_gpu_pack()) continue;
    for (const plugin::Rejection& rejection : candidate.rejections) {
      const int rank = rejection.reason == Reason::kLoad || rejection.reason == Reason::kProbe ? 4
                       : rejection.reason == Reason::kAccess                                   ? 3
                       : rejection.reason == Reason::kRocm                                     ? 2
                       : rejection.reason == Reason::kSafeMode                                 ? 1
                                                                                               : 0;
      if (rank <= best) continue;
      best = rank;
      miss.pack = candidate.id();
      miss.obstacle = rank == 4   ? safety::Obstacle::kLoad
                      : rank == 3 ? safety::Obstacle::kAccess
                                  : safety::Obstacle::kNoGpu;
      miss.status = not_found(fmt::format("{}: {}", candidate.id(), rejection.text));
    }
  }
  return miss;
}

}  // namespace

bool gpu_required(const Config& config) {
  return config.device.require_gpu || config.device.kind == "gpu";
}

safety::GateOptions gate_options(const Config& config, const std::string& command) {
  safety::GateOptions options;
  options.root = config.device.root;
  options.command = command;
  options.lock_timeout = milliseconds(config.device.lock_timeout);
  if (config.device.preflight_limit > 0) {
    options.limits.stage_limit =
        std::max(milliseconds(config.device.preflight_limit), std::chrono::milliseconds(1));
  }
  options.reserve_gib = config.device.desktop_reserve_gb;
  options.stop = cli::Interrupt::requested;
  return options;
}

Status settle_gpu(const Config& config, const PluginSetup& setup, const safety::Gate& gate,
                  const plugin::PluginView& loaded) {
  const auto& packs = loaded.kernel_packs();
  const bool on_gpu = !packs.empty() && packs.front().gpu;
  if (!on_gpu && gpu_required(config)) {
    const safety::Failure failure =
        gate.failures().empty() ? nearest_miss(setup.selection) : gate.failures().front();
    return cli::exit_with(
        cli::exit_code_of(failure.obstacle),
        fmt::format("a GPU is required and cannot be used: {}", failure.status.message()));
  }
  if (gate.failures().empty()) return {};
  const std::string instead = packs.empty() ? "the reference executor" : packs.front().id;
  log::get("safety").warn(
      "{}; {} runs the model instead", gate.failures().front().status.message(),
      on_gpu ? fmt::format("{} on {}", instead, packs.front().devices[0].key) : instead);
  return {};
}

}  // namespace forge
