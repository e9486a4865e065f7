// core/safety/preflight.hpp: a device is tried in a process of its own before it is used in this
// one.
//
// Stage "access" is looked at here; everything else runs in rocmforge-probe, with a time limit for
// each stage (forge/abi/preflight.h). A child that hangs gets SIGTERM, then SIGKILL; nothing of it
// is left. Whatever goes wrong ends in one sentence: the stage, the cause, what to do.
#ifndef FORGE_CORE_SAFETY_PREFLIGHT_HPP_
#define FORGE_CORE_SAFETY_PREFLIGHT_HPP_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "core/base/child_process.hpp"
#include "core/device/gpu.hpp"
#include "core/plugin/manifest.hpp"
#include "core/safety/preflight_report.hpp"
#include "core/safety/preflight_stream.hpp"

namespace forge::safety {

struct PreflightOptions {
  std::filesystem::path probe_program;
  device::KernelFiles files;
  device::AccessCheck may_open = device::may_open;
  StreamOptions limits;
  std::chrono::milliseconds grace{500};  // between SIGTERM and SIGKILL
  std::function<bool()> stop;            // true: end it, the user asked to
};

// Runs every stage of `pack` on `gpu`. The caller holds the device's lock. `memory_budget`: what
// the pack may take there. kCancelled when `stop` said so. Never throws. [any-thread]
PreflightReport run_preflight(const plugin::Manifest& pack, const device::Gpu& gpu,
                              std::uint64_t memory_budget, const PreflightOptions& options);

// Stage "access" alone: the render node and /dev/kfd are there and may be opened.
Status check_access(const device::Gpu& gpu, const device::KernelFiles& files,
                    const device::AccessCheck& may_open);

// What a finished child and its stream mean; fills in stages, facts, status. Public for tests.
void judge_preflight(const ChildEnd& end, const PreflightStream& stream, const device::Gpu& gpu,
                     PreflightReport& report);

}  // namespace forge::safety

#endif  // FORGE_CORE_SAFETY_PREFLIGHT_HPP_
