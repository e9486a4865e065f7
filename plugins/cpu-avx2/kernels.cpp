// cpu-avx2's kernels: the shared templates for its instruction set. Compiled with that instruction
// set; everything else of the plugin is baseline.
#include "plugins/cpu-avx2/kernels.hpp"

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

const KernelTable& kernels() { return kTable; }

}  // namespace forge::cpu
