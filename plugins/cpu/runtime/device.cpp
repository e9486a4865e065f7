#include "plugins/cpu/runtime/device.hpp"

#include <algorithm>
#include <string>

#include "forge/sdk/codec_lookup.hpp"
#include "forge/sdk/graph.hpp"
#include "plugins/cpu/runtime/plan.hpp"
#include "plugins/cpu/runtime/state.hpp"
#include "plugins/cpu/runtime/weights.hpp"

namespace forge::cpu {
namespace {

// Weights that are read through their codec: embeddings, norms, biases.
Status check_codecs(const sdk::NodeView& node) {
  for (std::uint32_t w = 0; w < node.n_weights(); ++w) {
    if (node.weight(w) != nullptr && sdk::find_codec(node.weight(w)->type) == nullptr)
      return unimplemented("no codec is registered for " + sdk::type_name(node.weight(w)->type));
  }
  return {};
}

Status check_linear(const KernelTable& kernels, const sdk::NodeView& node) {
  const bool gated = node.params<forge_linear_params_v1>().activation != FORGE_ACT_NONE;
  for (std::uint32_t w = 0; w < node.n_weights(); w += 2) {
    const forge_tensor_v1& weight = *node.weight(w);
    const MatmulKernel* kernel = find_matmul(kernels, weight.type);
    if (kernel == nullptr)
      return unimplemented("it has no matmul for " + sdk::type_name(weight.type));
    if (kernel->input == Input::kInt8 &&
        weight.shape[0] % std::max(kernel->format.block, kActBlock) != 0)
      return unimplemented("its matmul for " + sdk::type_name(weight.type) +
                           " needs rows of whole blocks");
    if (gated && weight.type != node.weight(0)->type)
      return unimplemented("gate and up are of different types");
  }
  // Matrices of one node may read the input itself, quantized, and rounded to BF16.
  return check_codecs(node);
}

Status check_kv(const char* what, std::uint32_t type, std::uint32_t head_dim) {
  if (type == FORGE_TYPE_F16 || type == FORGE_TYPE_F32) return {};
  if (type != FORGE_TYPE_Q8_0)
    return unimplemented(std::string("its attention reads ") + what +
                         " in F16, F32 and Q8_0, not " + sdk::type_name(type));
  if (head_dim % kKvGroup != 0)
    return unimplemented(std::string("its attention reads ") + what +
                         " in Q8_0 with heads of a multiple of " + std::to_string(kKvGroup) +
                         " elements, not " + std::to_string(head_dim));
  return {};
}

Status check_attention(const sdk::NodeView& node) {
  const forge_state_v1& state = node.state();
  FORGE_TRY(check_kv("keys", state.type_k, state.head_dim_k));
  FORGE_TRY(check_kv("values", state.type_v, state.head_dim_v));
  return check_codecs(node);
}

}  // namespace

CpuDevice::CpuDevice(const KernelTable& kernels, const forge_pack_options_v1& options)
    : kernels_(kernels),
      pool_(options.n_threads == 0 ? usable_cores() : options.n_threads,
            (options.flags & FORGE_PACK_PIN) != 0),
      profile_((options.flags & FORGE_PACK_PROFILE) != 0) {}

Status CpuDevice::node_supported(const forge_graph_v1& graph, std::uint32_t index) {
  const sdk::NodeView node(graph, index);
  switch (node.op()) {
    case FORGE_OP_EMBED:
    case FORGE_OP_NORM:
    case FORGE_OP_ROPE:
    case FORGE_OP_GATED:
    case FORGE_OP_UNARY:
    case FORGE_OP_BINARY:
    case FORGE_OP_SELECT_ROWS:
      return check_codecs(node);
    case FORGE_OP_LINEAR:
      return check_linear(kernels_, node);
    case FORGE_OP_ATTENTION:
      return check_attention(node);
    default:
      return unimplemented("it has no kernel for this op");
  }
}

Result<forge_plan_memory_v1> CpuDevice::plan_memory(const forge_graph_v1& graph,
                                                    const forge_plan_options_v1& options) {
  forge_plan_memory_v1 memory = {};
  memory.struct_size = sizeof(memory);
  const std::vector<bool> is_matrix = PackedWeights::matrices_of(graph);
  for (std::uint32_t w = 0; w < graph.n_weights; ++w) {
    if (is_matrix[w]) memory.weights += packed_bytes(kernels_, *graph.weights[w]);
  }
  const std::uint32_t rows = std::max(options.max_rows, options.max_outputs);
  memory.scratch =
      sizeof(float) * ArenaPlan(graph, FORGE_ROWS_TOKENS).size() * options.max_rows +
      sizeof(float) * ArenaPlan(graph, FORGE_ROWS_OUTPUTS).size() * options.max_outputs +
      workspace_of(kernels_, graph).bytes(rows, pool_.size());
  memory.state_per_block = CpuState::block_bytes(graph);
  return memory;
}

Result<std::unique_ptr<sdk::PackPlan>> CpuDevice::compile(const forge_graph_v1& graph,
                                                          const forge_plan_options_v1& options,
                                                          const sdk::Progress& progress) {
  return CpuPlan::compile(kernels_, pool_, profile_, graph, options, progress);
}

}  // namespace forge::cpu
