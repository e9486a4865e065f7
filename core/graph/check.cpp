#include "core/graph/check.hpp"

#include <fmt/core.h>

#include <array>
#include <cmath>

#include "forge/sdk/host.hpp"

namespace forge::graph {
namespace {

// How many of what an op takes.
struct Signature {
  std::uint32_t op;
  std::uint32_t min_inputs, max_inputs;
  std::uint32_t min_outputs, max_outputs;
  std::uint32_t min_weights, max_weights;
  bool has_state;
  std::uint32_t state_kind;
  std::size_t params_size;
};

constexpr std::uint32_t kF32 = FORGE_TYPE_F32;
constexpr std::uint32_t kI32 = FORGE_TYPE_I32;
constexpr std::uint32_t kMany = 64;  // matrices of one grouped linear: far above any model's

constexpr std::array kSignatures = {
    Signature{FORGE_OP_EMBED, 0, 0, 1, 1, 1, 1, false, 0, sizeof(forge_embed_params_v1)},
    Signature{FORGE_OP_NORM, 1, 1, 1, 1, 2, 2, false, 0, sizeof(forge_norm_params_v1)},
    Signature{FORGE_OP_LINEAR, 1, 2, 1, kMany, 2, 2 * kMany, false, 0,
              sizeof(forge_linear_params_v1)},
    Signature{FORGE_OP_ROPE, 1, 1, 1, 1, 1, 1, false, 0, sizeof(forge_rope_params_v1)},
    Signature{FORGE_OP_ATTENTION, 3, 3, 1, 1, 1, 1, true, FORGE_STATE_KV,
              sizeof(forge_attention_params_v1)},
    Signature{FORGE_OP_GATED, 2, 2, 1, 1, 0, 0, false, 0, sizeof(forge_activation_params_v1)},
    Signature{FORGE_OP_UNARY, 1, 1, 1, 1, 0, 0, false, 0, sizeof(forge_unary_params_v1)},
    Signature{FORGE_OP_BINARY, 2, 2, 1, 1, 0, 0, false, 0, sizeof(forge_binary_params_v1)},
    Signature{FORGE_OP_SELECT_ROWS, 1, 1, 1, 1, 0, 0, false, 0, 0},
    Signature{FORGE_OP_MOE_ROUTER, 1, 1, 2, 2, 1, 1, false, 0, sizeof(forge_router_params_v1)},
    Signature{FORGE_OP_MOE_EXPERTS, 3, 3, 1, 1, 3, 3, false, 0, sizeof(forge_activation_params_v1)},
    Signature{FORGE_OP_SHORT_CONV, 1, 1, 1, 1, 2, 2, true, FORGE_STATE_RECURRENT,
              sizeof(forge_conv_params_v1)},
    Signature{FORGE_OP_DELTA_RULE, 5, 5, 1, 1, 0, 0, true, FORGE_STATE_RECURRENT,
              sizeof(forge_delta_params_v1)},
    Signature{FORGE_OP_TOP_K, 1, 1, 2, 2, 0, 0, false, 0, 0},
    Signature{FORGE_OP_DRAW, 4, 4, 1, 1, 0, 0, false, 0, 0},
};

const Signature* find_signature(std::uint32_t op) {
  for (const Signature& s : kSignatures) {
    if (s.op == op) return &s;
  }
  return nullptr;
}

// One node under examination, with the small questions that all checks ask.
class Check {
 public:
  Check(const Graph& graph, const Node& node) : graph_(graph), node_(node) {}

  Status run() {
    const Signature* signature = find_signature(node_.op);
    if (signature == nullptr) return fail("unknown operation");
    FORGE_TRY(check_signature(*signature));
    FORGE_TRY(check_indices());
    FORGE_TRY(check_types_and_rows());
    switch (node_.op) {
      case FORGE_OP_EMBED:
        return embed();
      case FORGE_OP_NORM:
        return norm();
      case FORGE_OP_LINEAR:
        return linear();
      case FORGE_OP_ROPE:
        return rope();
      case FORGE_OP_ATTENTION:
        return attention();
      case FORGE_OP_GATED:
        return gated();
      case FORGE_OP_UNARY:
        return unary();
      case FORGE_OP_BINARY:
        return binary();
      case FORGE_OP_SELECT_ROWS:
        return same_width(in(0), out(0));
      case FORGE_OP_MOE_ROUTER:
        return router();
      case FORGE_OP_MOE_EXPERTS:
        return experts();
      case FORGE_OP_SHORT_CONV:
        return conv();
      case FORGE_OP_DELTA_RULE:
        return delta();
      case FORGE_OP_TOP_K:
        return top_k();
      case FORGE_OP_DRAW:
        return draw();
      default:
        return fail("unknown operation");
    }
  }

 private:
  Status fail(std::string_view what) const {
    return invalid_argument(fmt::format("node '{}' ({}): {}", node_.name, op_name(node_.op), what));
  }
  const forge_value_v1& in(std::size_t i) const { return graph_.values[node_.inputs[i]]; }
  const forge_value_v1& out(std::size_t i) const { return graph_.values[node_.outputs[i]]; }
  bool has_weight(std::size_t i) const { return node_.weights[i] != FORGE_NONE; }
  const forge_tensor_v1& weight(std::size_t i) const { return graph_.weights[node_.weights[i]]; }
  const forge_state_v1& state() const { return graph_.states[node_.state]; }

  static bool in_range(std::size_t n, std::uint32_t low, std::uint32_t high) {
    return n >= low && n <= high;
  }

  Status check_signature(const Signature& s) const {
    if (!in_range(node_.inputs.size(), s.min_inputs, s.max_inputs))
      return fail(fmt::format("{} inputs; it takes {} to {}", node_.inputs.size(), s.min_inputs,
                              s.max_inputs));
    if (!in_range(node_.outputs.size(), s.min_outputs, s.max_outputs))
      return fail(fmt::format("{} outputs; it has {} to {}", node_.outputs.size(), s.min_outputs,
                              s.max_outputs));
    if (!in_range(node_.weights.size(), s.min_weights, s.max_weights))
      return fail(fmt::format("{} weights; it takes {} to {} (absent ones as FORGE_NONE)",
                              node_.weights.size(), s.min_weights, s.max_weights));
    if (s.params_size != 0 && node_.params.empty()) return fail("its parameters are missing");
    if (s.has_state != (node_.state != FORGE_NONE))
      return fail(s.has_state ? "it needs a state" : "it has no state");
    if (s.has_state) {
      if (node_.state >= graph_.states.size())
        return fail(fmt::format("state {} does not exist", node_.state));
      if (state().kind != s.state_kind) return fail("its state is of the wrong kind");
    }
    return {};
  }

  Status check_indices() const {
    for (const auto* list : {&node_.inputs, &node_.outputs}) {
      for (const std::uint32_t v : *list) {
        if (v >= graph_.values.size()) return fail(fmt::format("value {} does not exist", v));
      }
    }
    for (const std::uint32_t w : node_.weights) {
      if (w != FORGE_NONE && w >= graph_.weights.size())
        return fail(fmt::format("weight {} does not exist", w));
    }
    return {};
  }

  // Everything is f32 on token rows or on output rows alike, but for the few ops that say
  // otherwise.
  Status check_types_and_rows() const {
    const std::uint32_t rows = node_.inputs.empty() ? std::uint32_t{FORGE_ROWS_TOKENS} : in(0).rows;
    const bool selects = node_.op == FORGE_OP_SELECT_ROWS;
    if (selects && rows != FORGE_ROWS_TOKENS) return fail("its input must have token rows");
    const std::uint32_t out_rows = selects ? std::uint32_t{FORGE_ROWS_OUTPUTS} : rows;
    for (std::size_t i = 0; i < node_.inputs.size(); ++i) {
      const bool whole =
          (node_.op == FORGE_OP_MOE_EXPERTS && i == 1) || (node_.op == FORGE_OP_DRAW && i % 2 == 1);
      if (in(i).type != (whole ? kI32 : kF32))
        return fail(fmt::format("input {} has the wrong element type", i));
      if (in(i).rows != rows) return fail("its inputs mix token rows and output rows");
    }
    for (std::size_t i = 0; i < node_.outputs.size(); ++i) {
      const bool ids = node_.op == FORGE_OP_MOE_ROUTER || node_.op == FORGE_OP_TOP_K;
      const bool whole = (ids && i == 0) || node_.op == FORGE_OP_DRAW;
      if (out(i).type != (whole ? kI32 : kF32))
        return fail(fmt::format("output {} has the wrong element type", i));
      if (out(i).rows != out_rows) return fail(fmt::format("output {} has the wrong rows", i));
    }
    if (node_.state != FORGE_NONE && rows != FORGE_ROWS_TOKENS)
      return fail("an operation with state works on token rows");
    if (node_.op == FORGE_OP_ROPE && rows != FORGE_ROWS_TOKENS)
      return fail("it works on token rows: output rows have no positions");
    return {};
  }

  Status width_is(const forge_value_v1& value, std::uint64_t expected,
                  std::string_view what) const {
    if (value.width == expected) return {};
    return fail(fmt::format("{} is {} wide; expected {}", what, value.width, expected));
  }
  Status same_width(const forge_value_v1& a, const forge_value_v1& b) const {
    return width_is(b, a.width, "its output");
  }
  Status vector_is(std::size_t w, std::uint64_t length, std::string_view what) const {
    if (!has_weight(w)) return {};
    const forge_tensor_v1& t = weight(w);
    if (t.shape[0] == length && t.shape[1] == 1 && t.shape[2] == 1 && t.shape[3] == 1) return {};
    return fail(fmt::format("{} '{}' has shape {}; expected [{}]", what, sdk::view(t.name),
                            shape_text(t), length));
  }
  Status matrix_is(std::size_t w, std::uint64_t n_in, std::uint64_t n_out, std::uint64_t n) const {
    if (!has_weight(w)) return fail(fmt::format("weight {} is missing", w));
    const forge_tensor_v1& t = weight(w);
    if (t.shape[0] == n_in && t.shape[1] == n_out && t.shape[2] == n && t.shape[3] == 1) return {};
    return fail(fmt::format("weight '{}' has shape {}; expected [{}, {}{}]", sdk::view(t.name),
                            shape_text(t), n_in, n_out, n == 1 ? "" : fmt::format(", {}", n)));
  }
  static std::string shape_text(const forge_tensor_v1& t) {
    std::string text = "[";
    for (std::uint32_t d = 0; d < t.n_dims && d < FORGE_MAX_DIMS; ++d)
      text += fmt::format("{}{}", d == 0 ? "" : ", ", t.shape[d]);
    return text + "]";
  }

  Status embed() const {
    const float scale = node_.params.as<forge_embed_params_v1>().scale;
    if (!std::isfinite(scale)) return fail(fmt::format("scale is {}", scale));
    return matrix_is(0, out(0).width, has_weight(0) ? weight(0).shape[1] : 0, 1);
  }

  Status norm() const {
    const auto& p = node_.params.as<forge_norm_params_v1>();
    FORGE_TRY(same_width(in(0), out(0)));
    if (p.kind > FORGE_NORM_L2) return fail(fmt::format("unknown kind {}", p.kind));
    if (p.group == 0 || in(0).width % p.group != 0)
      return fail(fmt::format("group {} does not divide the width {}", p.group, in(0).width));
    if (!(p.eps >= 0) || !std::isfinite(p.eps)) return fail(fmt::format("eps is {}", p.eps));
    for (std::size_t w = 0; w < 2; ++w) {
      const bool wide = has_weight(w) && weight(w).shape[0] == in(0).width;
      FORGE_TRY(vector_is(w, wide ? in(0).width : p.group, w == 0 ? "weight" : "bias"));
    }
    return {};
  }

  Status linear() const {
    const auto& p = node_.params.as<forge_linear_params_v1>();
    const std::size_t n = node_.weights.size() / 2;
    if (node_.weights.size() % 2 != 0) return fail("weights come in pairs of matrix and bias");
    if (p.activation > FORGE_ACT_RELU) return fail("unknown activation");
    const bool gated = p.activation != FORGE_ACT_NONE;
    if (gated && (n != 2 || node_.outputs.size() != 1))
      return fail("with an activation it has two matrices and one output");
    if (!gated && n != node_.outputs.size())
      return fail(fmt::format("{} matrices but {} outputs", n, node_.outputs.size()));
    if (node_.inputs.size() == 2) {
      if (n != 1) return fail("with a residual it has one matrix");
      FORGE_TRY(width_is(in(1), out(0).width, "the residual"));
    }
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint32_t width = out(gated ? 0 : i).width;
      FORGE_TRY(matrix_is(2 * i, in(0).width, width, 1));
      FORGE_TRY(vector_is(2 * i + 1, width, "bias"));
    }
    return {};
  }

  Status rope() const {
    const auto& p = node_.params.as<forge_rope_params_v1>();
    FORGE_TRY(same_width(in(0), out(0)));
    FORGE_TRY(width_is(in(0), std::uint64_t{p.n_heads} * p.head_dim, "its input"));
    if (p.mode > FORGE_ROPE_IMROPE) return fail(fmt::format("unknown mode {}", p.mode));
    if (p.n_rot == 0 || p.n_rot % 2 != 0 || p.n_rot > p.head_dim)
      return fail(
          fmt::format("n_rot {} must be even and at most head_dim {}", p.n_rot, p.head_dim));
    if (!(p.base > 0) || !(p.freq_scale > 0) || !std::isfinite(p.base) ||
        !std::isfinite(p.freq_scale))
      return fail(fmt::format("base {} and freq_scale {} must be positive", p.base, p.freq_scale));
    return vector_is(0, p.n_rot / 2, "factors");
  }

  Status attention() const {
    const auto& p = node_.params.as<forge_attention_params_v1>();
    const forge_state_v1& s = state();
    if (p.n_kv_heads == 0 || p.n_heads % p.n_kv_heads != 0)
      return fail(fmt::format("{} KV heads do not divide {} heads", p.n_kv_heads, p.n_heads));
    if (s.n_kv_heads != p.n_kv_heads || s.head_dim_k != p.head_dim_k ||
        s.head_dim_v != p.head_dim_v)
      return fail("its state has other dimensions than its parameters");
    if (!std::isfinite(p.scale) || !std::isfinite(p.soft_cap) || p.soft_cap < 0)
      return fail(fmt::format("scale is {} and soft_cap is {}", p.scale, p.soft_cap));
    FORGE_TRY(width_is(in(0), std::uint64_t{p.n_heads} * p.head_dim_k, "q"));
    FORGE_TRY(width_is(in(1), std::uint64_t{p.n_kv_heads} * p.head_dim_k, "k"));
    FORGE_TRY(width_is(in(2), std::uint64_t{p.n_kv_heads} * p.head_dim_v, "v"));
    FORGE_TRY(width_is(out(0), std::uint64_t{p.n_heads} * p.head_dim_v, "its output"));
    return vector_is(0, p.n_heads, "sinks");
  }

  Status gated() const {
    const auto& p = node_.params.as<forge_activation_params_v1>();
    if (p.activation == FORGE_ACT_NONE || p.activation > FORGE_ACT_RELU)
      return fail("unknown activation");
    FORGE_TRY(width_is(in(1), in(0).width, "up"));
    return same_width(in(0), out(0));
  }

  Status unary() const {
    const auto& p = node_.params.as<forge_unary_params_v1>();
    if (p.kind > FORGE_UNARY_ACT) return fail(fmt::format("unknown kind {}", p.kind));
    if (p.kind == FORGE_UNARY_ACT &&
        (p.activation == FORGE_ACT_NONE || p.activation > FORGE_ACT_RELU))
      return fail("unknown activation");
    if (p.kind == FORGE_UNARY_SOFT_CAP && !(p.argument > 0))
      return fail("the cap must be positive");
    if (p.kind != FORGE_UNARY_ACT && !std::isfinite(p.argument))
      return fail(fmt::format("argument is {}", p.argument));
    return same_width(in(0), out(0));
  }

  Status binary() const {
    if (node_.params.as<forge_binary_params_v1>().kind > FORGE_BINARY_MUL)
      return fail("unknown kind");
    FORGE_TRY(width_is(in(1), in(0).width, "its second input"));
    return same_width(in(0), out(0));
  }

  Status router() const {
    const auto& p = node_.params.as<forge_router_params_v1>();
    if (p.gating > FORGE_GATING_SOFTMAX_TOP)
      return fail(fmt::format("unknown gating {}", p.gating));
    if (!std::isfinite(p.scale)) return fail(fmt::format("scale is {}", p.scale));
    if (out(0).width == 0 || out(0).width > in(0).width)
      return fail(fmt::format("it picks {} of {} experts", out(0).width, in(0).width));
    FORGE_TRY(width_is(out(1), out(0).width, "the weights' output"));
    return vector_is(0, in(0).width, "selection bias");
  }

  Status experts() const {
    const auto& p = node_.params.as<forge_activation_params_v1>();
    if (p.activation == FORGE_ACT_NONE || p.activation > FORGE_ACT_RELU)
      return fail("unknown activation");
    FORGE_TRY(width_is(in(2), in(1).width, "the weights' input"));
    FORGE_TRY(same_width(in(0), out(0)));
    if (!has_weight(0)) return fail("weight 0 is missing");
    const std::uint64_t n_ff = weight(0).shape[1];
    const std::uint64_t n_experts = weight(0).shape[2];
    FORGE_TRY(matrix_is(0, in(0).width, n_ff, n_experts));
    FORGE_TRY(matrix_is(1, in(0).width, n_ff, n_experts));
    return matrix_is(2, n_ff, in(0).width, n_experts);
  }

  Status conv() const {
    const auto& p = node_.params.as<forge_conv_params_v1>();
    if (p.kernel < 2) return fail(fmt::format("kernel {} is too short", p.kernel));
    if (p.activation > FORGE_ACT_RELU) return fail("unknown activation");
    FORGE_TRY(same_width(in(0), out(0)));
    FORGE_TRY(matrix_is(0, p.kernel, in(0).width, 1));
    FORGE_TRY(vector_is(1, in(0).width, "bias"));
    return state_is(std::uint64_t{p.kernel - 1} * in(0).width);
  }

  Status delta() const {
    const auto& p = node_.params.as<forge_delta_params_v1>();
    if (!std::isfinite(p.scale)) return fail(fmt::format("scale is {}", p.scale));
    if (p.n_key_heads == 0 || p.n_heads % p.n_key_heads != 0)
      return fail(fmt::format("{} key heads do not divide {} heads", p.n_key_heads, p.n_heads));
    FORGE_TRY(width_is(in(0), std::uint64_t{p.n_key_heads} * p.head_dim_k, "q"));
    FORGE_TRY(width_is(in(1), std::uint64_t{p.n_key_heads} * p.head_dim_k, "k"));
    FORGE_TRY(width_is(in(2), std::uint64_t{p.n_heads} * p.head_dim_v, "v"));
    FORGE_TRY(width_is(in(3), p.n_heads, "g"));
    FORGE_TRY(width_is(in(4), p.n_heads, "beta"));
    FORGE_TRY(width_is(out(0), std::uint64_t{p.n_heads} * p.head_dim_v, "its output"));
    return state_is(std::uint64_t{p.n_heads} * p.head_dim_k * p.head_dim_v);
  }

  Status state_is(std::uint64_t n_elements) const {
    if (state().n_elements == n_elements) return {};
    return fail(
        fmt::format("its state has {} elements; expected {}", state().n_elements, n_elements));
  }

  Status top_k() const {
    if (out(0).width == 0 || out(0).width > in(0).width)
      return fail(fmt::format("it picks {} of {}", out(0).width, in(0).width));
    return width_is(out(1), out(0).width, "the values' output");
  }

  Status draw() const {
    constexpr std::uint32_t kMost = 1u
                                    << 22;  // whose weights a sum has room for, with room to spare
    if (in(0).width > kMost) return fail(fmt::format("it draws from {} tokens", in(0).width));
    if (in(1).width == 0 || in(1).width > in(0).width)
      return fail(fmt::format("it draws from {} of {}", in(1).width, in(0).width));
    FORGE_TRY(width_is(in(2), in(1).width, "the values' input"));
    FORGE_TRY(width_is(in(3), FORGE_DRAW_SETTINGS, "the settings' input"));
    return width_is(out(0), 1, "its output");
  }

  const Graph& graph_;
  const Node& node_;
};

}  // namespace

std::size_t params_size(std::uint32_t op) {
  const Signature* signature = find_signature(op);
  return signature == nullptr ? 0 : signature->params_size;
}

Status check_node(const Graph& graph, const Node& node) { return Check(graph, node).run(); }

}  // namespace forge::graph
