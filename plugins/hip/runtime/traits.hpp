// plugins/hip/runtime/traits.hpp: what differs between the packs for GPUs.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_TRAITS_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_TRAITS_HPP_

#include <cstdint>

namespace forge::hip {

// What products with quantized weights multiply for more than skinny_rows rows.
enum class PromptType { kInt8, kF16, kFp8 };

// Constant; lives as long as the library.
struct PackTraits {
  const char* id;
  // File with the kernels, in the pack's folder. Null: "<processor of the device>.hsaco".
  const char* code_object;
  // Rows of a tile of the matrix units: what a "skinny" matmul and an attention tile take at a
  // time.
  std::uint32_t columns;
  // Batches of more rows than this take the "gemm" kernels.
  std::uint32_t skinny_rows;
  // Attention's workgroups (of one wave) that keep one multiprocessor, as HIP counts them, busy.
  std::uint32_t workgroups_per_unit;
  // Workgroups of a gated product for one row that one multiprocessor holds, and its LDS in bytes.
  // 0: not known; residency.hpp then leaves the device as many as it likes.
  std::uint32_t gated_groups = 0, unit_lds = 0;
  // Rows of a workgroup of "fp8_gemm" (FORGE_FP8_ROWS of its target). 0: it has no such kernels.
  std::uint32_t fp8_rows = 0;
};

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_TRAITS_HPP_
