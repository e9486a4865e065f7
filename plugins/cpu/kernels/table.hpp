// plugins/cpu/kernels/table.hpp: an instruction set's KernelTable from its kernels.inc.
//
// kernels.inc has one row per matmul kernel:
//   FORGE_QUANTIZED(format tag, "name in kernel names", rows of x in a micro tile)
//   FORGE_FLOAT(weight tag, "name in kernel names", rows of x in a micro tile)
// A row is prototype, dispatch entry, conformance case and benchmark at once: all of them walk the
// table.
#ifndef FORGE_PLUGINS_CPU_KERNELS_TABLE_HPP_
#define FORGE_PLUGINS_CPU_KERNELS_TABLE_HPP_

#include "plugins/cpu/kernels/attention.hpp"
#include "plugins/cpu/kernels/kv_write.hpp"
#include "plugins/cpu/kernels/matmul.hpp"
#include "plugins/cpu/kernels/peak.hpp"
#include "plugins/cpu/kernels/quantize.hpp"
#include "plugins/cpu/kernels/rows.hpp"

namespace forge::cpu {

template <class Isa>
constexpr KernelTable make_table(std::span<const MatmulKernel> matmul,
                                 const Bfloat16Kernels& bfloat16 = {}) {
  return {Isa::kName,
          Isa::kWidth,
          Isa::kUnsignedBytes,
          matmul,
          bfloat16,
          quantize_row<Isa>,
          norm_row<Isa>,
          rope_row<Isa>,
          gated<Isa>,
          activate<Isa>,
          soft_cap<Isa>,
          scale<Isa>,
          add<Isa>,
          multiply<Isa>,
          kv_write<Isa>,
          attention_segment<Isa>,
          attention_join<Isa>,
          peak_int8<Isa>,
          peak_f32<Isa>,
          read_through<Isa>};
}

template <class Isa>
inline constexpr Bfloat16Kernels kBfloat16Kernels = {bfloat16_row<Isa>, fits_bfloat16<Isa>,
                                                     tiles_to_bfloat16<Isa>, peak_bfloat16<Isa>};

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_KERNELS_TABLE_HPP_
