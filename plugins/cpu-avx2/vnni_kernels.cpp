// The same kernels with AVX-VNNI. Compiled with that instruction set as well.
#include "plugins/cpu-avx2/kernels.hpp"
#include "plugins/cpu-avx2/vnni_traits.hpp"
#include "plugins/cpu/kernels/table.hpp"

namespace forge::cpu {
namespace {

#define FORGE_QUANTIZED(tag, name, rows) \
  quantized_kernel<AvxVnni, tag, rows>("matmul_" name "_a8_f32_t8x" #rows "_avxvnni"),
#define FORGE_FLOAT(tag, name, rows) \
  float_kernel<AvxVnni, tag, rows>("matmul_" name "_f32_f32_t8x" #rows "_avxvnni"),
constexpr MatmulKernel kMatmul[] = {
#include "plugins/cpu-avx2/kernels.inc"
};
#undef FORGE_QUANTIZED
#undef FORGE_FLOAT

constexpr KernelTable kTable = make_table<AvxVnni>(kMatmul);

}  // namespace

const KernelTable& vnni_kernels() { return kTable; }

}  // namespace forge::cpu
