// The model's answer computed a second time: in double, token after token, without anything of
// rocmforge. What the plugin is compared with.
#ifndef ARCH_OLMO2_FORWARD_HPP_
#define ARCH_OLMO2_FORWARD_HPP_

#include <algorithm>
#include <cmath>
#include <vector>

#include "tiny_model.hpp"

namespace tiny {

using Row = std::vector<double>;

inline Row times(const Matrix& m, const Row& x) {
  Row y(m.rows, 0.0);
  for (std::uint32_t r = 0; r < m.rows; ++r)
    for (std::uint32_t c = 0; c < m.cols; ++c)
      y[r] += double{m.data[std::size_t{r} * m.cols + c]} * x[c];
  return y;
}

inline Row norm(const Matrix& weight, Row x) {
  double squares = 0;
  for (const double v : x) squares += v * v;
  const double scale = 1 / std::sqrt(squares / static_cast<double>(x.size()) + double{kEps});
  for (std::size_t i = 0; i < x.size(); ++i) x[i] *= scale * double{weight.data[i]};
  return x;
}

// Every head's pairs (i, i + half) turned by position * base^(-i / half).
inline Row rope(Row x, double position) {
  constexpr std::uint32_t half = kHeadDim / 2;
  for (std::size_t head = 0; head < x.size(); head += kHeadDim) {
    for (std::uint32_t i = 0; i < half; ++i) {
      const double angle = position * std::pow(double{kRopeBase}, -double(i) / half);
      const double a = x[head + i], b = x[head + i + half];
      x[head + i] = a * std::cos(angle) - b * std::sin(angle);
      x[head + i + half] = a * std::sin(angle) + b * std::cos(angle);
    }
  }
  return x;
}

// One query row against all keys so far.
inline Row attend(const Row& q, const std::vector<Row>& keys, const std::vector<Row>& values) {
  Row out(kHeads * kHeadDim, 0.0);
  for (std::uint32_t h = 0; h < kHeads; ++h) {
    const std::uint32_t from = h * kHeadDim, shared = h / (kHeads / kKvHeads) * kHeadDim;
    Row scores(keys.size(), 0.0);
    for (std::size_t j = 0; j < keys.size(); ++j) {
      for (std::uint32_t i = 0; i < kHeadDim; ++i) scores[j] += q[from + i] * keys[j][shared + i];
      scores[j] /= std::sqrt(double{kHeadDim});
    }
    const double most = *std::max_element(scores.begin(), scores.end());
    double sum = 0;
    for (double& s : scores) sum += s = std::exp(s - most);
    for (std::size_t j = 0; j < keys.size(); ++j)
      for (std::uint32_t i = 0; i < kHeadDim; ++i)
        out[from + i] += scores[j] / sum * values[j][shared + i];
  }
  return out;
}

inline void add_to(Row& x, const Row& y) {
  for (std::size_t i = 0; i < x.size(); ++i) x[i] += y[i];
}

// Logits [tokens, vocabulary].
inline std::vector<Row> forward(const Model& model, const std::vector<int>& tokens) {
  std::vector<Row> logits;
  std::vector<std::vector<Row>> keys(kLayers), values(kLayers);
  for (const int token : tokens) {
    const float* embedded = model.embd.data.data() + std::size_t(token) * kEmbd;
    Row x(embedded, embedded + kEmbd);
    for (std::uint32_t l = 0; l < kLayers; ++l) {
      const Layer& w = model.layers[l];
      const auto position = static_cast<double>(keys[l].size());
      keys[l].push_back(rope(norm(w.k_norm, times(w.k, x)), position));
      values[l].push_back(times(w.v, x));
      const Row q = rope(norm(w.q_norm, times(w.q, x)), position);
      add_to(x, norm(w.attn_norm, times(w.o, attend(q, keys[l], values[l]))));
      Row hidden = times(w.gate, x);
      const Row up = times(w.up, x);
      for (std::uint32_t i = 0; i < kFf; ++i) hidden[i] *= up[i] / (1 + std::exp(-hidden[i]));
      add_to(x, norm(w.ffn_norm, times(w.down, hidden)));
    }
    logits.push_back(times(model.output, norm(model.output_norm, x)));
  }
  return logits;
}

}  // namespace tiny

#endif  // ARCH_OLMO2_FORWARD_HPP_
