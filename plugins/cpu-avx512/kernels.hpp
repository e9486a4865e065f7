// plugins/cpu-avx512/kernels.hpp: what kernels.cpp gives to plugin.cpp.
#ifndef FORGE_PLUGINS_CPU_AVX512VNNI_KERNELS_HPP_
#define FORGE_PLUGINS_CPU_AVX512VNNI_KERNELS_HPP_

#include "plugins/cpu/kernels/api.hpp"

namespace forge::cpu {

// Those for this processor, with products of BF16 where it has them.
const KernelTable& kernels();

// Those for processors without AVX512_BF16, or where that is slow.
const KernelTable& kernels_without_bfloat16();

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_AVX512VNNI_KERNELS_HPP_
