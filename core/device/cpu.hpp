// core/device/cpu.hpp: the processor of this machine, as much of it as this process may use.
#ifndef FORGE_CORE_DEVICE_CPU_HPP_
#define FORGE_CORE_DEVICE_CPU_HPP_

#include <cstdint>
#include <string>
#include <vector>

#include "core/device/cpu_features.hpp"
#include "core/device/sysfs.hpp"

namespace forge::device {

struct CpuCache {
  enum class Kind { kData, kInstruction, kUnified };
  std::uint32_t level = 0;
  Kind kind = Kind::kUnified;
  std::uint64_t bytes = 0;            // of one instance
  std::uint32_t line = 0;             // bytes
  std::uint32_t sharing_threads = 0;  // hardware threads that share one instance, at most
};

// A value type.
struct Cpu {
  std::string name;  // "AMD Ryzen 9 9950X 16-Core Processor"
  CpuFeatures features;
  std::vector<CpuCache> caches;  // of one core, by level

  // Within the affinity mask of this process.
  std::uint32_t threads = 1;  // hardware threads
  std::uint32_t cores = 1;    // physical cores

  // CPU time a second of time the control group allows; 0 = as much as there is.
  double quota = 0;

  // How many threads can compute side by side: physical cores, no more than the quota (rounded up).
  // At least 1.
  std::uint32_t recommended_threads() const;

  // "x86-64-v4"
  std::string_view processor() const { return isa_name(features.isa()); }
};

// Reads the processor this process runs on. Tests hand in a recording: another root for
// /proc and /sys, another CPUID record, another affinity mask (numbers of hardware threads).
Cpu survey_cpu(const KernelFiles& files, const CpuidRecord& cpuid,
               const std::vector<std::uint32_t>& affinity);

// Numbers of the hardware threads that this process may run on.
std::vector<std::uint32_t> current_affinity();

}  // namespace forge::device

#endif  // FORGE_CORE_DEVICE_CPU_HPP_
