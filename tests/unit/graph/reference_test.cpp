// The reference executor against the formulas of forge/abi/graph.h, written down once more in
// double and as plainly as possible. Each op is run through the suite's runner, which also brings
// batches, blocks and slots.
#include "core/graph/reference/pack.hpp"

#include <cmath>
#include <complex>
#include <numbers>

#include "core/codec/host_codecs.hpp"
#include "core/conformance/cases.hpp"
#include "core/conformance/runner.hpp"
#include "core/conformance/schedule.hpp"
#include "tests/catch.hpp"

namespace forge::conformance {
namespace {

using Row = std::vector<double>;

// All inputs of all rows, by input, sequence, position.
struct History {
  explicit History(const Case& c) : inputs(c.graph.inputs.size()) {
    for (std::uint32_t i = 0; i < inputs.size(); ++i) {
      for (std::uint32_t s = 0; s < c.lengths.size(); ++s) {
        auto& rows = inputs[i].emplace_back();
        for (std::uint32_t p = 0; p < c.lengths[s]; ++p) {
          std::vector<float> x(c.graph.values[c.graph.inputs[i]].width);
          c.fill(i, {s, p}, x);
          rows.emplace_back(x.begin(), x.end());
        }
      }
    }
  }
  const Row& at(std::uint32_t input, RowId id) const {
    return inputs[input][id.sequence][id.position];
  }
  std::vector<std::vector<std::vector<Row>>> inputs;
};

using Formula = std::function<Row(const Case&, const History&, RowId)>;

// Runs every case of the op's groups with this type and compares output 0 (or the last one) with
// the formula: the reference rounds to f32 once, or a few times where it says so.
void check_formula(std::uint32_t op, const std::string& type, const Formula& formula,
                   double tolerance = 1e-6) {
  static_cast<void>(process_codecs());
  const auto device = graph::open_reference_device();
  REQUIRE(device.ok());
  std::vector<Group> groups;
  add_row_groups(groups);
  add_linear_groups(groups);
  add_sequence_groups(groups);
  add_moe_groups(groups);
  int compared = 0;
  for (const Group& group : groups) {
    if (group.op != op || group.type != type) continue;
    const Status made = group.make(3, [&](const Case& c) -> Status {
      const History history(c);
      const auto outputs = run(**device, c, mixed(c, 5));
      INFO(c.shape << ": " << outputs.status().message());
      REQUIRE(outputs.ok());
      const std::size_t which = c.graph.outputs.size() - 1;
      for (std::uint32_t s = 0; s < c.lengths.size(); ++s) {
        for (std::uint32_t p = 0; p < c.lengths[s]; ++p) {
          if (!outputs->has(which, {s, p})) continue;
          const Row expected = formula(c, history, {s, p});
          const std::span<const float> got = outputs->row(which, {s, p});
          if (expected.empty()) continue;
          REQUIRE(expected.size() == got.size());
          double magnitude = 0;
          for (const double e : expected)
            magnitude = std::isinf(e) ? magnitude : std::max(magnitude, std::abs(e));
          for (std::size_t i = 0; i < got.size(); ++i) {
            INFO("row " << p << " of sequence " << s << ", element " << i);
            INFO(got[i] << " where " << expected[i] << " is right");
            const double error = std::abs(got[i] - expected[i]);
            const bool right =
                got[i] == expected[i] ||
                (std::isfinite(expected[i]) &&
                 error <= tolerance * (std::abs(expected[i]) + 0.01 * magnitude) + 1e-30);
            if (!right) REQUIRE(right);
            ++compared;
          }
        }
      }
      return {};
    });
    REQUIRE(made.ok());
  }
  CHECK(compared > 100);
}

const graph::Node& node_of(const Case& c) { return c.graph.nodes[0]; }

template <class Params>
const Params& params_of(const Case& c) {
  return node_of(c).params.as<Params>();
}

// Element (row, column) of the node's weight number w; 0 where it is absent.
double weight_at(const Case& c, std::size_t w, std::uint64_t row, std::uint64_t column) {
  const std::uint32_t index = node_of(c).weights[w];
  return index == FORGE_NONE ? 0.0 : double{c.weights[index]->row(row)[column]};
}
bool has_weight(const Case& c, std::size_t w) { return node_of(c).weights[w] != FORGE_NONE; }
std::uint32_t width_of(const Case& c, std::uint32_t value) { return c.graph.values[value].width; }

double act(std::uint32_t kind, double x) {
  switch (kind) {
    case FORGE_ACT_SILU:
      return x / (1 + std::exp(-x));
    case FORGE_ACT_GELU_TANH:
      return 0.5 * x *
             (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
    case FORGE_ACT_GELU_ERF:
      return 0.5 * x * std::erfc(-x / std::numbers::sqrt2);
    case FORGE_ACT_SIGMOID:
      return 0.5 * (1 + std::tanh(x / 2));
    case FORGE_ACT_RELU:
      return x > 0 ? x : 0;
    default:
      return x;
  }
}

TEST_CASE("reference: embed") {
  check_formula(FORGE_OP_EMBED, "q4_k", [](const Case& c, const History&, RowId id) {
    Row y;
    for (std::uint32_t i = 0; i < width_of(c, c.graph.outputs[0]); ++i)
      y.push_back(params_of<forge_embed_params_v1>(c).scale *
                  weight_at(c, 0, static_cast<std::uint64_t>(token_of(c, id)), i));
    return y;
  });
}

TEST_CASE("reference: the three norms") {
  check_formula(FORGE_OP_NORM, "f32", [](const Case& c, const History& h, RowId id) {
    const auto& p = params_of<forge_norm_params_v1>(c);
    const Row& x = h.at(0, id);
    Row y(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t start = i / p.group * p.group;
      double mean = 0, mean_square = 0;
      for (std::size_t j = start; j < start + p.group; ++j) {
        mean += x[j] / p.group;
        mean_square += x[j] * x[j] / p.group;
      }
      double variance = 0;
      for (std::size_t j = start; j < start + p.group; ++j)
        variance += (x[j] - mean) * (x[j] - mean) / p.group;
      if (p.kind == FORGE_NORM_RMS) y[i] = x[i] / std::sqrt(mean_square + p.eps);
      if (p.kind == FORGE_NORM_LAYER) y[i] = (x[i] - mean) / std::sqrt(variance + p.eps);
      if (p.kind == FORGE_NORM_L2)
        y[i] = x[i] / std::max(std::sqrt(mean_square * p.group), double{p.eps});
      const auto element = [&](std::size_t w) {
        const std::uint64_t n = c.graph.weights[node_of(c).weights[w]].shape[0];
        return weight_at(c, w, 0, n == p.group ? i - start : i);
      };
      if (has_weight(c, 0)) y[i] *= element(0);
      if (has_weight(c, 1)) y[i] += element(1);
    }
    return y;
  });
}

// The last output: with a group, the third matrix.
TEST_CASE("reference: linear, with biases, residuals, activations and groups") {
  for (const char* type : {"f32", "q6_k", "q4_0"}) {
    check_formula(
        FORGE_OP_LINEAR, type,
        [](const Case& c, const History& h, RowId id) {
          const std::uint32_t kind = params_of<forge_linear_params_v1>(c).activation;
          const Row& x = h.at(0, id);
          Row y(width_of(c, c.graph.outputs.back()));
          const auto product = [&](std::size_t w, std::size_t o) {
            double sum = has_weight(c, w + 1) ? weight_at(c, w + 1, 0, o) : 0;
            for (std::size_t i = 0; i < x.size(); ++i) sum += weight_at(c, w, o, i) * x[i];
            return sum;
          };
          for (std::size_t o = 0; o < y.size(); ++o) {
            const std::size_t last = node_of(c).weights.size() - 2;
            y[o] = kind == FORGE_ACT_NONE ? product(last, o)
                                          : act(kind, product(0, o)) * product(2, o);
            if (c.graph.inputs.size() == 2) y[o] += h.at(1, id)[o];
          }
          return y;
        },
        2e-6);
  }
}

// Each pair of elements is a complex number that is multiplied by m e^(i angle). Which elements
// pair up is the trap: NORM takes neighbours, the others the two halves.
TEST_CASE("reference: rope turns complex numbers, in both pairings") {
  check_formula(
      FORGE_OP_ROPE, "f32",
      [](const Case& c, const History& h, RowId id) {
        const auto& p = params_of<forge_rope_params_v1>(c);
        std::vector<std::int32_t> place(c.pos_dims);
        c.place(id, place);
        Row y = h.at(0, id);
        const Row x = y;
        for (std::uint32_t head = 0; head < p.n_heads; ++head) {
          for (std::uint32_t i = 0; i < p.n_rot / 2; ++i) {
            std::size_t re = std::size_t{head} * p.head_dim;
            std::size_t im = re;
            if (p.mode == FORGE_ROPE_NORM) {
              re += 2 * i;
              im += 2 * i + 1;
            } else {
              re += i;
              im += i + p.n_rot / 2;
            }
            std::uint32_t component = 0;
            const std::uint32_t* s = p.sections;
            const std::uint32_t total = s[0] + s[1] + s[2] + s[3];
            if (p.mode == FORGE_ROPE_MROPE) {  // sections one after the other
              const std::uint32_t at = i % total;
              component = at < s[0] ? 0 : at < s[0] + s[1] ? 1 : at < s[0] + s[1] + s[2] ? 2 : 3;
            } else if (p.mode == FORGE_ROPE_IMROPE) {  // taking turns while there are any left
              const std::uint32_t at = i % total;
              component = at % 3;
              if (at >= 3 * s[component]) component = 3;
            }
            const double factor = has_weight(c, 0) ? weight_at(c, 0, 0, i) : 1;
            const double own = std::pow(double{p.base}, -2.0 * i / p.n_rot) / factor;
            double frequency = own * p.freq_scale;
            double magnitude = p.attn_factor;
            if (p.ext_factor != 0) {
              // YaRN: a pair that makes many turns within the original context keeps its frequency,
              // one that makes few is interpolated, in between both in part.
              const auto pair_with = [&](double turns) {
                return p.n_rot / 2.0 *
                       (std::log(p.n_ctx_orig / (turns * 2 * std::numbers::pi)) / std::log(p.base));
              };
              const double low = std::max(0.0, std::floor(pair_with(p.beta_fast)));
              const double high = std::min(p.n_rot - 1.0, std::ceil(pair_with(p.beta_slow)));
              const double ramp = std::min(1.0, std::max(0.0, (i - low) / (high - low)));
              const double keep = (1 - ramp) * p.ext_factor;
              frequency = frequency * (1 - keep) + own * keep;
              magnitude *= 1 + 0.1 * std::log(1 / double{p.freq_scale});
            }
            const std::complex<double> turned = std::complex<double>(x[re], x[im]) *
                                                std::polar(magnitude, place[component] * frequency);
            y[re] = turned.real();
            y[im] = turned.imag();
          }
        }
        return y;
      },
      2e-5);  // of an element that may be all cancelled: relative to a hundredth of the largest
}

TEST_CASE("reference: gated, unary, binary, select_rows") {
  check_formula(FORGE_OP_GATED, "f32", [](const Case& c, const History& h, RowId id) {
    Row y = h.at(0, id);
    for (std::size_t i = 0; i < y.size(); ++i)
      y[i] = act(params_of<forge_activation_params_v1>(c).activation, y[i]) * h.at(1, id)[i];
    return y;
  });
  check_formula(FORGE_OP_UNARY, "f32", [](const Case& c, const History& h, RowId id) {
    const auto& p = params_of<forge_unary_params_v1>(c);
    Row y = h.at(0, id);
    for (double& e : y) {
      if (p.kind == FORGE_UNARY_SCALE) e *= p.argument;
      if (p.kind == FORGE_UNARY_SOFT_CAP) e = p.argument * std::tanh(e / p.argument);
      if (p.kind == FORGE_UNARY_ACT) e = act(p.activation, e);
    }
    return y;
  });
  check_formula(FORGE_OP_BINARY, "f32", [](const Case& c, const History& h, RowId id) {
    Row y = h.at(0, id);
    const bool add = params_of<forge_binary_params_v1>(c).kind == FORGE_BINARY_ADD;
    for (std::size_t i = 0; i < y.size(); ++i)
      y[i] = add ? y[i] + h.at(1, id)[i] : y[i] * h.at(1, id)[i];
    return y;
  });
  check_formula(FORGE_OP_SELECT_ROWS, "f32",
                [](const Case&, const History& h, RowId id) { return h.at(0, id); });
}

// What the KV state keeps of a row.
Row stored(const Case& c, const Row& row, bool is_k) {
  const forge_state_v1& state = c.graph.states[0];
  const forge_codec_v1* codec = process_codecs().view().find(is_k ? state.type_k : state.type_v);
  const std::vector<float> x(row.begin(), row.end());
  std::vector<float> back(x.size());
  std::vector<std::byte> bytes(x.size() / codec->block_elements * codec->block_bytes);
  REQUIRE(codec->quantize(x.data(), nullptr, 1, x.size(), bytes.data(), nullptr) == FORGE_OK);
  codec->dequantize(bytes.data(), back.data(), back.size());
  return {back.begin(), back.end()};
}

TEST_CASE("reference: attention over every kind of history") {
  for (const char* type : {"f32", "f16", "f16/q8_0"}) {
    check_formula(
        FORGE_OP_ATTENTION, type,
        [](const Case& c, const History& h, RowId id) -> Row {
          if (id.position > 80 && id.position % 97 != 0) return {};  // a sample of the long ones
          const auto& p = params_of<forge_attention_params_v1>(c);
          const Row& q = h.at(0, id);
          std::vector<Row> keys, values;
          for (std::uint32_t j = 0; j <= id.position; ++j) {
            if (p.window != 0 && j + p.window <= id.position) continue;
            keys.push_back(stored(c, h.at(1, {id.sequence, j}), true));
            values.push_back(stored(c, h.at(2, {id.sequence, j}), false));
          }
          Row y(std::size_t{p.n_heads} * p.head_dim_v, 0);
          for (std::uint32_t head = 0; head < p.n_heads; ++head) {
            const std::size_t kv = std::size_t{head} * p.n_kv_heads / p.n_heads;
            double sum = has_weight(c, 0) ? std::exp(weight_at(c, 0, 0, head)) : 0;
            Row weights;
            for (const Row& k : keys) {
              double s = 0;
              for (std::uint32_t d = 0; d < p.head_dim_k; ++d)
                s += q[std::size_t{head} * p.head_dim_k + d] * k[kv * p.head_dim_k + d];
              s *= p.scale;
              if (p.soft_cap != 0) s = p.soft_cap * std::tanh(s / p.soft_cap);
              weights.push_back(std::exp(s));  // no score is large enough to overflow
              sum += weights.back();
            }
            for (std::size_t j = 0; j < keys.size(); ++j) {
              for (std::uint32_t d = 0; d < p.head_dim_v; ++d)
                y[std::size_t{head} * p.head_dim_v + d] +=
                    weights[j] / sum * values[j][kv * p.head_dim_v + d];
            }
          }
          return y;
        },
        1e-5);
  }
}

TEST_CASE("reference: short convolution is a sum over the last rows") {
  check_formula(
      FORGE_OP_SHORT_CONV, "f32",
      [](const Case& c, const History& h, RowId id) {
        const auto& p = params_of<forge_conv_params_v1>(c);
        Row y(h.at(0, id).size());
        for (std::size_t e = 0; e < y.size(); ++e) {
          double sum = has_weight(c, 1) ? weight_at(c, 1, 0, e) : 0;
          for (std::uint32_t j = 0; j < p.kernel; ++j) {
            const std::int64_t t = std::int64_t{id.position} - p.kernel + 1 + j;
            if (t >= 0)
              sum +=
                  weight_at(c, 0, e, j) * h.at(0, {id.sequence, static_cast<std::uint32_t>(t)})[e];
          }
          y[e] = act(p.activation, sum);
        }
        return y;
      },
      1e-5);
}

// The recurrence from the first row on, S kept in double; the reference keeps it in f32, which up
// to 33 steps add to 33 roundings.
TEST_CASE("reference: the gated delta rule is its recurrence") {
  check_formula(
      FORGE_OP_DELTA_RULE, "f32",
      [](const Case& c, const History& h, RowId id) {
        const auto& p = params_of<forge_delta_params_v1>(c);
        const std::size_t dk = p.head_dim_k;
        const std::size_t dv = p.head_dim_v;
        Row y(p.n_heads * dv);
        for (std::uint32_t head = 0; head < p.n_heads; ++head) {
          const std::size_t kh = std::size_t{head} * p.n_key_heads / p.n_heads;
          std::vector<Row> state(dk, Row(dv, 0));
          for (std::uint32_t t = 0; t <= id.position; ++t) {
            const RowId at = {id.sequence, t};
            const double* k = h.at(1, at).data() + kh * dk;
            const double* v = h.at(2, at).data() + head * dv;
            const double decay = std::exp(h.at(3, at)[head]);
            for (Row& row : state) {
              for (double& s : row) s *= decay;
            }
            for (std::size_t e = 0; e < dv; ++e) {
              double recalled = 0;
              for (std::size_t d = 0; d < dk; ++d) recalled += state[d][e] * k[d];
              const double delta = h.at(4, at)[head] * (v[e] - recalled);
              for (std::size_t d = 0; d < dk; ++d) state[d][e] += k[d] * delta;
            }
          }
          const double* q = h.at(0, id).data() + kh * dk;
          for (std::size_t e = 0; e < dv; ++e) {
            for (std::size_t d = 0; d < dk; ++d) y[head * dv + e] += p.scale * state[d][e] * q[d];
          }
        }
        return y;
      },
      2e-5);
}

// Weights only (output 1); the numbers are compared where packs are.
TEST_CASE("reference: the router's weights") {
  check_formula(FORGE_OP_MOE_ROUTER, "f32", [](const Case& c, const History& h, RowId id) {
    const auto& p = params_of<forge_router_params_v1>(c);
    const Row& x = h.at(0, id);
    double total = 0;
    for (const double e : x) total += std::exp(e);
    std::vector<std::pair<double, std::size_t>> ranked;  // -rank, index: rising is what we want
    Row probability(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      probability[i] =
          p.gating == FORGE_GATING_SIGMOID ? 1 / (1 + std::exp(-x[i])) : std::exp(x[i]) / total;
      ranked.emplace_back(-(probability[i] + (has_weight(c, 0) ? weight_at(c, 0, 0, i) : 0)), i);
    }
    std::sort(ranked.begin(), ranked.end());
    Row y(width_of(c, c.graph.outputs[1]));
    double chosen = 0;
    double sum = 0;
    for (std::size_t u = 0; u < y.size(); ++u) chosen += std::exp(x[ranked[u].second]);
    for (std::size_t u = 0; u < y.size(); ++u) {
      const std::size_t i = ranked[u].second;
      y[u] = p.gating == FORGE_GATING_SOFTMAX_TOP ? std::exp(x[i]) / chosen : probability[i];
      sum += y[u];
    }
    for (double& e : y) e *= p.scale / (p.normalise != 0 ? sum : 1);
    return y;
  });
}

TEST_CASE("reference: experts are feed-forward networks, weighted") {
  check_formula(
      FORGE_OP_MOE_EXPERTS, "q8_0",
      [](const Case& c, const History& h, RowId id) {
        const Row& x = h.at(0, id);
        Row y(x.size(), 0);
        const std::uint64_t n_ff = c.graph.weights[node_of(c).weights[0]].shape[1];
        for (std::size_t u = 0; u < h.at(1, id).size(); ++u) {
          std::vector<float> ids(h.at(1, id).size());
          c.fill(1, id, ids);
          const auto e = static_cast<std::uint64_t>(std::bit_cast<std::int32_t>(ids[u]));
          Row hidden(n_ff);
          for (std::uint64_t f = 0; f < n_ff; ++f) {
            double gate = 0;
            double up = 0;
            for (std::size_t i = 0; i < x.size(); ++i) {
              gate += weight_at(c, 0, e * n_ff + f, i) * x[i];
              up += weight_at(c, 1, e * n_ff + f, i) * x[i];
            }
            hidden[f] = act(params_of<forge_activation_params_v1>(c).activation, gate) * up;
          }
          for (std::size_t o = 0; o < y.size(); ++o) {
            for (std::uint64_t f = 0; f < n_ff; ++f)
              y[o] += h.at(2, id)[u] * weight_at(c, 2, e * x.size() + o, f) * hidden[f];
          }
        }
        return y;
      },
      1e-5);
}

TEST_CASE("reference: the largest, in order") {
  check_formula(FORGE_OP_TOP_K, "f32", [](const Case& c, const History& h, RowId id) {
    Row y = h.at(0, id);
    std::erase_if(y, [](double v) { return std::isnan(v); });  // last, and no case has so few
    std::sort(y.begin(), y.end(), std::greater<>());
    y.resize(width_of(c, c.graph.outputs[1]));
    return y;
  });
}

}  // namespace
}  // namespace forge::conformance
