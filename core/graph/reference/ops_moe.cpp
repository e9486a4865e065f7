// Mixture of experts: router and experts.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/graph/reference/context.hpp"

namespace forge::graph::reference {
namespace {

std::vector<double> softmax(std::span<const float> x) {
  const double largest = *std::max_element(x.begin(), x.end());
  std::vector<double> p(x.size());
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += p[i] = std::exp(x[i] - largest);
  for (double& e : p) e /= sum;
  return p;
}

}  // namespace

void run_moe_router(const sdk::NodeView& node, Context& context) {
  const auto& params = node.params<forge_router_params_v1>();
  const std::uint32_t n_used = node.output(0).width;
  const std::vector<float> bias = weight_vector(node.weight(0));
  std::vector<std::uint32_t> order(node.input(0).width);
  for (std::uint32_t r = 0; r < context.n_rows(node.input(0)); ++r) {
    const std::span<const float> x = context.in(node, 0, r);
    std::vector<double> p;
    if (params.gating == FORGE_GATING_SIGMOID) {
      for (const float e : x) p.push_back(1 / (1 + std::exp(-double{e})));
    } else {
      p = softmax(x);
    }
    const auto rank = [&](std::uint32_t i) { return bias.empty() ? p[i] : p[i] + bias[i]; };
    std::iota(order.begin(), order.end(), 0u);
    std::partial_sort(order.begin(), order.begin() + n_used, order.end(),
                      [&](std::uint32_t a, std::uint32_t b) {
                        return rank(a) > rank(b) || (rank(a) == rank(b) && a < b);
                      });
    std::vector<double> weights(n_used);
    if (params.gating == FORGE_GATING_SOFTMAX_TOP) {
      std::vector<float> chosen(n_used);
      for (std::uint32_t u = 0; u < n_used; ++u) chosen[u] = x[order[u]];
      weights = softmax(chosen);
    } else {
      for (std::uint32_t u = 0; u < n_used; ++u) weights[u] = p[order[u]];
    }
    const double sum =
        params.normalise != 0 ? std::accumulate(weights.begin(), weights.end(), 0.0) : 1.0;
    for (std::uint32_t u = 0; u < n_used; ++u) {
      context.int_row(node.output_id(0), r)[u] = static_cast<std::int32_t>(order[u]);
      context.out(node, 1, r)[u] = static_cast<float>(weights[u] / sum * params.scale);
    }
  }
}

void run_moe_experts(const sdk::NodeView& node, Context& context) {
  const std::uint32_t activation = node.params<forge_activation_params_v1>().activation;
  const std::uint64_t n_in = node.input(0).width;
  const std::uint64_t n_ff = node.weight(0)->shape[1];
  std::vector<float> row(std::max(n_in, n_ff));
  std::vector<float> hidden(n_ff);
  const auto product = [&](const forge_tensor_v1& weight, std::uint64_t o, const float* x) {
    weight_row(weight, o, row.data());
    double sum = 0;
    for (std::uint64_t i = 0; i < weight.shape[0]; ++i) sum += double{row[i]} * x[i];
    return sum;
  };
  for (std::uint32_t r = 0; r < context.n_rows(node.input(0)); ++r) {
    const float* x = context.in(node, 0, r).data();
    std::vector<double> y(n_in, 0);
    for (std::uint32_t u = 0; u < node.input(1).width; ++u) {
      const auto e = static_cast<std::uint64_t>(context.int_row(node.input_id(1), r)[u]);
      for (std::uint64_t i = 0; i < n_ff; ++i) {
        const auto gate = static_cast<float>(product(*node.weight(0), e * n_ff + i, x));
        hidden[i] = static_cast<float>(activate(activation, gate) *
                                       product(*node.weight(1), e * n_ff + i, x));
      }
      for (std::uint64_t i = 0; i < n_in; ++i)
        y[i] += context.in(node, 2, r)[u] * product(*node.weight(2), e * n_in + i, hidden.data());
    }
    std::transform(y.begin(), y.end(), context.out(node, 0, r).begin(),
                   [](double e) { return static_cast<float>(e); });
  }
}

}  // namespace forge::graph::reference
