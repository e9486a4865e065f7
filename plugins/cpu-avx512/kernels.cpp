// cpu-avx512's kernels: the shared templates for its instruction set. Compiled with that
// instruction set; everything else of the plugin is baseline.
#include "plugins/cpu-avx512/kernels.hpp"

#include <cpuid.h>

#include <array>

#include "plugins/cpu-avx512/traits.hpp"
#include "plugins/cpu/kernels/table.hpp"

namespace forge::cpu {
namespace {

#define FORGE_DIGITS(number) #number
#define FORGE_QUANTIZED(tag, name, rows)             \
  quantized_kernel<Avx512, tag, rows>("matmul_" name \
                                      "_a8_f32_t16x" FORGE_DIGITS(rows) "_avx512vnni"),
#define FORGE_FLOAT(tag, name, rows) \
  float_kernel<Avx512, tag, rows>("matmul_" name "_f32_f32_t16x" #rows "_avx512vnni"),
constexpr MatmulKernel kMatmul[] = {
#include "plugins/cpu-avx512/kernels.inc"
};
#undef FORGE_QUANTIZED
#undef FORGE_DIGITS
#undef FORGE_FLOAT

// The same with BF16 products.
constexpr auto kMatmulBf16 = [] {
  auto kernels = std::to_array(kMatmul);
  for (MatmulKernel& kernel : kernels) {
    if (kernel.type == FORGE_TYPE_BF16)
      kernel = float_kernel<Avx512, WeightBf16Pairs, 8>("matmul_bf16_bf16_f32_t16x8_avx512bf16");
  }
  return kernels;
}();

constexpr KernelTable kTable = make_table<Avx512>(kMatmul);
constexpr KernelTable kTableBf16 = make_table<Avx512>(kMatmulBf16, kBfloat16Kernels<Avx512>);

// Asked of the processor itself: __builtin_cpu_supports() would have something run when the library
// is opened.
bool has_bfloat16() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a & 1u << 5) != 0;
}

}  // namespace

const KernelTable& kernels() { return has_bfloat16() ? kTableBf16 : kTable; }

const KernelTable& kernels_without_bfloat16() { return kTable; }

}  // namespace forge::cpu
