// plugins/cpu-avx2/kernels.hpp: what kernels.cpp gives to plugin.cpp.
#ifndef FORGE_PLUGINS_CPU_AVX2_KERNELS_HPP_
#define FORGE_PLUGINS_CPU_AVX2_KERNELS_HPP_

#include "plugins/cpu/kernels/api.hpp"

namespace forge::cpu {

const KernelTable& kernels();

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_AVX2_KERNELS_HPP_
