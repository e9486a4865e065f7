#include "plugins/hip/runtime/support.hpp"

#include <algorithm>
#include <string>

#include "forge/sdk/codec_lookup.hpp"
#include "plugins/hip/runtime/experts.hpp"
#include "plugins/hip/runtime/matrix.hpp"

namespace forge::hip {
namespace {

constexpr std::uint32_t kMaxHeadDim = 256;
constexpr std::uint32_t kValueDims[] = {32, 64, 80, 96, 128, 256};
// Grids have at most 65535 rows of workgroups on some devices.
constexpr std::uint32_t kMaxGrid = 65535;

// Weights that are read through their codec: embeddings, norms, biases.
Status check_codecs(const sdk::NodeView& node) {
  for (std::uint32_t w = 0; w < node.n_weights(); ++w) {
    if (node.weight(w) != nullptr && sdk::find_codec(node.weight(w)->type) == nullptr)
      return unimplemented("no codec is registered for " + sdk::type_name(node.weight(w)->type));
  }
  return {};
}

Status check_norm(const sdk::NodeView& node) {
  const auto& p = node.params<forge_norm_params_v1>();
  if (node.input(0).width / p.group > kMaxGrid)
    return unimplemented("its norm takes rows of at most " + std::to_string(kMaxGrid) + " groups");
  const forge_tensor_v1* weight = node.weight(0);
  const forge_tensor_v1* bias = node.weight(1);
  if (weight != nullptr && bias != nullptr && weight->shape[0] != bias->shape[0])
    return unimplemented("its norm wants weight and bias of one length");
  return check_codecs(node);
}

Status check_linear(const sdk::NodeView& node) {
  const bool gated = node.params<forge_linear_params_v1>().activation != FORGE_ACT_NONE;
  for (std::uint32_t w = 0; w < node.n_weights(); w += 2) {
    const forge_tensor_v1& weight = *node.weight(w);
    const MatrixType* type = find_matrix_type(weight.type);
    if (type == nullptr)
      return unimplemented("it has no matmul for " + sdk::type_name(weight.type));
    const std::uint32_t multiple = type->format == nullptr ? 1 : type->format->row_multiple();
    if (weight.shape[0] % multiple != 0)
      return unimplemented("its matmul for " + sdk::type_name(weight.type) +
                           " needs rows of a multiple of " + std::to_string(multiple) +
                           " elements, not " + std::to_string(weight.shape[0]));
    if (gated && weight.type != node.weight(0)->type)
      return unimplemented("gate and up are of different types");
  }
  return check_codecs(node);
}

Status check_rope(const sdk::NodeView& node) {
  const auto& p = node.params<forge_rope_params_v1>();
  if (p.head_dim > kMaxHeadDim)
    return unimplemented("it turns heads of at most " + std::to_string(kMaxHeadDim) +
                         " elements, not " + std::to_string(p.head_dim));
  return check_codecs(node);
}

Status check_kv(const char* what, std::uint32_t type, std::uint32_t head_dim) {
  if (type == FORGE_TYPE_F16) return {};
  if (type != FORGE_TYPE_Q8_0)
    return unimplemented(std::string("its attention reads ") + what + " in F16 and Q8_0, not " +
                         sdk::type_name(type));
  if (head_dim % kBlock != 0)
    return unimplemented(std::string("its attention reads ") + what +
                         " in Q8_0 with heads of a multiple of " + std::to_string(kBlock) +
                         " elements, not " + std::to_string(head_dim));
  return {};
}

Status check_attention(const sdk::NodeView& node) {
  const forge_state_v1& state = node.state();
  if (state.head_dim_k % 16 != 0 || state.head_dim_k > kMaxHeadDim)
    return unimplemented("its attention has key heads of a multiple of 16 and at most " +
                         std::to_string(kMaxHeadDim) + " elements, not " +
                         std::to_string(state.head_dim_k));
  if (std::find(std::begin(kValueDims), std::end(kValueDims), state.head_dim_v) ==
      std::end(kValueDims))
    return unimplemented(
        "its attention has value heads of 32, 64, 80, 96, 128 and 256 elements, not " +
        std::to_string(state.head_dim_v));
  FORGE_TRY(check_kv("keys", state.type_k, state.head_dim_k));
  FORGE_TRY(check_kv("values", state.type_v, state.head_dim_v));
  return check_codecs(node);
}

Status check_top_k(const sdk::NodeView& node) {
  if (node.output(0).width > kTopKMost)
    return unimplemented("it picks at most " + std::to_string(kTopKMost) + " of a row, not " +
                         std::to_string(node.output(0).width));
  return {};
}

Status check_draw(const sdk::NodeView& node) {
  if (node.input(1).width > kTopKMost)
    return unimplemented("draw comes with lists of up to " + std::to_string(kTopKMost) +
                         " tokens, not " + std::to_string(node.input(1).width));
  return {};
}

}  // namespace

Status check_node(const sdk::NodeView& node) {
  switch (node.op()) {
    case FORGE_OP_EMBED:
    case FORGE_OP_GATED:
    case FORGE_OP_UNARY:
    case FORGE_OP_BINARY:
    case FORGE_OP_SELECT_ROWS:
      return check_codecs(node);
    case FORGE_OP_NORM:
      return check_norm(node);
    case FORGE_OP_LINEAR:
      return check_linear(node);
    case FORGE_OP_ROPE:
      return check_rope(node);
    case FORGE_OP_ATTENTION:
      return check_attention(node);
    case FORGE_OP_MOE_ROUTER:
      return check_router(node);
    case FORGE_OP_MOE_EXPERTS:
      return check_experts(node);
    case FORGE_OP_TOP_K:
      return check_top_k(node);
    case FORGE_OP_DRAW:
      return check_draw(node);
    default:
      return unimplemented("it has no kernel for this op");
  }
}

}  // namespace forge::hip
