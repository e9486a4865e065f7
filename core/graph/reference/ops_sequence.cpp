// Ops that read and write the state of the row's sequence.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/graph/reference/context.hpp"

namespace forge::graph::reference {
namespace {

// Where position p of a sequence is stored.
std::uint32_t block_of(const forge_sequence_v1& sequence, std::uint32_t position) {
  return sequence.blocks[position / FORGE_KV_BLOCK_TOKENS];
}
std::uint32_t entry_of(std::uint32_t position) { return position % FORGE_KV_BLOCK_TOKENS; }

// All K and V rows one query row may look at, as f32.
struct History {
  std::vector<float> k, v;  // [n, width]
  std::uint32_t first = 0;  // position of row 0
};

void attend(const sdk::NodeView& node, const History& history, std::uint32_t position,
            std::span<const float> q, std::span<float> y, const std::vector<float>& sinks) {
  const auto& p = node.params<forge_attention_params_v1>();
  const std::uint32_t group = p.n_heads / p.n_kv_heads;
  const std::uint32_t low = p.window != 0 && position + 1 > p.window ? position + 1 - p.window : 0;
  std::vector<double> scores(position - low + 1);
  for (std::uint32_t h = 0; h < p.n_heads; ++h) {
    const std::size_t kv = h / group;
    double largest = sinks.empty() ? -std::numeric_limits<double>::infinity() : sinks[h];
    for (std::uint32_t j = low; j <= position; ++j) {
      const float* k =
          history.k.data() + ((j - history.first) * std::size_t{p.n_kv_heads} + kv) * p.head_dim_k;
      double s = 0;
      for (std::uint32_t d = 0; d < p.head_dim_k; ++d)
        s += double{q[std::size_t{h} * p.head_dim_k + d]} * k[d];
      s *= p.scale;
      if (p.soft_cap != 0) s = p.soft_cap * std::tanh(s / p.soft_cap);
      scores[j - low] = s;
      largest = std::max(largest, s);
    }
    double sum = sinks.empty() ? 0 : std::exp(sinks[h] - largest);
    std::vector<double> mixed(p.head_dim_v, 0);
    for (std::uint32_t j = low; j <= position; ++j) {
      const double weight = std::exp(scores[j - low] - largest);
      const float* v =
          history.v.data() + ((j - history.first) * std::size_t{p.n_kv_heads} + kv) * p.head_dim_v;
      sum += weight;
      for (std::uint32_t d = 0; d < p.head_dim_v; ++d) mixed[d] += weight * v[d];
    }
    for (std::uint32_t d = 0; d < p.head_dim_v; ++d)
      y[std::size_t{h} * p.head_dim_v + d] = static_cast<float>(mixed[d] / sum);
  }
}

}  // namespace

Status run_attention(const sdk::NodeView& node, Context& context) {
  const auto& p = node.params<forge_attention_params_v1>();
  const std::vector<float> sinks = weight_vector(node.weight(0));
  ReferenceState& state = context.state();
  for (std::uint32_t s = 0; s < context.batch().n_sequences; ++s) {
    const forge_sequence_v1& sequence = *context.batch().sequences[s];
    const std::uint32_t end = sequence.n_past + sequence.n_rows;
    for (std::uint32_t i = 0; i < sequence.n_rows; ++i) {
      const std::uint32_t position = sequence.n_past + i;
      const std::uint32_t block = block_of(sequence, position);
      const std::uint32_t row = sequence.first_row + i;
      FORGE_TRY(state.write_k(node.state_id(), block, entry_of(position),
                              context.in(node, 1, row).data()));
      FORGE_TRY(state.write_v(node.state_id(), block, entry_of(position),
                              context.in(node, 2, row).data()));
    }
    History history;
    if (p.window != 0 && sequence.n_past + 1 > p.window)
      history.first = sequence.n_past + 1 - p.window;
    const std::size_t width_k = std::size_t{p.n_kv_heads} * p.head_dim_k;
    const std::size_t width_v = std::size_t{p.n_kv_heads} * p.head_dim_v;
    history.k.resize((end - history.first) * width_k);
    history.v.resize((end - history.first) * width_v);
    for (std::uint32_t j = history.first; j < end; ++j) {
      const std::uint32_t block = block_of(sequence, j);
      state.read_k(node.state_id(), block, entry_of(j),
                   history.k.data() + (j - history.first) * width_k);
      state.read_v(node.state_id(), block, entry_of(j),
                   history.v.data() + (j - history.first) * width_v);
    }
    for (std::uint32_t i = 0; i < sequence.n_rows; ++i) {
      const std::uint32_t row = sequence.first_row + i;
      attend(node, history, sequence.n_past + i, context.in(node, 0, row),
             context.out(node, 0, row), sinks);
    }
  }
  return {};
}

void run_short_conv(const sdk::NodeView& node, Context& context) {
  const auto& p = node.params<forge_conv_params_v1>();
  const std::uint32_t width = node.input(0).width;
  const std::vector<float> bias = weight_vector(node.weight(1));
  std::vector<float> taps(std::size_t{width} * p.kernel);  // [width, kernel]
  for (std::uint32_t c = 0; c < width; ++c)
    weight_row(*node.weight(0), c, taps.data() + std::size_t{c} * p.kernel);
  for (std::uint32_t s = 0; s < context.batch().n_sequences; ++s) {
    const forge_sequence_v1& sequence = *context.batch().sequences[s];
    const std::span<float> past = context.state().slot(node.state_id(), sequence.slot);
    for (std::uint32_t i = 0; i < sequence.n_rows; ++i) {
      const std::span<const float> x = context.in(node, 0, sequence.first_row + i);
      const std::span<float> y = context.out(node, 0, sequence.first_row + i);
      for (std::uint32_t c = 0; c < width; ++c) {
        const float* tap = taps.data() + std::size_t{c} * p.kernel;
        double sum = bias.empty() ? 0 : bias[c];
        for (std::uint32_t j = 0; j + 1 < p.kernel; ++j)
          sum += double{tap[j]} * past[std::size_t{j} * width + c];
        sum += double{tap[p.kernel - 1]} * x[c];
        y[c] = activate(p.activation, static_cast<float>(sum));
      }
      std::copy(past.begin() + width, past.end(), past.begin());
      std::copy(x.begin(), x.end(), past.end() - width);
    }
  }
}

void run_delta_rule(const sdk::NodeView& node, Context& context) {
  const auto& p = node.params<forge_delta_params_v1>();
  const std::size_t dk = p.head_dim_k;
  const std::size_t dv = p.head_dim_v;
  const std::uint32_t group = p.n_heads / p.n_key_heads;
  std::vector<double> delta(dv);
  for (std::uint32_t s = 0; s < context.batch().n_sequences; ++s) {
    const forge_sequence_v1& sequence = *context.batch().sequences[s];
    const std::span<float> states = context.state().slot(node.state_id(), sequence.slot);
    for (std::uint32_t i = 0; i < sequence.n_rows; ++i) {
      const std::uint32_t row = sequence.first_row + i;
      for (std::uint32_t h = 0; h < p.n_heads; ++h) {
        const float* q = context.in(node, 0, row).data() + h / group * dk;
        const float* k = context.in(node, 1, row).data() + h / group * dk;
        const float* v = context.in(node, 2, row).data() + h * dv;
        const double decay = std::exp(double{context.in(node, 3, row)[h]});
        const double beta = context.in(node, 4, row)[h];
        float* state = states.data() + h * dk * dv;  // [dk, dv]
        for (std::size_t e = 0; e < dv; ++e) {
          double recalled = 0;
          for (std::size_t d = 0; d < dk; ++d) recalled += decay * state[d * dv + e] * k[d];
          delta[e] = beta * (v[e] - recalled);
        }
        const std::span<float> y = context.out(node, 0, row).subspan(h * dv, dv);
        for (std::size_t e = 0; e < dv; ++e) {
          double out = 0;
          for (std::size_t d = 0; d < dk; ++d) {
            const double updated = decay * state[d * dv + e] + k[d] * delta[e];
            state[d * dv + e] = static_cast<float>(updated);
            out += updated * q[d];
          }
          y[e] = static_cast<float>(out * p.scale);
        }
      }
    }
  }
}

}  // namespace forge::graph::reference
