// plugins/cpu/runtime/row_ops.hpp: the row ops a chain is made of, one maker per kind.
#ifndef FORGE_PLUGINS_CPU_RUNTIME_ROW_OPS_HPP_
#define FORGE_PLUGINS_CPU_RUNTIME_ROW_OPS_HPP_

#include <cstdint>
#include <memory>
#include <vector>

#include "forge/abi/codec.h"
#include "forge/sdk/graph.hpp"
#include "plugins/cpu/runtime/steps.hpp"

namespace forge::cpu {

std::unique_ptr<RowOp> make_embed(const sdk::NodeView& node, const forge_codec_v1& codec);
std::unique_ptr<RowOp> make_norm(const sdk::NodeView& node, std::vector<float> weight,
                                 std::vector<float> bias);
// table: index into Execution::rope_tables.
std::unique_ptr<RowOp> make_rope(const sdk::NodeView& node, std::size_t table);
std::unique_ptr<RowOp> make_gated(const sdk::NodeView& node);
std::unique_ptr<RowOp> make_unary(const sdk::NodeView& node);
std::unique_ptr<RowOp> make_binary(const sdk::NodeView& node);
std::unique_ptr<RowOp> make_select_rows(const sdk::NodeView& node);
// Puts a row's k and v into the state, before the attention that reads them.
std::unique_ptr<RowOp> make_kv_write(const sdk::NodeView& node, const KvLayout& layout);
// Quantizes a row of `value` for the matmul that follows.
std::unique_ptr<RowOp> make_quantize(std::uint32_t value, std::uint32_t width,
                                     const QuantizedShape& shape);

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_RUNTIME_ROW_OPS_HPP_
