// cpu-avx2's kernels: the shared templates for its instruction set. Compiled with that instruction
// set; everything else of the plugin is baseline.
#include "plugins/cpu-avx2/kernels.hpp"

#include <cpuid.h>

#include "plugins/cpu-avx2/traits.hpp"
#include "plugins/cpu/kernels/table.hpp"

namespace forge::cpu {
namespace {

#define FORGE_QUANTIZED(tag, name, rows) \
  quantized_kernel<Avx2, tag, rows>("matmul_" name "_a8_f32_t8x" #rows "_avx2"),
#define FORGE_FLOAT(tag, name, rows) \
  float_kernel<Avx2, tag, rows>("matmul_" name "_f32_f32_t8x" #rows "_avx2"),
constexpr MatmulKernel kMatmul[] = {
#include "plugins/cpu-avx2/kernels.inc"
};
#undef FORGE_QUANTIZED
#undef FORGE_FLOAT

constexpr KernelTable kTable = make_table<Avx2>(kMatmul);

}  // namespace

const KernelTable& kernels() { return has_vnni() ? vnni_kernels() : plain_kernels(); }

const KernelTable& plain_kernels() { return kTable; }

// Asked of the processor itself: __builtin_cpu_supports() would have something run when the library
// is opened. Needs no more of the system than AVX2 does.
bool has_vnni() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a & 1u << 4) != 0;
}

}  // namespace forge::cpu
