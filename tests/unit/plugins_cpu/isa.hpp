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

#if defined(FORGE_TEST_avx512)
inline bool can_run() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vnni");
}
// Every table of kernels that this processor can run.
inline std::vector<const KernelTable*> tables() {
  return {&kernels(), &kernels_without_bfloat16()};
}
#else
inline bool can_run() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
inline std::vector<const KernelTable*> tables() { return {&kernels()}; }
#endif

}  // namespace forge::cpu

// Says so and ends the test where the processor lacks the instructions.
#define NEEDS_PROCESSOR()                                   \
  if (!can_run()) {                                         \
    WARN("skipped: this processor cannot run the kernels"); \
    return;                                                 \
  }

#endif  // FORGE_TESTS_UNIT_PLUGINS_CPU_ISA_HPP_
