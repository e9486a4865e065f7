// linear: every weight type, at the edges of tiles; biases, residuals, activations, groups.
#include <fmt/core.h>

#include <array>
#include <cmath>
#include <numeric>

#include "core/conformance/cases.hpp"
#include "core/conformance/error_bound.hpp"

namespace forge::conformance {
namespace {

using WeightPtr = std::shared_ptr<const Weight>;

struct Shape {
  std::uint32_t n_in = 0, n_out = 0, n_rows = 0;
  bool bias = false;
  bool residual = false;
  std::uint32_t activation = FORGE_ACT_NONE;
  std::uint32_t rows = FORGE_ROWS_TOKENS;
  bool raw = false;  // weights of random bytes: every scale and every quant that a file can have
  bool bf16 = false, up_bf16 = false;  // weights that are BF16 numbers
};

// Inner lengths: of 1 where the format allows, at odd places, of several blocks.
std::vector<std::uint32_t> inner_lengths(const forge_codec_v1& codec) {
  const std::uint32_t block = codec.block_elements;
  if (block == 1) return {1, 2, 3, 31, 33, 64, 129};
  if (block <= 32) return {block, 3 * block, 11 * block};
  return {block, 2 * block, 3 * block};
}

std::vector<Shape> shapes(const forge_codec_v1& codec) {
  // Around tiles of 8, 16 and 32 output rows and micro tiles of up to 16 input rows; 131 input rows
  // are several tiles of the kernels for many.
  static constexpr std::uint32_t kOut[] = {1, 17, 33, 15, 2, 31, 40, 3, 16};
  static constexpr std::uint32_t kRows[] = {1, 3, 31, 5, 33, 2, 9, 7, 131};
  const std::vector<std::uint32_t> inner = inner_lengths(codec);
  std::vector<Shape> list;
  for (std::size_t i = 0; i < std::size(kOut); ++i) {
    Shape shape;
    shape.n_in = inner[i % inner.size()];
    shape.n_out = kOut[i];
    shape.n_rows = kRows[i];
    shape.bias = i % 2 == 1;
    shape.residual = i % 3 == 2;
    if (i == 6) shape.rows = FORGE_ROWS_OUTPUTS;
    shape.raw = i % 4 == 2;
    list.push_back(shape);
  }
  for (std::uint32_t activation = FORGE_ACT_SILU; activation <= FORGE_ACT_RELU; ++activation) {
    Shape shape;
    shape.n_in = inner[activation % inner.size()];
    shape.n_out = activation == FORGE_ACT_SILU ? 33 : 5 + 8 * activation;
    shape.n_rows = 4 + activation;
    shape.bias = activation % 2 == 0;
    shape.activation = activation;
    list.push_back(shape);
  }
  // F16 made from a model in BF16, which a pack may take for that; a gate of which only one half
  // is.
  if (codec.type == FORGE_TYPE_F16) {
    list.push_back({.n_in = 301, .n_out = 33, .n_rows = 12, .bias = true, .bf16 = true});
    for (const bool both : {true, false})
      list.push_back({.n_in = 33,
                      .n_out = 17,
                      .n_rows = 5,
                      .activation = FORGE_ACT_SILU,
                      .bf16 = true,
                      .up_bf16 = both});
  }
  return list;
}

std::string describe(const Shape& s) {
  std::string text = fmt::format("{} -> {}, {} {}", s.n_in, s.n_out, s.n_rows,
                                 s.rows == FORGE_ROWS_OUTPUTS ? "output rows" : "rows");
  if (s.raw) text += ", random blocks";
  if (s.bf16) text += s.activation == FORGE_ACT_NONE || s.up_bf16 ? ", of bf16" : ", half of bf16";
  if (s.bias) text += ", bias";
  if (s.residual) text += ", residual";
  if (s.activation != FORGE_ACT_NONE) text += ", " + activation_name(s.activation);
  return text;
}

// y = W x + b of one output element.
Product with_bias(const Weight& weight, const WeightPtr& bias, std::size_t o, const RowView& row) {
  Product p = product(weight, o, row.inputs[0], {}, row.prompts);
  if (bias == nullptr) return p;
  const double b = bias->row(0)[o];
  p.error += kEps * (std::abs(p.value) + std::abs(b));
  p.value += b;
  return p;
}

struct Matrices {
  WeightPtr weight, bias, up, up_bias;
};

void tolerate(const Shape& shape, const Matrices& m, const RowView& row,
              std::span<const float> expected, std::span<double> tolerance) {
  for (std::size_t o = 0; o < tolerance.size(); ++o) {
    Product y = with_bias(*m.weight, m.bias, o, row);
    if (shape.activation != FORGE_ACT_NONE) {
      const Product gate = activated(shape.activation, y);
      const Product up = with_bias(*m.up, m.up_bias, o, row);
      y.error = std::abs(gate.value) * up.error + gate.error * (std::abs(up.value) + up.error);
    }
    const double residual = shape.residual ? std::abs(double{row.inputs[1][o]}) : 0;
    tolerance[o] = y.error + 2 * kEps * (std::abs(double{expected[o]}) + residual);
  }
}

Status make_one(const forge_codec_v1& codec, const Shape& shape, std::uint64_t seed,
                const Sink& sink) {
  Random random(seed, {shape.n_in, shape.n_out, shape.n_rows});
  CaseBuilder b(FORGE_OP_LINEAR, lower_name(codec), describe(shape));
  const std::uint32_t x = b.input(shape.n_in, shape.rows);
  std::vector<std::uint32_t> inputs = {x};
  if (shape.residual) inputs.push_back(b.input(shape.n_out, shape.rows));
  const std::uint32_t y = b.output(shape.n_out, shape.rows);
  Matrices m;
  std::vector<std::uint32_t> weights;
  const auto matrix = [&](const char* name, bool bf16, WeightPtr& weight,
                          WeightPtr& bias) -> Status {
    Weight::Kind kind = shape.raw ? Weight::Kind::kRaw : Weight::Kind::kEncoded;
    if (bf16) kind = Weight::Kind::kBf16;
    FORGE_ASSIGN(weight,
                 Weight::make(random, name, codec.type, {shape.n_in, shape.n_out}, 0.5f, 0, kind));
    weights.push_back(b.weight(weight));
    weights.push_back(FORGE_NONE);
    if (!shape.bias) return {};
    FORGE_ASSIGN(bias,
                 Weight::make(random, std::string(name) + " bias", FORGE_TYPE_F32, {shape.n_out}));
    weights.back() = b.weight(bias);
    return {};
  };
  FORGE_TRY(matrix("weight", shape.bf16, m.weight, m.bias));
  if (shape.activation != FORGE_ACT_NONE) FORGE_TRY(matrix("up", shape.up_bf16, m.up, m.up_bias));
  const forge_linear_params_v1 params = {sizeof(params), shape.activation};
  b.node(FORGE_OP_LINEAR, inputs, {y}, weights, params);
  b.get().lengths = split_rows(shape.n_rows);
  b.get().fill = [seed](std::uint32_t input, RowId row, std::span<float> out) {
    fill_mixed(seed, input, row, out);
  };
  b.get().tolerate = [shape, m](const RowView& row, std::uint32_t, std::span<const float> expected,
                                std::span<double> tolerance) {
    tolerate(shape, m, row, expected, tolerance);
  };
  FORGE_ASSIGN(const Case c, b.finish());
  return sink(c);
}

struct GroupedShape {
  std::uint32_t other_type;  // of the second matrix
  const char* other_name;
  std::array<std::uint32_t, 3> n_out;
  std::vector<std::uint32_t> lengths;
};

// Three matrices of one input, as Q, K and V: of the type, of another one, and of the type again.
Status make_grouped(const forge_codec_v1& codec, const GroupedShape& shape, std::uint64_t seed,
                    const Sink& sink) {
  Random random(seed, {codec.type, shape.other_type});
  const std::uint32_t n_in = codec.block_elements == 1 ? 64 : 2 * codec.block_elements;
  CaseBuilder b(FORGE_OP_LINEAR, lower_name(codec),
                fmt::format("{} -> {} + {} ({}) + {}, {} rows, grouped", n_in, shape.n_out[0],
                            shape.n_out[1], shape.other_name, shape.n_out[2],
                            std::accumulate(shape.lengths.begin(), shape.lengths.end(), 0u)));
  const std::uint32_t x = b.input(n_in);
  std::vector<WeightPtr> matrices;
  std::vector<std::uint32_t> weights, outputs;
  for (std::size_t i = 0; i < shape.n_out.size(); ++i) {
    const std::uint32_t type = i == 1 ? shape.other_type : codec.type;
    FORGE_ASSIGN(WeightPtr weight,
                 Weight::make(random, fmt::format("weight {}", i), type, {n_in, shape.n_out[i]}));
    weights.insert(weights.end(), {b.weight(weight), FORGE_NONE});
    outputs.push_back(b.output(shape.n_out[i]));
    matrices.push_back(std::move(weight));
  }
  const forge_linear_params_v1 params = {sizeof(params), FORGE_ACT_NONE};
  b.node(FORGE_OP_LINEAR, {x}, outputs, weights, params);
  b.get().lengths = shape.lengths;
  b.get().fill = [seed](std::uint32_t input, RowId row, std::span<float> out) {
    fill_mixed(seed, input, row, out);
  };
  b.get().tolerate = [matrices](const RowView& row, std::uint32_t output,
                                std::span<const float> expected, std::span<double> tolerance) {
    for (std::size_t o = 0; o < tolerance.size(); ++o)
      tolerance[o] = product(*matrices[output], o, row.inputs[0], {}, row.prompts).error +
                     2 * kEps * std::abs(double{expected[o]});
  };
  FORGE_ASSIGN(const Case c, b.finish());
  return sink(c);
}

Status make_groups(const forge_codec_v1& codec, std::uint64_t seed, const Sink& sink) {
  FORGE_TRY(make_grouped(codec, {FORGE_TYPE_F32, "f32", {33, 8, 17}, {5, 1}}, seed, sink));
  if (codec.type == FORGE_TYPE_BF16)
    return make_grouped(codec, {FORGE_TYPE_Q8_0, "q8_0", {33, 8, 17}, {5, 1}}, seed, sink);
  if (codec.type != FORGE_TYPE_Q4_K && codec.type != FORGE_TYPE_Q5_K) return {};
  // Mixtures that files have, in widths that packs may have one kernel for: one row, a few, many.
  for (const std::vector<std::uint32_t>& lengths :
       {std::vector<std::uint32_t>{1}, {3, 1}, {40, 33}})
    FORGE_TRY(make_grouped(codec, {FORGE_TYPE_Q6_K, "q6_k", {128, 256, 17}, lengths}, seed, sink));
  return {};
}

}  // namespace

void add_linear_groups(std::vector<Group>& groups) {
  for (const forge_codec_v1* codec : all_codecs()) {
    groups.push_back({FORGE_OP_LINEAR, lower_name(*codec),
                      [codec](std::uint64_t seed, const Sink& sink) -> Status {
                        for (const Shape& shape : shapes(*codec))
                          FORGE_TRY(make_one(*codec, shape, seed, sink));
                        return make_groups(*codec, seed, sink);
                      }});
  }
}

}  // namespace forge::conformance
