// core/device/cpuid.hpp: the processor's own answers, recorded as raw registers.
//
// Reading and understanding are apart, so that tests hand in what other machines answered. Layout:
// Intel SDM volume 2A "CPUID", AMD APM volume 3 appendix E.
#ifndef FORGE_CORE_DEVICE_CPUID_HPP_
#define FORGE_CORE_DEVICE_CPUID_HPP_

#include <cstdint>
#include <vector>

namespace forge::device {

struct CpuidRegisters {
  std::uint32_t eax = 0;
  std::uint32_t ebx = 0;
  std::uint32_t ecx = 0;
  std::uint32_t edx = 0;
};

// One answer: CPUID with EAX = leaf and ECX = subleaf.
struct CpuidLeaf {
  std::uint32_t leaf = 0;
  std::uint32_t subleaf = 0;
  CpuidRegisters registers;
};

// Everything core asks a processor. A value type.
struct CpuidRecord {
  std::vector<CpuidLeaf> leaves;

  // Extended control register 0: the register states that the operating system saves. 0 when
  // XGETBV is not enabled.
  std::uint64_t xcr0 = 0;

  // Zeros when the leaf was not recorded, which reads as "does not have it" everywhere.
  CpuidRegisters find(std::uint32_t leaf, std::uint32_t subleaf = 0) const;
};

// Asks the processor this runs on. Runs on any x86-64; other processors give an empty record.
CpuidRecord read_cpuid();

}  // namespace forge::device

#endif  // FORGE_CORE_DEVICE_CPUID_HPP_
