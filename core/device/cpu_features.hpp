// core/device/cpu_features.hpp: what the processor can do and the operating system lets it do.
//
// A processor that has AVX-512 crashes programs that use it all the same when the operating system
// does not save those registers: virtual machines and old kernels do that. So every feature here
// has two bits: the hardware's (CPUID) and the usable one (CPUID and XCR0).
#ifndef FORGE_CORE_DEVICE_CPU_FEATURES_HPP_
#define FORGE_CORE_DEVICE_CPU_FEATURES_HPP_

#include <bitset>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/device/cpuid.hpp"

namespace forge::device {

// The micro-architecture levels of the x86-64 psABI
// (https://gitlab.com/x86-psABIs/x86-64-ABI, section "Micro-Architecture Levels").
enum class IsaLevel { kV1 = 1, kV2 = 2, kV3 = 3, kV4 = 4 };

// "x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4".
std::string_view isa_name(IsaLevel level);
std::optional<IsaLevel> isa_by_name(std::string_view name);

// Every feature name known here: those of the compilers' -m flags ("avx512vnni", "sse4.1"). Lookups
// also take the kernel's spelling in /proc/cpuinfo ("avx512_vnni", "sse4_1", "bmi1").
std::span<const std::string_view> cpu_feature_names();

// A value type.
class CpuFeatures {
 public:
  static constexpr std::size_t kMaxFeatures = 64;

  explicit CpuFeatures(const CpuidRecord& record);
  CpuFeatures() = default;  // a processor with none

  // Whether the name is known at all.
  static bool is_known(std::string_view name);
  // Usable now. Unknown names: false.
  bool has(std::string_view name) const;
  // In the processor, usable or not.
  bool in_hardware(std::string_view name) const;

  // Highest level whose every feature is usable.
  IsaLevel isa() const;

  // Names of the usable features, in the order of cpu_feature_names().
  std::vector<std::string_view> names() const;

  // Why `name` cannot be used, as the end of a sentence: "the processor does not have it"; empty
  // when it can.
  std::string why_not(std::string_view name) const;

 private:
  std::bitset<kMaxFeatures> hardware_;
  std::bitset<kMaxFeatures> usable_;
  std::uint64_t xcr0_ = 0;
};

}  // namespace forge::device

#endif  // FORGE_CORE_DEVICE_CPU_FEATURES_HPP_
