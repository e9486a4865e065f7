// core/device/survey.hpp: what this machine has to compute on, found without HIP.
#ifndef FORGE_CORE_DEVICE_SURVEY_HPP_
#define FORGE_CORE_DEVICE_SURVEY_HPP_

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/device/cpu.hpp"
#include "core/device/finding.hpp"
#include "core/device/gpu.hpp"
#include "core/device/sysfs.hpp"

namespace forge::device {

// Where to look; the defaults are this machine. Tests hand in recordings.
struct SurveyOptions {
  std::filesystem::path root = "/";  // /sys, /proc, /dev, /opt/rocm are below it
  AccessCheck may_open = device::may_open;
  std::optional<CpuidRecord> cpuid = std::nullopt;                    // absent: ask the processor
  std::optional<std::vector<std::uint32_t>> affinity = std::nullopt;  // absent: ask the scheduler
};

// A value type.
struct Survey {
  Cpu cpu;
  std::vector<Gpu> gpus;
  std::string rocm;  // version of the installed ROCm, "6.2.4"; empty when none is found
  std::vector<Finding> findings;
};

// Never fails: what could not be found out is in the findings. Logs a line per device.
Survey survey(const SurveyOptions& options = {});

}  // namespace forge::device

#endif  // FORGE_CORE_DEVICE_SURVEY_HPP_
