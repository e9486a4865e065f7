#include "core/device/cpuid.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace forge::device {

CpuidRegisters CpuidRecord::find(std::uint32_t leaf, std::uint32_t subleaf) const {
  for (const CpuidLeaf& entry : leaves) {
    if (entry.leaf == leaf && entry.subleaf == subleaf) return entry.registers;
  }
  return {};
}

#if defined(__x86_64__)

namespace {

constexpr std::uint32_t kExtended = 0x80000000u;

// CPUID.1:ECX[27]: the operating system has enabled XGETBV.
constexpr std::uint32_t kOsxsave = 1u << 27;

std::uint64_t read_xcr0() {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<std::uint64_t>(high) << 32) | low;
}

class Recorder {
 public:
  CpuidRegisters record(std::uint32_t leaf, std::uint32_t subleaf = 0) {
    // The highest leaf of either range is in leaf 0 of that range.
    const std::uint32_t highest = (leaf & kExtended) != 0 ? highest_extended_ : highest_basic_;
    if ((leaf & ~kExtended) != 0 && leaf > highest) return {};
    CpuidRegisters r;
    __cpuid_count(leaf, subleaf, r.eax, r.ebx, r.ecx, r.edx);
    record_.leaves.push_back({leaf, subleaf, r});
    if (leaf == 0) highest_basic_ = r.eax;
    if (leaf == kExtended) highest_extended_ = r.eax;
    return r;
  }

  // Cache descriptions end with type 0 (EAX[4:0]); no processor has anywhere near 16 caches.
  void record_caches(std::uint32_t leaf) {
    for (std::uint32_t i = 0; i < 16; ++i) {
      if ((record(leaf, i).eax & 0x1fu) == 0) return;
    }
  }

  CpuidRecord& result() { return record_; }

 private:
  CpuidRecord record_;
  std::uint32_t highest_basic_ = 0;
  std::uint32_t highest_extended_ = 0;
};

}  // namespace

CpuidRecord read_cpuid() {
  Recorder recorder;
  recorder.record(0);
  recorder.record(kExtended);
  const CpuidRegisters basic = recorder.record(1);
  recorder.record(7, 0);
  recorder.record(7, 1);
  recorder.record_caches(4);
  recorder.record(kExtended + 1);
  for (std::uint32_t leaf = 2; leaf <= 4; ++leaf) recorder.record(kExtended + leaf);
  recorder.record_caches(kExtended + 0x1d);
  if ((basic.ecx & kOsxsave) != 0) recorder.result().xcr0 = read_xcr0();
  return std::move(recorder.result());
}

#else

CpuidRecord read_cpuid() { return {}; }

#endif

}  // namespace forge::device
