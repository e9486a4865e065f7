// Ops that work on each row by itself, linear excepted.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "core/conformance/cases.hpp"
#include "core/conformance/error_bound.hpp"

namespace forge::conformance {
namespace {

constexpr std::uint32_t kWidths[] = {1, 2, 3, 15, 16, 31, 33, 100, 256};
constexpr std::uint32_t kRows[] = {3, 1, 31, 2, 33, 9, 5, 4, 17};

using WeightPtr = std::shared_ptr<const Weight>;

void set_fill(CaseBuilder& b, std::uint64_t seed) {
  b.get().fill = [seed](std::uint32_t input, RowId row, std::span<float> out) {
    fill_mixed(seed, input, row, out);
  };
}

// The last steps that all lists share.
Status finish(CaseBuilder& b, std::uint32_t n_rows, std::uint64_t seed, const Sink& sink) {
  b.get().lengths = split_rows(n_rows);
  if (!b.get().fill) set_fill(b, seed);
  FORGE_ASSIGN(const Case c, b.finish());
  return sink(c);
}

// ---------------------------------------------------------------- embed

Status embed(const forge_codec_v1& codec, std::uint64_t seed, const Sink& sink) {
  const std::vector<std::uint32_t> widths =
      codec.block_elements == 1
          ? std::vector<std::uint32_t>{1, 3, 33, 64}
          : std::vector<std::uint32_t>{codec.block_elements, 3 * codec.block_elements};
  for (const std::uint32_t width : widths) {
    for (const float scale : {1.0f, 11.3f}) {
      Random random(seed, {width});
      CaseBuilder b(FORGE_OP_EMBED, lower_name(codec),
                    fmt::format("{} x 37, scale {}", width, scale));
      FORGE_ASSIGN(WeightPtr table, Weight::make(random, "table", codec.type, {width, 37}));
      const std::uint32_t y = b.output(width);
      const forge_embed_params_v1 params = {sizeof(params), scale};
      b.node(FORGE_OP_EMBED, {}, {y}, {b.weight(table)}, params);
      b.get().n_vocab = 37;
      // Decoding is exact; the scale is one rounding, here and there.
      if (scale != 1) {
        b.get().tolerate = [](const RowView&, std::uint32_t, std::span<const float> expected,
                              std::span<double> tolerance) {
          for (std::size_t i = 0; i < tolerance.size(); ++i)
            tolerance[i] = 2 * kEps * std::abs(double{expected[i]});
        };
      }
      FORGE_TRY(finish(b, 33, seed, sink));
    }
  }
  return {};
}

// ---------------------------------------------------------------- norm

struct NormShape {
  std::uint32_t kind, width, group, n_rows;
  bool weight, bias, wide;  // wide: weights as wide as the row
  float eps;
};

// With n elements in a group, sums of n f32 numbers are off by at most n kEps of their terms' sum;
// the root halves that. The mean of LAYER is off by n kEps mean |x|, which does not shrink with
// what is left after taking it away. Then a handful of roundings.
void tolerate_norm(const NormShape& s, const WeightPtr& weight, const WeightPtr& bias,
                   const RowView& row, std::span<const float> expected,
                   std::span<double> tolerance) {
  const std::span<const float> x = row.inputs[0];
  const double n = s.group;
  for (std::size_t start = 0; start < x.size(); start += s.group) {
    double mean = 0, magnitude = 0, squares = 0;
    for (std::size_t i = start; i < start + s.group; ++i) {
      mean += x[i] / n;
      magnitude += std::abs(double{x[i]}) / n;
    }
    if (s.kind != FORGE_NORM_LAYER) mean = 0;
    for (std::size_t i = start; i < start + s.group; ++i) squares += (x[i] - mean) * (x[i] - mean);
    const double mean_error = s.kind == FORGE_NORM_LAYER ? (n + 1) * kEps * magnitude : 0;
    // Smallest the divisor can be: eps may be all that is left of it.
    const double root = s.kind == FORGE_NORM_L2 ? std::max(std::sqrt(squares), double{s.eps})
                                                : std::sqrt(squares / n + s.eps);
    for (std::size_t i = start; i < start + s.group; ++i) {
      const double w = weight == nullptr ? 1 : weight->row(0)[s.wide ? i : i - start];
      const double plain = std::abs(x[i] - mean) * std::abs(w) / root;
      const double root_error = n / 2 * kEps + mean_error / root;
      tolerance[i] = plain * (root_error + 8 * kEps) + 2 * mean_error / root * std::abs(w) +
                     2 * kEps * std::abs(double{expected[i]}) + 1e-37;
      if (bias != nullptr) tolerance[i] += kEps * std::abs(bias->row(0)[s.wide ? i : i - start]);
    }
  }
}

Status norm_case(const NormShape& s, const forge_codec_v1& codec, std::uint64_t seed,
                 const Sink& sink) {
  static constexpr const char* kKinds[] = {"rms", "layer", "l2"};
  Random random(seed, {s.kind, s.width, s.group});
  CaseBuilder b(FORGE_OP_NORM, lower_name(codec),
                fmt::format("{} {} in runs of {}, {} rows{}{}{}", kKinds[s.kind], s.width, s.group,
                            s.n_rows, s.weight ? ", weight" : "", s.bias ? ", bias" : "",
                            s.wide ? " of the whole row" : ""));
  const std::uint32_t x = b.input(s.width);
  const std::uint32_t y = b.output(s.width);
  const std::uint64_t length = s.wide ? s.width : s.group;
  WeightPtr weight, bias;
  if (s.weight) {
    FORGE_ASSIGN(weight, Weight::make(random, "weight", codec.type, {length}, 0.3f, 1));
  }
  if (s.bias) {
    FORGE_ASSIGN(bias, Weight::make(random, "bias", codec.type, {length}));
  }
  const forge_norm_params_v1 params = {sizeof(params), s.kind, s.group, s.eps};
  b.node(FORGE_OP_NORM, {x}, {y},
         {weight ? b.weight(weight) : FORGE_NONE, bias ? b.weight(bias) : FORGE_NONE}, params);
  b.get().tolerate = [s, weight, bias](const RowView& row, std::uint32_t,
                                       std::span<const float> expected,
                                       std::span<double> tolerance) {
    tolerate_norm(s, weight, bias, row, expected, tolerance);
  };
  return finish(b, s.n_rows, seed, sink);
}

Status norms(const forge_codec_v1& codec, std::uint64_t seed, const Sink& sink) {
  for (std::uint32_t kind = FORGE_NORM_RMS; kind <= FORGE_NORM_L2; ++kind) {
    const float eps = kind == FORGE_NORM_L2 ? 1e-12f : 1e-5f;
    for (std::size_t i = 0; i < std::size(kWidths); ++i) {
      const bool bias = kind == FORGE_NORM_LAYER && i % 2 == 0;
      FORGE_TRY(norm_case({kind, kWidths[i], kWidths[i], kRows[i], i % 3 != 0, bias, false, eps},
                          codec, seed, sink));
    }
    FORGE_TRY(norm_case({kind, 5 * 33, 33, 7, true, false, false, eps}, codec, seed, sink));
    FORGE_TRY(norm_case({kind, 4 * 16, 16, 7, true, true, true, eps}, codec, seed, sink));
    FORGE_TRY(norm_case({kind, 4 * 24, 24, 7, false, true, true, eps}, codec, seed, sink));
  }
  return {};
}

// ---------------------------------------------------------------- rope

forge_rope_params_v1 rope_params(std::uint32_t mode, std::uint32_t n_heads, std::uint32_t head_dim,
                                 std::uint32_t n_rot) {
  forge_rope_params_v1 p = {};
  p.struct_size = sizeof(p);
  p.mode = mode;
  p.n_heads = n_heads;
  p.head_dim = head_dim;
  p.n_rot = n_rot;
  p.base = 10000;
  p.freq_scale = 1;
  p.attn_factor = 1;
  p.beta_fast = 32;
  p.beta_slow = 1;
  return p;
}

// Angles come rounded to f32 from double precision on every pack (forge/sdk/rope.hpp): two products
// and a sum, of elements of one head.
Status rope_case(const forge_rope_params_v1& p, bool factors, const std::string& what,
                 std::uint64_t seed, const Sink& sink) {
  static constexpr const char* kModes[] = {"norm", "neox", "mrope", "imrope"};
  Random random(seed, {p.mode, p.n_heads, p.head_dim, p.n_rot});
  CaseBuilder b(
      FORGE_OP_ROPE, "f32",
      fmt::format("{} {} x {}, {} turn{}", kModes[p.mode], p.n_heads, p.head_dim, p.n_rot, what));
  const std::uint32_t width = p.n_heads * p.head_dim;
  const std::uint32_t x = b.input(width);
  const std::uint32_t y = b.output(width);
  std::uint32_t factor = FORGE_NONE;
  if (factors) {
    FORGE_ASSIGN(WeightPtr weight,
                 Weight::make(random, "factors", FORGE_TYPE_F32, {p.n_rot / 2}, 0.3f, 4));
    factor = b.weight(weight);
  }
  b.node(FORGE_OP_ROPE, {x}, {y}, {factor}, p);
  if (p.mode >= FORGE_ROPE_MROPE) b.get().pos_dims = 4;
  b.get().place = [](RowId row, std::span<std::int32_t> out) {
    Random positions(11, {row.sequence, row.position});
    for (std::int32_t& component : out)
      component = static_cast<std::int32_t>(positions.below(row.position % 2 == 0 ? 100 : 120000));
  };
  const double magnitude =
      p.attn_factor * (p.ext_factor == 0 ? 1 : 1 + 0.1 * std::log(1.0 / p.freq_scale));
  b.get().tolerate = [p, magnitude](const RowView& row, std::uint32_t, std::span<const float>,
                                    std::span<double> tolerance) {
    const std::span<const float> x_row = row.inputs[0];
    for (std::size_t head = 0; head < p.n_heads; ++head) {
      for (std::size_t i = 0; i < p.head_dim; ++i) {
        const bool turns = i < p.n_rot;
        std::size_t other = i;
        if (turns && p.mode == FORGE_ROPE_NORM) other = i ^ 1;
        if (turns && p.mode != FORGE_ROPE_NORM)
          other = i < p.n_rot / 2 ? i + p.n_rot / 2 : i - p.n_rot / 2;
        const double size = std::abs(double{x_row[head * p.head_dim + i]}) +
                            std::abs(double{x_row[head * p.head_dim + other]});
        tolerance[head * p.head_dim + i] = turns ? 4 * kEps * size * magnitude + 1e-37 : 0;
      }
    }
  };
  return finish(b, 9, seed, sink);
}

Status ropes(std::uint64_t seed, const Sink& sink) {
  for (const std::uint32_t mode : {FORGE_ROPE_NORM, FORGE_ROPE_NEOX}) {
    for (const auto& [heads, dim, rot] : {std::tuple{1u, 2u, 2u},
                                          {3u, 6u, 4u},
                                          {2u, 64u, 64u},
                                          {5u, 33u, 32u},
                                          {1u, 128u, 126u},
                                          {4u, 80u, 34u}}) {
      FORGE_TRY(rope_case(rope_params(mode, heads, dim, rot), false, "", seed, sink));
    }
    FORGE_TRY(rope_case(rope_params(mode, 3, 64, 64), true, ", factors", seed, sink));
    forge_rope_params_v1 linear = rope_params(mode, 2, 48, 48);
    linear.freq_scale = 0.25f;
    linear.base = 500000;
    FORGE_TRY(rope_case(linear, false, ", scaled by 4", seed, sink));
    forge_rope_params_v1 yarn = rope_params(mode, 2, 64, 64);
    yarn.freq_scale = 0.25f;
    yarn.ext_factor = 1;
    yarn.n_ctx_orig = 4096;
    FORGE_TRY(rope_case(yarn, false, ", YaRN", seed, sink));
  }
  for (const std::uint32_t mode : {FORGE_ROPE_MROPE, FORGE_ROPE_IMROPE}) {
    forge_rope_params_v1 p = rope_params(mode, 2, 64, 64);
    const std::uint32_t sections[] = {10, 11, 11, 0};
    std::copy(std::begin(sections), std::end(sections), p.sections);
    FORGE_TRY(rope_case(p, false, "", seed, sink));
    const std::uint32_t four[] = {4, 3, 2, 1};
    p = rope_params(mode, 3, 24, 20);
    std::copy(std::begin(four), std::end(four), p.sections);
    FORGE_TRY(rope_case(p, false, ", four sections", seed, sink));
  }
  return {};
}

// ---------------------------------------------------------------- elementwise

Status gated(std::uint64_t seed, const Sink& sink) {
  for (std::uint32_t activation = FORGE_ACT_SILU; activation <= FORGE_ACT_RELU; ++activation) {
    for (std::size_t i = 0; i < std::size(kWidths); ++i) {
      CaseBuilder b(
          FORGE_OP_GATED, "f32",
          fmt::format("{} {}, {} rows", activation_name(activation), kWidths[i], kRows[i]));
      const std::uint32_t gate = b.input(kWidths[i]);
      const std::uint32_t up = b.input(kWidths[i]);
      const forge_activation_params_v1 params = {sizeof(params), activation};
      b.node(FORGE_OP_GATED, {gate, up}, {b.output(kWidths[i])}, {}, params);
      b.get().tolerate = [activation](const RowView& row, std::uint32_t,
                                      std::span<const float> expected,
                                      std::span<double> tolerance) {
        for (std::size_t e = 0; e < tolerance.size(); ++e)
          tolerance[e] = activated(activation, {row.inputs[0][e], 0}).error *
                             std::abs(double{row.inputs[1][e]}) +
                         2 * kEps * std::abs(double{expected[e]});
      };
      FORGE_TRY(finish(b, kRows[i], seed, sink));
    }
  }
  return {};
}

Status unary(std::uint64_t seed, const Sink& sink) {
  struct Kind {
    forge_unary_params_v1 params;
    std::string name;
  };
  std::vector<Kind> kinds;
  const auto add = [&](std::uint32_t kind, float argument, std::uint32_t activation,
                       std::string name) {
    kinds.push_back({{sizeof(forge_unary_params_v1), kind, argument, activation}, std::move(name)});
  };
  add(FORGE_UNARY_SCALE, 0.37f, 0, "scale");
  add(FORGE_UNARY_SOFT_CAP, 30, 0, "soft_cap 30");
  add(FORGE_UNARY_SOFT_CAP, 0.5f, 0, "soft_cap 0.5");
  for (std::uint32_t a = FORGE_ACT_SILU; a <= FORGE_ACT_RELU; ++a)
    add(FORGE_UNARY_ACT, 0, a, activation_name(a));
  for (const Kind& kind : kinds) {
    for (const std::size_t i : {std::size_t{0}, std::size_t{6}, std::size_t{7}}) {
      CaseBuilder b(FORGE_OP_UNARY, "f32",
                    fmt::format("{} {}, {} rows", kind.name, kWidths[i], kRows[i]));
      const std::uint32_t x = b.input(kWidths[i]);
      b.node(FORGE_OP_UNARY, {x}, {b.output(kWidths[i])}, {}, kind.params);
      b.get().tolerate = [p = kind.params](const RowView& row, std::uint32_t,
                                           std::span<const float> expected,
                                           std::span<double> tolerance) {
        for (std::size_t e = 0; e < tolerance.size(); ++e) {
          tolerance[e] = 2 * kEps * std::abs(double{expected[e]});
          // tanh has an absolute error, the cap multiplies it.
          if (p.kind == FORGE_UNARY_SOFT_CAP) tolerance[e] += kFunctionEps * p.argument;
          if (p.kind == FORGE_UNARY_ACT)
            tolerance[e] += activated(p.activation, {row.inputs[0][e], 0}).error;
        }
      };
      FORGE_TRY(finish(b, kRows[i], seed, sink));
    }
  }
  return {};
}

Status binary(std::uint64_t seed, const Sink& sink) {
  for (const std::uint32_t kind : {FORGE_BINARY_ADD, FORGE_BINARY_MUL}) {
    for (std::size_t i = 0; i < std::size(kWidths); ++i) {
      CaseBuilder b(FORGE_OP_BINARY, "f32",
                    fmt::format("{} {}, {} rows", kind == FORGE_BINARY_ADD ? "add" : "multiply",
                                kWidths[i], kRows[i]));
      const std::uint32_t x = b.input(kWidths[i]);
      const std::uint32_t z = b.input(kWidths[i]);
      const forge_binary_params_v1 params = {sizeof(params), kind};
      b.node(FORGE_OP_BINARY, {x, z}, {b.output(kWidths[i])}, {}, params);
      FORGE_TRY(finish(b, kRows[i], seed, sink));  // one rounding: equal bits
    }
  }
  return {};
}

Status select_rows(std::uint64_t seed, const Sink& sink) {
  for (std::size_t i = 0; i < std::size(kWidths); ++i) {
    CaseBuilder b(FORGE_OP_SELECT_ROWS, "f32", fmt::format("{}, {} rows", kWidths[i], kRows[i]));
    const std::uint32_t x = b.input(kWidths[i]);
    b.node(FORGE_OP_SELECT_ROWS, {x}, {b.output(kWidths[i], FORGE_ROWS_OUTPUTS)});
    FORGE_TRY(finish(b, kRows[i], seed, sink));
  }
  return {};
}

}  // namespace

void add_row_groups(std::vector<Group>& groups) {
  for (const forge_codec_v1* codec : all_codecs()) {
    groups.push_back(
        {FORGE_OP_EMBED, lower_name(*codec),
         [codec](std::uint64_t seed, const Sink& s) { return embed(*codec, seed, s); }});
  }
  for (const forge_codec_v1* codec : all_codecs()) {
    if (codec->block_elements != 1) continue;  // files keep vectors in float types
    groups.push_back(
        {FORGE_OP_NORM, lower_name(*codec),
         [codec](std::uint64_t seed, const Sink& s) { return norms(*codec, seed, s); }});
  }
  groups.push_back({FORGE_OP_ROPE, "f32", ropes});
  groups.push_back({FORGE_OP_GATED, "f32", gated});
  groups.push_back({FORGE_OP_UNARY, "f32", unary});
  groups.push_back({FORGE_OP_BINARY, "f32", binary});
  groups.push_back({FORGE_OP_SELECT_ROWS, "f32", select_rows});
}

}  // namespace forge::conformance
