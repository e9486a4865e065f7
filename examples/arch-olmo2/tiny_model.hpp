// An OLMo 2 of 95,000 random weights: two layers, four heads that share two KV heads. The numbers
// are the same on every machine, so that recorded answers stay valid.
#ifndef ARCH_OLMO2_TINY_MODEL_HPP_
#define ARCH_OLMO2_TINY_MODEL_HPP_

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace tiny {

constexpr std::uint32_t kEmbd = 64, kHeads = 4, kKvHeads = 2, kHeadDim = 16, kFf = 96, kLayers = 2;
constexpr std::uint32_t kVocab = 3 + 256 + 1;  // <unk> <s> </s>, the bytes, and a space
constexpr float kEps = 1e-6f, kRopeBase = 500000.0f;

// Row-major [rows, cols]; a vector has one row.
struct Matrix {
  std::string name;
  std::uint32_t rows, cols;
  std::vector<float> data;
};

struct Layer {
  Matrix q, k, v, q_norm, k_norm, o, attn_norm, gate, up, down, ffn_norm;
};

struct Model {
  Matrix embd, output_norm, output;
  std::vector<Layer> layers;

  std::vector<const Matrix*> tensors() const {
    std::vector<const Matrix*> all = {&embd, &output_norm, &output};
    for (const Layer& l : layers)
      all.insert(all.end(), {&l.q, &l.k, &l.v, &l.q_norm, &l.k_norm, &l.o, &l.attn_norm, &l.gate,
                             &l.up, &l.down, &l.ffn_norm});
    return all;
  }
};

inline Model make_model() {
  std::mt19937 engine(20241231);  // its sequence is part of the C++ standard, unlike distributions
  const auto uniform = [&] { return static_cast<double>(engine() >> 8) * 0x1p-24 - 0.5; };
  const auto matrix = [&](const std::string& name, std::uint32_t rows, std::uint32_t cols) {
    Matrix m{name, rows, cols, std::vector<float>(std::size_t{rows} * cols)};
    // Variance 1 / cols: what goes through stays about as large as it was.
    for (float& w : m.data) w = static_cast<float>(uniform() * std::sqrt(12.0 / cols));
    return m;
  };
  const auto norm = [&](const std::string& name, std::uint32_t width) {
    Matrix m{name, 1, width, std::vector<float>(width)};
    for (float& w : m.data) w = static_cast<float>(1 + 0.5 * uniform());
    return m;
  };
  Model model{matrix("token_embd.weight", kVocab, kEmbd),
              norm("output_norm.weight", kEmbd),
              matrix("output.weight", kVocab, kEmbd),
              {}};
  for (std::uint32_t i = 0; i < kLayers; ++i) {
    const std::string p = "blk." + std::to_string(i) + ".";
    model.layers.push_back({.q = matrix(p + "attn_q.weight", kHeads * kHeadDim, kEmbd),
                            .k = matrix(p + "attn_k.weight", kKvHeads * kHeadDim, kEmbd),
                            .v = matrix(p + "attn_v.weight", kKvHeads * kHeadDim, kEmbd),
                            .q_norm = norm(p + "attn_q_norm.weight", kHeads * kHeadDim),
                            .k_norm = norm(p + "attn_k_norm.weight", kKvHeads * kHeadDim),
                            .o = matrix(p + "attn_output.weight", kEmbd, kHeads * kHeadDim),
                            .attn_norm = norm(p + "post_attention_norm.weight", kEmbd),
                            .gate = matrix(p + "ffn_gate.weight", kFf, kEmbd),
                            .up = matrix(p + "ffn_up.weight", kFf, kEmbd),
                            .down = matrix(p + "ffn_down.weight", kEmbd, kFf),
                            .ffn_norm = norm(p + "post_ffw_norm.weight", kEmbd)});
  }
  return model;
}

}  // namespace tiny

#endif  // ARCH_OLMO2_TINY_MODEL_HPP_
