// Ops with state: attention over every KV type, short convolution, gated delta rule.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/host_services.hpp"
#include "core/conformance/cases.hpp"
#include "core/conformance/error_bound.hpp"

namespace forge::conformance {
namespace {

using WeightPtr = std::shared_ptr<const Weight>;

// ---------------------------------------------------------------- attention

struct AttentionShape {
  std::uint32_t n_heads, n_kv_heads, head_dim_k, head_dim_v;
  std::uint32_t window = 0;
  float soft_cap = 0;
  bool sinks = false;
  std::vector<std::uint32_t> lengths = {33, 1, 70, 32, 7};
};

// Largest difference between a number of size at most 1 and what the codec keeps of it, over rows
// of the kind that fill() makes.
double storage_error(const forge_codec_v1& codec, std::uint32_t width) {
  if (codec.type == FORGE_TYPE_F32) return 0;
  Random random(5);
  double worst = 0;
  std::vector<float> x(width), back(width);
  std::vector<std::byte> bytes(std::size_t{width} / codec.block_elements * codec.block_bytes);
  for (int i = 0; i < 50; ++i) {
    for (float& v : x) v = random.uniform();
    if (codec.quantize(x.data(), nullptr, 1, width, bytes.data(), nullptr) != FORGE_OK) return 1;
    codec.dequantize(bytes.data(), back.data(), width);
    for (std::uint32_t e = 0; e < width; ++e)
      worst = std::max(worst, std::abs(double{x[e]} - back[e]));
  }
  return worst;
}

// With |q|, |k|, |v| <= 1 (fill() below) and n positions, y = sum_j p_j v_j with sum p = 1:
//   a score is off by s: from f32 sums, (dk + 2) kEps scale sum |q k|; where KV is not F32, from
//   rounding q and k to f16 (or q to 32767 levels of the largest of 32, which is less), eight
//   standard deviations of sums of dk rounded products of mean
//   square 1/9; where KV is quantized, from two codings that each keep K up to e_k: scale 2 e_k sum
//   |q|, taken as independent over the elements p_j is off by 2 (s + kFunctionEps) of itself, so y
//   by that times 1; p itself rounds to f16 where KV is not F32, or, tile by tile, to 32767 levels
//   of the tile's largest: 32 halves of a level of a share of y are the same 2^-11; y's sum rounds
//   n kEps; V's coding adds 2 e_v.
double attention_error(const forge_attention_params_v1& p, const forge_codec_v1& k,
                       const forge_codec_v1& v, std::uint32_t n) {
  const double dk = p.head_dim_k;
  const double scale = std::abs(double{p.scale});
  const bool rounds = k.type != FORGE_TYPE_F32 || v.type != FORGE_TYPE_F32;
  double s = (dk + 4) * kEps * scale * dk / 2;
  if (rounds) s += 8 * scale * std::sqrt(dk) / 3 * kF16Eps;
  if (k.block_elements > 1)
    s += 8 * scale * std::sqrt(dk / 3) * storage_error(k, p.n_kv_heads * p.head_dim_k);
  double error = 2 * (s + kFunctionEps) + (n + 4) * kEps;
  // tanh of a capped score has an absolute error that the cap multiplies.
  error += 2 * kFunctionEps * p.soft_cap;
  if (rounds) error += kF16Eps;
  if (v.block_elements > 1) error += 2 * storage_error(v, p.n_kv_heads * p.head_dim_v);
  return error;
}

Status attention_case(const AttentionShape& s, const forge_codec_v1& k, const forge_codec_v1& v,
                      const std::string& type, std::uint64_t seed, const Sink& sink) {
  const std::uint32_t longest = *std::max_element(s.lengths.begin(), s.lengths.end());
  std::string shape = fmt::format("{}/{} heads x {}/{}, up to {} positions", s.n_heads,
                                  s.n_kv_heads, s.head_dim_k, s.head_dim_v, longest);
  if (s.window != 0) shape += fmt::format(", window {}", s.window);
  if (s.soft_cap != 0) shape += fmt::format(", cap {}", s.soft_cap);
  if (s.sinks) shape += ", sinks";
  CaseBuilder b(FORGE_OP_ATTENTION, type, shape);
  forge_attention_params_v1 p = {};
  p.struct_size = sizeof(p);
  p.n_heads = s.n_heads;
  p.n_kv_heads = s.n_kv_heads;
  p.head_dim_k = s.head_dim_k;
  p.head_dim_v = s.head_dim_v;
  // Larger than usual: some positions weigh much more than others.
  p.scale = 3 / std::sqrt(static_cast<float>(s.head_dim_k));
  p.soft_cap = s.soft_cap;
  p.window = s.window;
  const std::uint32_t q_in = b.input(s.n_heads * s.head_dim_k);
  const std::uint32_t k_in = b.input(s.n_kv_heads * s.head_dim_k);
  const std::uint32_t v_in = b.input(s.n_kv_heads * s.head_dim_v);
  std::uint32_t sinks = FORGE_NONE;
  if (s.sinks) {
    Random random(seed, {s.n_heads});
    FORGE_ASSIGN(WeightPtr weight,
                 Weight::make(random, "sinks", FORGE_TYPE_F32, {s.n_heads}, 1.5f));
    sinks = b.weight(weight);
  }
  b.node(FORGE_OP_ATTENTION, {q_in, k_in, v_in}, {b.output(s.n_heads * s.head_dim_v)}, {sinks}, p,
         b.kv_state(p, k.type, v.type));
  b.get().lengths = s.lengths;
  b.get().fill = [seed](std::uint32_t input, RowId row, std::span<float> out) {
    Random random(seed, {input, row.sequence, row.position});
    for (float& e : out) e = random.uniform();
  };
  const double error = attention_error(p, k, v, s.window == 0 ? longest : s.window);
  b.get().tolerate = [error](const RowView&, std::uint32_t, std::span<const float>,
                             std::span<double> tolerance) {
    std::fill(tolerance.begin(), tolerance.end(), error);
  };
  FORGE_ASSIGN(const Case c, b.finish());
  return sink(c);
}

Status attentions(const forge_codec_v1& k, const forge_codec_v1& v, const std::string& type,
                  std::uint64_t seed, const Sink& sink) {
  std::vector<AttentionShape> shapes = {
      {8, 2, 128, 128},
      {4, 4, 64, 64, 32},
      {6, 1, 256, 256, 33, 5, true, {65, 3}},
  };
  const std::uint32_t block = std::max(k.block_elements, v.block_elements);
  if (block <= 32) {
    shapes.push_back({6, 2, 32, 64, 0, 0, true});
    shapes.push_back({3, 1, 96, 32, 5, 0, true, {40, 31}});
    shapes.push_back({7, 1, 64, 96, 40, 0, true, {45, 2}});
    shapes.push_back({2, 2, 128, 64, 0, 0, false, {35, 1}});
    shapes.push_back({8, 4, 96, 128, 33, 7, false, {67}});
  }
  if (block == 1) {
    shapes.push_back({1, 1, 1, 1, 0, 0, false, {35}});
    shapes.push_back({5, 1, 40, 24, 1, 0, false, {4, 34}});
    shapes.push_back({7, 7, 33, 17, 0, 8, false, {66, 2}});
    shapes.push_back({3, 3, 2, 80, 31, 0, true, {64, 64}});
  }
  for (const AttentionShape& s : shapes) {
    const std::uint32_t width_k = s.n_kv_heads * s.head_dim_k;
    const std::uint32_t width_v = s.n_kv_heads * s.head_dim_v;
    if (width_k % k.block_elements != 0 || width_v % v.block_elements != 0) continue;
    FORGE_TRY(attention_case(s, k, v, type, seed, sink));
  }
  // Long enough to be cut into parts that are computed apart; not for types whose coding takes
  // long.
  const bool simple = block == 1 || k.type == FORGE_TYPE_Q8_0 || v.type == FORGE_TYPE_Q8_0;
  if (!simple) return {};
  const std::uint32_t dim = block == 1 ? 16 : 32;
  FORGE_TRY(attention_case({2, 1, dim, dim, 0, 0, false, {600, 3}}, k, v, type, seed, sink));
  return attention_case({2, 1, dim, dim, 515, 0, true, {1100}}, k, v, type, seed, sink);
}

// ---------------------------------------------------------------- short convolution

// kernel products and as many additions, in f32.
Status conv_case(const forge_codec_v1& codec, std::uint32_t width, std::uint32_t kernel,
                 std::uint32_t activation, bool with_bias, std::uint64_t seed, const Sink& sink) {
  Random random(seed, {width, kernel});
  CaseBuilder b(FORGE_OP_SHORT_CONV, lower_name(codec),
                fmt::format("{} channels, kernel {}, {}{}", width, kernel,
                            activation_name(activation), with_bias ? ", bias" : ""));
  FORGE_ASSIGN(WeightPtr taps, Weight::make(random, "taps", codec.type, {kernel, width}));
  WeightPtr bias;
  if (with_bias) {
    FORGE_ASSIGN(bias, Weight::make(random, "bias", FORGE_TYPE_F32, {width}));
  }
  const std::uint32_t x = b.input(width);
  const forge_conv_params_v1 params = {sizeof(params), kernel, activation};
  b.node(FORGE_OP_SHORT_CONV, {x}, {b.output(width)},
         {b.weight(taps), bias ? b.weight(bias) : FORGE_NONE}, params,
         b.recurrent_state((kernel - 1) * width));
  b.get().lengths = {9, 1, 2, 33};
  b.get().fill = [seed](std::uint32_t input, RowId row, std::span<float> out) {
    fill_normal(seed, input, row, out);
  };
  b.get().tolerate = [=](const RowView& row, std::uint32_t, std::span<const float>,
                         std::span<double> tolerance) {
    std::vector<std::vector<float>> past(kernel, std::vector<float>(width, 0.0f));
    for (std::uint32_t j = 0; j < kernel && j <= row.id.position; ++j)
      fill_normal(seed, 0, {row.id.sequence, row.id.position - j}, past[kernel - 1 - j]);
    for (std::uint32_t c = 0; c < width; ++c) {
      Product sum;
      double magnitude = 0;
      if (bias != nullptr) magnitude = std::abs(sum.value = bias->row(0)[c]);
      for (std::uint32_t j = 0; j < kernel; ++j) {
        const double term = double{taps->row(c)[j]} * past[j][c];
        sum.value += term;
        magnitude += std::abs(term);
      }
      sum.error = (kernel + 2) * kEps * magnitude;
      const Product y = activated(activation, sum);
      tolerance[c] = y.error + 2 * kEps * std::abs(y.value);
    }
  };
  FORGE_ASSIGN(const Case c, b.finish());
  return sink(c);
}

Status convs(const forge_codec_v1& codec, std::uint64_t seed, const Sink& sink) {
  FORGE_TRY(conv_case(codec, 64, 4, FORGE_ACT_SILU, false, seed, sink));
  FORGE_TRY(conv_case(codec, 33, 3, FORGE_ACT_NONE, true, seed, sink));
  FORGE_TRY(conv_case(codec, 1, 2, FORGE_ACT_NONE, false, seed, sink));
  return conv_case(codec, 100, 7, FORGE_ACT_SILU, true, seed, sink);
}

// ---------------------------------------------------------------- gated delta rule

// With |k| = |q| = 1, |v| <= 1, decay <= 1 and beta <= 1 a step never lengthens an error in S (I -
// beta k k^T has no eigenvalue above 1) and adds one of at most (2 dk + 8) kEps of what it handles:
// |S| grows by at most |v| <= sqrt(dv) a step. After t steps y is off by at most the sum.
Status delta_case(std::uint32_t n_heads, std::uint32_t n_key_heads, std::uint32_t dk,
                  std::uint32_t dv, std::uint64_t seed, const Sink& sink) {
  CaseBuilder b(FORGE_OP_DELTA_RULE, "f32",
                fmt::format("{}/{} heads x {}/{}", n_heads, n_key_heads, dk, dv));
  forge_delta_params_v1 p = {};
  p.struct_size = sizeof(p);
  p.n_heads = n_heads;
  p.n_key_heads = n_key_heads;
  p.head_dim_k = dk;
  p.head_dim_v = dv;
  p.scale = 0.7f;
  const std::uint32_t q = b.input(n_key_heads * dk);
  const std::uint32_t k = b.input(n_key_heads * dk);
  const std::uint32_t v = b.input(n_heads * dv);
  const std::uint32_t g = b.input(n_heads);
  const std::uint32_t beta = b.input(n_heads);
  b.node(FORGE_OP_DELTA_RULE, {q, k, v, g, beta}, {b.output(n_heads * dv)}, {}, p,
         b.recurrent_state(n_heads * dk * dv));
  b.get().lengths = {20, 1, 33, 3};
  b.get().fill = [=](std::uint32_t input, RowId row, std::span<float> out) {
    Random random(seed, {input, row.sequence, row.position});
    for (float& e : out) e = random.uniform();
    if (input == 3) {
      for (float& e : out) e = -0.5f * (e + 1);  // decay e^g in (1/e, 1]
    } else if (input == 4) {
      for (float& e : out) e = 0.5f * (e + 1);
    } else if (input < 2) {
      for (std::size_t start = 0; start < out.size(); start += dk) {
        const auto run = out.subspan(start, dk);
        const float length =
            std::sqrt(std::inner_product(run.begin(), run.end(), run.begin(), 1e-20f));
        for (float& e : run) e /= length;
      }
    }
  };
  b.get().tolerate = [=](const RowView& row, std::uint32_t, std::span<const float> expected,
                         std::span<double> tolerance) {
    const double t = row.id.position + 1;
    const double size = std::sqrt(static_cast<double>(dv));
    for (std::size_t e = 0; e < tolerance.size(); ++e)
      tolerance[e] = t * t / 2 * (2 * dk + 8 + 20) * kEps * size * p.scale +
                     2 * kEps * std::abs(double{expected[e]});
  };
  FORGE_ASSIGN(const Case c, b.finish());
  return sink(c);
}

Status deltas(std::uint64_t seed, const Sink& sink) {
  FORGE_TRY(delta_case(4, 2, 32, 32, seed, sink));
  FORGE_TRY(delta_case(3, 3, 17, 33, seed, sink));
  FORGE_TRY(delta_case(1, 1, 1, 1, seed, sink));
  return delta_case(6, 2, 128, 64, seed, sink);
}

}  // namespace

void add_sequence_groups(std::vector<Group>& groups) {
  const std::vector<const forge_codec_v1*> codecs = all_codecs();
  const auto add_attention = [&](const forge_codec_v1& k, const forge_codec_v1& v) {
    const std::string type = &k == &v ? lower_name(k) : lower_name(k) + "/" + lower_name(v);
    groups.push_back({FORGE_OP_ATTENTION, type, [&k, &v, type](std::uint64_t seed, const Sink& s) {
                        return attentions(k, v, type, seed, s);
                      }});
  };
  const forge_codec_v1* f16 = nullptr;
  const forge_codec_v1* q8_0 = nullptr;
  for (const forge_codec_v1* codec : codecs) {
    if (codec->quantize != nullptr) add_attention(*codec, *codec);
    if (codec->type == FORGE_TYPE_F16) f16 = codec;
    if (codec->type == FORGE_TYPE_Q8_0) q8_0 = codec;
  }
  if (f16 != nullptr && q8_0 != nullptr) {
    add_attention(*q8_0, *f16);
    add_attention(*f16, *q8_0);
  }
  for (const forge_codec_v1* codec : codecs) {
    if (codec->block_elements != 1) continue;
    groups.push_back(
        {FORGE_OP_SHORT_CONV, lower_name(*codec),
         [codec](std::uint64_t seed, const Sink& s) { return convs(*codec, seed, s); }});
  }
  groups.push_back({FORGE_OP_DELTA_RULE, "f32", deltas});
}

}  // namespace forge::conformance
