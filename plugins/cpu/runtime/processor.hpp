// plugins/cpu/runtime/processor.hpp: what suits the processor that this runs on. Speed only;
// results are the same with all of it.
#ifndef FORGE_PLUGINS_CPU_RUNTIME_PROCESSOR_HPP_
#define FORGE_PLUGINS_CPU_RUNTIME_PROCESSOR_HPP_

#include "plugins/cpu/kernels/api.hpp"

namespace forge::cpu {

// How far ahead weights are asked for.
WeightsAhead weights_ahead();

// Whether products of BF16, where the processor has them, are slower than those of f32.
bool has_slow_bfloat16();

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_RUNTIME_PROCESSOR_HPP_
