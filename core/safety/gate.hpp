// core/safety/gate.hpp: what a pack for GPUs has to pass before it is loaded.
//
// For each device that the selection found for it, best first: memory known and enough of it left
// -> nobody else uses the device (lock) -> preflight, or a pass remembered from earlier in this
// boot. The first device that passes is the pack's; its lock is held until the gate goes. Nothing
// here runs again while text is made.
#ifndef FORGE_CORE_SAFETY_GATE_HPP_
#define FORGE_CORE_SAFETY_GATE_HPP_

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/device/survey.hpp"
#include "core/device/system.hpp"
#include "core/plugin/selection.hpp"
#include "core/safety/device_lock.hpp"
#include "core/safety/obstacle.hpp"
#include "core/safety/preflight.hpp"
#include "core/safety/preflight_cache.hpp"
#include "core/safety/vram_budget.hpp"

namespace forge::safety {

struct Failure {
  std::string pack;
  std::string device;
  Obstacle obstacle = Obstacle::kOther;
  Status status;  // one sentence
};

struct GateOptions {
  std::filesystem::path root = "/";  // of /sys, /proc, /dev
  device::AccessCheck may_open = device::may_open;
  std::filesystem::path probe_program;    // empty: where the program was installed with it
  std::filesystem::path cache_directory;  // of remembered passes; empty: the user's
  std::filesystem::path lock_directory;   // empty: the user's runtime folder
  std::string command;                    // what a lock says of this process
  std::chrono::milliseconds lock_timeout{10000};
  StreamOptions limits;
  double reserve_gib = kDesktopReserveGib;
  std::function<bool()> stop;  // true: the user asked to stop
};

// A device that passed, and the right to use it. Movable.
struct Admission {
  std::string pack;
  std::string device;  // PCI id
  VramBudget budget;
  PreflightReport report;
  std::optional<DeviceLock> lock;
  // To remember the pass by.
  plugin::Manifest manifest;
  std::string conditions;
};

// Lives as long as what was admitted is used: devices are closed before it goes. Thread-compatible.
class Gate {
 public:
  Gate(GateOptions options, const device::Survey& survey);
  // Remembers the passes of devices that were used to the end without a crash, and frees the locks.
  ~Gate();
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  // Checks the devices of the accepted pack `id`, best first. Those that fail are taken from the
  // candidate; on success the first one left passed. An error, of the best device, when none
  // passes. kCancelled when the user asked to stop.
  Status admit(plugin::Selection& selection, std::string_view id);

  // nullptr: not admitted.
  const Admission* admission(std::string_view pack) const;
  const std::vector<Failure>& failures() const { return failures_; }
  const device::System& system() const { return system_; }

  // An admitted pack is not used after all: the lock is free again. `failed`: because something
  // went wrong (loading, running), so that its pass is not remembered.
  void withdraw(std::string_view pack, bool failed);

  // For listings: all that admit() would check on one device, run anew, with the lock tried but not
  // waited for. Nothing is admitted.
  struct Examination {
    PreflightReport report;
    std::optional<VramBudget> budget;
    std::optional<Failure> failure;
  };
  Examination examine(const plugin::Manifest& pack, const device::Gpu& surveyed);

 private:
  Result<Admission> try_device(const plugin::Manifest& pack, const std::string& device,
                               std::chrono::milliseconds wait, Obstacle& obstacle);
  PreflightReport checked(const plugin::Manifest& pack, const device::Gpu& gpu,
                          std::uint64_t budget, const std::string& conditions, bool anew);
  void remember(const Admission& passed);
  LockOptions lock_options(std::chrono::milliseconds wait) const;
  void note(const std::string& pack, const std::string& device, Obstacle obstacle, Status status);

  GateOptions options_;
  device::KernelFiles files_;
  std::vector<device::Gpu> gpus_;
  device::System system_;
  PreflightCache cache_;
  std::vector<Admission> admissions_;
  std::vector<Failure> failures_;
};

}  // namespace forge::safety

#endif  // FORGE_CORE_SAFETY_GATE_HPP_
