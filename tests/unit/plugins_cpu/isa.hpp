// The kernels of the instruction set that a test is compiled for.
#ifndef FORGE_TESTS_UNIT_PLUGINS_CPU_ISA_HPP_
#define FORGE_TESTS_UNIT_PLUGINS_CPU_ISA_HPP_

#include <vector>

#if defined(FORGE_TEST_avx512)
#include "plugins/cpu-avx512/kernels.hpp"
#else
#include "plugins/cpu-avx2/kernels.hpp"
#endif

namespace forge::cpu {

// Whether this processor can run them; the kernels that are tested; all tables of that instruction
// set.
#if defined(FORGE_TEST_avx512)
inline bool can_run() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vnni");
}
inline const KernelTable& tested() { return kernels(); }
inline std::vector<const KernelTable*> tables() {
  return {&kernels(), &kernels_without_bfloat16()};
}
#elif defined(FORGE_TEST_avxvnni)
inline bool can_run() { return has_vnni(); }
inline const KernelTable& tested() { return vnni_kernels(); }
inline std::vector<const KernelTable*> tables() { return {&tested()}; }
#else
inline bool can_run() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
inline const KernelTable& tested() { return plain_kernels(); }
inline std::vector<const KernelTable*> tables() { return {&tested()}; }
#endif

}  // namespace forge::cpu

// Says so and ends the test where the processor lacks the instructions.
#define NEEDS_PROCESSOR()                                   \
  if (!can_run()) {                                         \
    WARN("skipped: this processor cannot run the kernels"); \
    return;                                                 \
  }

#endif  // FORGE_TESTS_UNIT_PLUGINS_CPU_ISA_HPP_
