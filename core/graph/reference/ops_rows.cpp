// Ops that work on each row by itself.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "core/graph/reference/context.hpp"
#include "forge/sdk/codec_lookup.hpp"
#include "forge/sdk/rope.hpp"

namespace forge::graph::reference {

void weight_row(const forge_tensor_v1& weight, std::uint64_t row, float* out) {
  const forge_codec_v1& codec = *sdk::find_codec(weight.type);  // node_supported() has asked
  const std::uint64_t bytes = weight.shape[0] / codec.block_elements * codec.block_bytes;
  codec.dequantize(static_cast<const std::byte*>(weight.data) + row * bytes, out, weight.shape[0]);
}

std::vector<float> weight_vector(const forge_tensor_v1* weight) {
  std::vector<float> values;
  if (weight != nullptr) {
    values.resize(weight->shape[0]);
    weight_row(*weight, 0, values.data());
  }
  return values;
}

float activate(std::uint32_t activation, float value) {
  const double x = value;
  switch (activation) {
    case FORGE_ACT_SILU:
      return static_cast<float>(x / (1 + std::exp(-x)));
    case FORGE_ACT_GELU_TANH: {
      const double inner = std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x);
      return static_cast<float>(0.5 * x * (1 + std::tanh(inner)));
    }
    case FORGE_ACT_GELU_ERF:
      return static_cast<float>(0.5 * x * (1 + std::erf(x / std::numbers::sqrt2)));
    case FORGE_ACT_SIGMOID:
      return static_cast<float>(1 / (1 + std::exp(-x)));
    case FORGE_ACT_RELU:
      return std::max(value, 0.0f);
    default:
      return value;
  }
}

void run_embed(const sdk::NodeView& node, Context& context) {
  const float scale = node.params<forge_embed_params_v1>().scale;
  for (std::uint32_t r = 0; r < context.batch().n_rows; ++r) {
    const std::span<float> y = context.out(node, 0, r);
    weight_row(*node.weight(0), static_cast<std::uint64_t>(context.batch().tokens[r]), y.data());
    for (float& e : y) e *= scale;
  }
}

void run_norm(const sdk::NodeView& node, Context& context) {
  const auto& p = node.params<forge_norm_params_v1>();
  const std::vector<float> weight = weight_vector(node.weight(0));
  const std::vector<float> bias = weight_vector(node.weight(1));
  for (std::uint32_t r = 0; r < context.n_rows(node.input(0)); ++r) {
    const std::span<const float> x = context.in(node, 0, r);
    const std::span<float> y = context.out(node, 0, r);
    for (std::size_t start = 0; start < x.size(); start += p.group) {
      double sum = 0;
      double squares = 0;
      for (std::size_t i = start; i < start + p.group; ++i) {
        sum += x[i];
        squares += double{x[i]} * x[i];
      }
      double mean = 0;
      double scale = 0;
      if (p.kind == FORGE_NORM_RMS) {
        scale = 1 / std::sqrt(squares / p.group + p.eps);
      } else if (p.kind == FORGE_NORM_L2) {
        scale = 1 / std::max(std::sqrt(squares), double{p.eps});
      } else {
        mean = sum / p.group;
        double variance = 0;
        for (std::size_t i = start; i < start + p.group; ++i)
          variance += (x[i] - mean) * (x[i] - mean);
        scale = 1 / std::sqrt(variance / p.group + p.eps);
      }
      for (std::size_t i = start; i < start + p.group; ++i) {
        double value = (x[i] - mean) * scale;
        if (!weight.empty()) value *= weight[i % weight.size()];
        if (!bias.empty()) value += bias[i % bias.size()];
        y[i] = static_cast<float>(value);
      }
    }
  }
}

namespace {

double dot(std::span<const float> a, const float* b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

}  // namespace

void run_linear(const sdk::NodeView& node, Context& context) {
  const std::uint32_t activation = node.params<forge_linear_params_v1>().activation;
  const std::uint32_t n = node.n_weights() / 2;
  const std::uint32_t n_rows = context.n_rows(node.input(0));
  std::vector<float> weights(node.input(0).width);
  std::vector<float> gate(activation == FORGE_ACT_NONE ? 0 : n_rows);
  const std::uint64_t n_out = node.weight(0)->shape[1];
  // With an activation, matrix 0 and 1 take turns row by row; else each matrix is done by itself.
  for (std::uint32_t m = 0; m < n; ++m) {
    if (activation != FORGE_ACT_NONE) break;
    const std::vector<float> bias = weight_vector(node.weight(2 * m + 1));
    for (std::uint64_t o = 0; o < node.weight(2 * m)->shape[1]; ++o) {
      weight_row(*node.weight(2 * m), o, weights.data());
      for (std::uint32_t r = 0; r < n_rows; ++r) {
        double y = dot(context.in(node, 0, r), weights.data());
        if (!bias.empty()) y += bias[o];
        if (node.n_inputs() == 2) y += context.in(node, 1, r)[o];
        context.out(node, m, r)[o] = static_cast<float>(y);
      }
    }
  }
  if (activation == FORGE_ACT_NONE) return;
  const std::vector<float> bias_gate = weight_vector(node.weight(1));
  const std::vector<float> bias_up = weight_vector(node.weight(3));
  for (std::uint64_t o = 0; o < n_out; ++o) {
    weight_row(*node.weight(0), o, weights.data());
    for (std::uint32_t r = 0; r < n_rows; ++r) {
      const double y = dot(context.in(node, 0, r), weights.data());
      gate[r] = static_cast<float>(bias_gate.empty() ? y : y + bias_gate[o]);
    }
    weight_row(*node.weight(2), o, weights.data());
    for (std::uint32_t r = 0; r < n_rows; ++r) {
      double y = dot(context.in(node, 0, r), weights.data());
      if (!bias_up.empty()) y += bias_up[o];
      context.out(node, 0, r)[o] = static_cast<float>(activate(activation, gate[r]) * y);
    }
  }
}

void run_rope(const sdk::NodeView& node, Context& context) {
  const auto& p = node.params<forge_rope_params_v1>();
  const std::vector<float> factors = weight_vector(node.weight(0));
  const sdk::RopeAngles angles(p, factors.empty() ? nullptr : factors.data());
  const std::uint32_t n_pairs = angles.n_pairs();
  std::vector<float> cos(n_pairs);
  std::vector<float> sin(n_pairs);
  for (std::uint32_t r = 0; r < context.batch().n_rows; ++r) {
    angles.fill(context.batch().positions + r, context.batch().n_rows, cos.data(), sin.data());
    const std::span<const float> x = context.in(node, 0, r);
    const std::span<float> y = context.out(node, 0, r);
    std::copy(x.begin(), x.end(), y.begin());
    for (std::uint32_t h = 0; h < p.n_heads; ++h) {
      for (std::uint32_t i = 0; i < n_pairs; ++i) {
        const bool interleaved = p.mode == FORGE_ROPE_NORM;
        const std::size_t a = std::size_t{h} * p.head_dim + (interleaved ? 2 * i : i);
        const std::size_t b = interleaved ? a + 1 : a + n_pairs;
        y[a] = static_cast<float>(double{x[a]} * cos[i] - double{x[b]} * sin[i]);
        y[b] = static_cast<float>(double{x[a]} * sin[i] + double{x[b]} * cos[i]);
      }
    }
  }
}

void run_gated(const sdk::NodeView& node, Context& context) {
  const std::uint32_t activation = node.params<forge_activation_params_v1>().activation;
  for (std::uint32_t r = 0; r < context.n_rows(node.input(0)); ++r) {
    const std::span<const float> gate = context.in(node, 0, r);
    const std::span<const float> up = context.in(node, 1, r);
    const std::span<float> y = context.out(node, 0, r);
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = activate(activation, gate[i]) * up[i];
  }
}

void run_unary(const sdk::NodeView& node, Context& context) {
  const auto& p = node.params<forge_unary_params_v1>();
  for (std::uint32_t r = 0; r < context.n_rows(node.input(0)); ++r) {
    const std::span<const float> x = context.in(node, 0, r);
    const std::span<float> y = context.out(node, 0, r);
    for (std::size_t i = 0; i < y.size(); ++i) {
      switch (p.kind) {
        case FORGE_UNARY_SCALE:
          y[i] = x[i] * p.argument;
          break;
        case FORGE_UNARY_SOFT_CAP:
          y[i] = static_cast<float>(p.argument * std::tanh(double{x[i]} / p.argument));
          break;
        default:
          y[i] = activate(p.activation, x[i]);
      }
    }
  }
}

void run_binary(const sdk::NodeView& node, Context& context) {
  const bool add = node.params<forge_binary_params_v1>().kind == FORGE_BINARY_ADD;
  for (std::uint32_t r = 0; r < context.n_rows(node.input(0)); ++r) {
    const std::span<const float> a = context.in(node, 0, r);
    const std::span<const float> b = context.in(node, 1, r);
    const std::span<float> y = context.out(node, 0, r);
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = add ? a[i] + b[i] : a[i] * b[i];
  }
}

void run_select_rows(const sdk::NodeView& node, Context& context) {
  for (std::uint32_t r = 0; r < context.batch().n_output_rows; ++r) {
    const std::span<const float> x = context.in(node, 0, context.batch().output_rows[r]);
    std::copy(x.begin(), x.end(), context.out(node, 0, r).begin());
  }
}

void run_top_k(const sdk::NodeView& node, Context& context) {
  const std::uint32_t k = node.output(0).width;
  std::vector<std::uint32_t> order(node.input(0).width);
  for (std::uint32_t r = 0; r < context.n_rows(node.input(0)); ++r) {
    const std::span<const float> x = context.in(node, 0, r);
    std::iota(order.begin(), order.end(), 0u);
    std::partial_sort(order.begin(), order.begin() + k, order.end(),
                      [&](std::uint32_t a, std::uint32_t b) {
                        const bool a_nan = std::isnan(x[a]), b_nan = std::isnan(x[b]);
                        if (a_nan || b_nan) return a_nan == b_nan ? a < b : b_nan;
                        return x[a] > x[b] || (x[a] == x[b] && a < b);
                      });
    std::int32_t* ids = context.int_row(node.output_id(0), r);
    for (std::uint32_t i = 0; i < k; ++i) {
      ids[i] = static_cast<std::int32_t>(order[i]);
      context.out(node, 1, r)[i] = x[order[i]];
    }
  }
}

}  // namespace forge::graph::reference
