// plugins/cpu-avx2/kernels.hpp: what its kernels' files give to plugin.cpp.
#ifndef FORGE_PLUGINS_CPU_AVX2_KERNELS_HPP_
#define FORGE_PLUGINS_CPU_AVX2_KERNELS_HPP_

#include "plugins/cpu/kernels/api.hpp"

namespace forge::cpu {

// Those for this processor.
const KernelTable& kernels();

// Those for processors without AVX-VNNI, and those for processors with it.
const KernelTable& plain_kernels();
const KernelTable& vnni_kernels();

bool has_vnni();

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_AVX2_KERNELS_HPP_
