// host/doctor/examination.hpp: everything `rocmforge doctor` finds out.
#ifndef FORGE_HOST_DOCTOR_EXAMINATION_HPP_
#define FORGE_HOST_DOCTOR_EXAMINATION_HPP_

#include <optional>
#include <string>
#include <vector>

#include "core/config/config.hpp"
#include "core/device/system.hpp"
#include "core/safety/gate.hpp"
#include "host/plugin_setup.hpp"

namespace forge {

// A GPU's memory, and who uses it.
struct DeviceMemory {
  std::string pci_id;
  std::uint64_t reserve = 0;                 // bytes left to the desktop
  std::optional<safety::VramBudget> budget;  // absent: why_not says why
  std::string why_not;
  std::optional<safety::LockHolder> holder;
};

// One pack tried on one of its devices.
struct PackCheck {
  std::string pack;
  std::string device;
  safety::PreflightReport report;
  std::optional<safety::Failure> failure;
};

// What `rocmforge run` would use.
struct Verdict {
  std::string pack;    // "gfx1100"; "reference" when no pack is left
  std::string device;  // PCI id or "cpu"
  std::string why;
  std::string action;  // what to do to get the GPU; empty: it is used, or there is none to get
};

struct Examination {
  device::System system;
  PluginSetup setup;
  std::vector<DeviceMemory> memory;  // of setup.survey.gpus, in their order
  std::vector<PackCheck> checks;
  Verdict verdict;
};

struct ExaminationOptions {
  std::vector<unsigned> groups = {};  // numbers of this process's groups
  safety::GateOptions gate = {};      // its root is where the system is looked at
  bool preflight = true;              // false: nothing of a plugin runs
};

// Tries every accepted plugin in a process of its own, and every pack for GPUs on each of its
// devices. Loads nothing into this process. A GPU in use by another process is left alone.
Examination examine(PluginSetup setup, const Config& config, const ExaminationOptions& options);

// For people, no line longer than `width` columns unless one word is; and for machines.
std::string examination_text(const Examination& examination, std::size_t width);
std::string examination_json(const Examination& examination);

}  // namespace forge

#endif  // FORGE_HOST_DOCTOR_EXAMINATION_HPP_
