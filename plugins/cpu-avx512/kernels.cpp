// cpu-avx512's kernels: the shared templates for its instruction set. Compiled with that
// instruction set; everything else of the plugin is baseline.
#include "plugins/cpu-avx512/kernels.hpp"

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

constexpr KernelTable kTable = make_table<Avx512>(kMatmul);

}  // namespace

const KernelTable& kernels() { return kTable; }

}  // namespace forge::cpu
