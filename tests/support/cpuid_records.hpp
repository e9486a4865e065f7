// tests/support/cpuid_records.hpp: what processors answered, for tests that must not depend on the
// processor they run on.
#ifndef FORGE_TESTS_SUPPORT_CPUID_RECORDS_HPP_
#define FORGE_TESTS_SUPPORT_CPUID_RECORDS_HPP_

#include "core/device/cpuid.hpp"

namespace forge::test {

// An EPYC 9004 (family 19h, model 11h) under KVM: AVX-512 with VNNI and BF16, no AMX; per core
// 32 KiB L1 data and instruction, 1 MiB L2; 32 MiB L3 for two threads.
inline device::CpuidRecord epyc_genoa() {
  return {
      .leaves =
          {
              {0x0, 0, {0x0000001c, 0x68747541, 0x444d4163, 0x69746e65}},
              {0x80000000, 0, {0x80000021, 0x68747541, 0x444d4163, 0x69746e65}},
              {0x1, 0, {0x00a10f11, 0x01020800, 0xfffa3203, 0x178bfbff}},
              {0x7, 0, {0x00000001, 0xf1bf07ab, 0x00405fc6, 0x00000010}},
              {0x7, 1, {0x00000020, 0x00000000, 0x00000000, 0x00000000}},
              {0x4, 0, {0x00000000, 0x00000000, 0x00000000, 0x00000000}},
              {0x80000001, 0, {0x00a10f11, 0x40000000, 0x004003f3, 0x2fd3fbff}},
              {0x80000002, 0, {0x20444d41, 0x43595045, 0x00000000, 0x00000000}},
              {0x80000003, 0, {0x00000000, 0x00000000, 0x00000000, 0x00000000}},
              {0x80000004, 0, {0x00000000, 0x00000000, 0x00000000, 0x00000000}},
              {0x8000001d, 0, {0x00000121, 0x01c0003f, 0x0000003f, 0x00000000}},
              {0x8000001d, 1, {0x00000122, 0x01c0003f, 0x0000003f, 0x00000000}},
              {0x8000001d, 2, {0x00000143, 0x01c0003f, 0x000007ff, 0x00000002}},
              {0x8000001d, 3, {0x00004163, 0x03c0003f, 0x00007fff, 0x00000001}},
              {0x8000001d, 4, {0x00000000, 0x00000000, 0x00000000, 0x00000000}},
          },
      .xcr0 = 0xe7,
  };
}

// The same under an operating system that saves other registers.
inline device::CpuidRecord with_xcr0(device::CpuidRecord record, std::uint64_t xcr0) {
  record.xcr0 = xcr0;
  return record;
}

// The same without AVX-512 in the processor: CPUID.7 EBX 16, 17, 21, 28, 30, 31 (foundation, DQ,
// IFMA, CD, BW, VL), ECX 1, 6, 11, 12, 14 and CPUID.7.1 EAX 5 cleared.
inline device::CpuidRecord avx2_only() {
  device::CpuidRecord record = with_xcr0(epyc_genoa(), 0x7);
  for (device::CpuidLeaf& leaf : record.leaves) {
    if (leaf.leaf != 7) continue;
    leaf.registers.ebx &= ~0xd0230000u;
    leaf.registers.ecx &= ~0x00005842u;
    if (leaf.subleaf == 1) leaf.registers.eax &= ~0x20u;
  }
  return record;
}

}  // namespace forge::test

#endif  // FORGE_TESTS_SUPPORT_CPUID_RECORDS_HPP_
