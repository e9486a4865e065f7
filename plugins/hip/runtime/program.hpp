// plugins/hip/runtime/program.hpp: a graph as launches, planned without a device.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_PROGRAM_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_PROGRAM_HPP_

#include <cstdint>
#include <memory>
#include <vector>

#include "forge/abi/kernel_pack.h"
#include "plugins/hip/runtime/attention_work.hpp"
#include "plugins/hip/runtime/placement.hpp"
#include "plugins/hip/runtime/steps.hpp"

namespace forge::hip {

// Rows of an embedding that the host decodes for every step.
struct Embedding {
  std::uint32_t value, weight;
  float scale;
};

// Nodes that turn by the same angles share a table, whatever their number of heads.
struct RopeTable {
  forge_rope_params_v1 params;  // n_heads 0
  std::uint32_t factors;        // weight or FORGE_NONE
};

// A SELECT_ROWS. Where all rows are selected nothing is copied: who reads `to` reads `from`, which
// is kept for as long.
struct Selection {
  std::uint32_t to, from;  // values
};

// Fusions, beside those that the host made:
//   NORM over the row, then a LINEAR of quantized weights: "norm_quantize"; with one row the matmul
//   normalises on the way
//   NORM over heads and ROPE of Q and K, the writing of K and V: part of ATTENTION's step
//   an input of several LINEARs is quantized once, and where possible by the kernel that makes it
struct Program {
  static Program build(const forge_graph_v1& graph, const forge_plan_options_v1& options,
                       PromptType prompts = PromptType::kInt8);

  std::vector<std::unique_ptr<Step>> steps;
  std::vector<Embedding> embeddings;
  std::vector<RopeTable> rope_tables;
  std::vector<AttentionShape> attention;
  std::vector<Selection> selections;
  std::uint32_t draw_settings = FORGE_NONE;  // a value that comes with the batch
  Placement placement;
  // Workspaces, bytes.
  std::uint32_t max_k = 0;                            // longest quantized row
  std::uint64_t quantized_bytes = 0, meta_bytes = 0;  // of one of the two sets of quantized rows
  std::uint64_t fp8_bytes = 0, fp8_unit_bytes = 0;    // of rows in E4M3; 0 without them
  std::uint64_t list_bytes[2] = {};  // of one row of a TOP_K or DRAW, by FORGE_ROWS_*
  std::uint64_t partial_bytes = 0;
  std::uint64_t experts_bytes = 0;
  std::uint64_t gate_bytes = 0;  // of products with an activation, with many rows
};

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_PROGRAM_HPP_
