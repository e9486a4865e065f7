#include "plugins/cpu/runtime/row_ops.hpp"

#include <cstring>
#include <functional>

namespace forge::cpu {
namespace {

// A row op from a function.
template <class Body>
class RowOpOf final : public RowOp {
 public:
  explicit RowOpOf(Body body) : body_(std::move(body)) {}
  void run(const Execution& x, std::uint32_t begin, std::uint32_t end) const override {
    for (std::uint32_t row = begin; row < end; ++row) body_(x, row);
  }

 private:
  Body body_;
};

template <class Body>
std::unique_ptr<RowOp> row_op(Body body) {
  return std::make_unique<RowOpOf<Body>>(std::move(body));
}

// Head after head, as a head's rows write to the same cache lines.
class KvWrite final : public RowOp {
 public:
  KvWrite(const sdk::NodeView& node, const KvLayout& layout)
      : layout_(layout), state_(node.state_id()), k_(node.input_id(1)), v_(node.input_id(2)) {}

  void run(const Execution& x, std::uint32_t begin, std::uint32_t end) const override {
    KvWriteArgs args = {};
    args.layout = layout_;
    args.k_stride = x.values[k_].stride;
    args.v_stride = x.values[v_].stride;
    for (std::uint32_t row = begin; row < end; row += args.n_rows) {
      const RowInfo& info = x.rows[row];
      args.block =
          x.state->blocks(state_) +
          info.sequence->blocks[info.position / FORGE_KV_BLOCK_TOKENS] * layout_.block_bytes();
      args.entry = info.position % FORGE_KV_BLOCK_TOKENS;
      args.n_rows = rows_of_block(x, row, end);
      args.k = x.values[k_].row(row);
      args.v = x.values[v_].row(row);
      for (args.head = 0; args.head < layout_.n_kv_heads; ++args.head) x.kernels->kv_write(args);
    }
  }

 private:
  // How many from `row` on are of its sequence and in its block: rows of a sequence rise by one.
  static std::uint32_t rows_of_block(const Execution& x, std::uint32_t row, std::uint32_t end) {
    const RowInfo& first = x.rows[row];
    const std::uint32_t left = FORGE_KV_BLOCK_TOKENS - first.position % FORGE_KV_BLOCK_TOKENS;
    std::uint32_t n = 1;
    while (n < left && row + n < end && x.rows[row + n].sequence == first.sequence) ++n;
    return n;
  }

  KvLayout layout_;
  std::uint32_t state_, k_, v_;
};

const float* data_or_null(const std::vector<float>& v) { return v.empty() ? nullptr : v.data(); }

}  // namespace

std::unique_ptr<RowOp> make_embed(const sdk::NodeView& node, const forge_codec_v1& codec) {
  const forge_tensor_v1& table = *node.weight(0);
  const std::uint64_t n = table.shape[0];
  const std::uint64_t row_bytes = n / codec.block_elements * codec.block_bytes;
  const float scale = node.params<forge_embed_params_v1>().scale;
  return row_op([&codec, &table, n, row_bytes, scale, y = node.output_id(0)](const Execution& x,
                                                                             std::uint32_t row) {
    const auto token = static_cast<std::uint64_t>(x.batch->tokens[row]);
    float* out = x.values[y].row(row);
    codec.dequantize(static_cast<const std::uint8_t*>(table.data) + token * row_bytes, out, n);
    if (scale != 1.0f) x.kernels->scale(scale, out, out, n);
  });
}

std::unique_ptr<RowOp> make_norm(const sdk::NodeView& node, std::vector<float> weight,
                                 std::vector<float> bias) {
  const auto& p = node.params<forge_norm_params_v1>();
  NormArgs args = {};
  args.width = node.input(0).width;
  args.group = p.group;
  args.kind = p.kind;
  args.eps = p.eps;
  args.weight_width = static_cast<std::uint32_t>(weight.empty() ? bias.size() : weight.size());
  return row_op([args, weight = std::move(weight), bias = std::move(bias), in = node.input_id(0),
                 out = node.output_id(0)](const Execution& x, std::uint32_t row) {
    NormArgs a = args;
    a.x = x.values[in].row(row);
    a.y = x.values[out].row(row);
    a.weight = data_or_null(weight);
    a.bias = data_or_null(bias);
    x.kernels->norm_row(a);
  });
}

std::unique_ptr<RowOp> make_rope(const sdk::NodeView& node, std::size_t table) {
  const auto& p = node.params<forge_rope_params_v1>();
  RopeArgs args = {};
  args.n_heads = p.n_heads;
  args.head_dim = p.head_dim;
  args.n_rot = p.n_rot;
  args.interleaved = p.mode == FORGE_ROPE_NORM;
  return row_op([args, table, in = node.input_id(0), out = node.output_id(0)](const Execution& x,
                                                                              std::uint32_t row) {
    RopeArgs a = args;
    a.x = x.values[in].row(row);
    a.y = x.values[out].row(row);
    a.cos = x.rope_tables[table] + std::size_t{row} * args.n_rot;
    a.sin = a.cos + args.n_rot / 2;
    x.kernels->rope_row(a);
  });
}

std::unique_ptr<RowOp> make_gated(const sdk::NodeView& node) {
  const std::uint32_t activation = node.params<forge_activation_params_v1>().activation;
  return row_op([activation, n = node.output(0).width, gate = node.input_id(0),
                 up = node.input_id(1),
                 out = node.output_id(0)](const Execution& x, std::uint32_t row) {
    x.kernels->gated(activation, x.values[gate].row(row), x.values[up].row(row),
                     x.values[out].row(row), n);
  });
}

std::unique_ptr<RowOp> make_unary(const sdk::NodeView& node) {
  const auto p = node.params<forge_unary_params_v1>();
  return row_op([p, n = node.output(0).width, in = node.input_id(0), out = node.output_id(0)](
                    const Execution& x, std::uint32_t row) {
    const float* from = x.values[in].row(row);
    float* to = x.values[out].row(row);
    switch (p.kind) {
      case FORGE_UNARY_SCALE:
        x.kernels->scale(p.argument, from, to, n);
        break;
      case FORGE_UNARY_SOFT_CAP:
        x.kernels->soft_cap(p.argument, from, to, n);
        break;
      default:
        x.kernels->activate(p.activation, from, to, n);
    }
  });
}

std::unique_ptr<RowOp> make_binary(const sdk::NodeView& node) {
  const bool add = node.params<forge_binary_params_v1>().kind == FORGE_BINARY_ADD;
  return row_op([add, n = node.output(0).width, a = node.input_id(0), b = node.input_id(1),
                 out = node.output_id(0)](const Execution& x, std::uint32_t row) {
    const auto run = add ? x.kernels->add : x.kernels->multiply;
    run(x.values[a].row(row), x.values[b].row(row), x.values[out].row(row), n);
  });
}

std::unique_ptr<RowOp> make_select_rows(const sdk::NodeView& node) {
  return row_op([n = node.output(0).width, in = node.input_id(0), out = node.output_id(0)](
                    const Execution& x, std::uint32_t row) {
    std::memcpy(x.values[out].row(row), x.values[in].row(x.batch->output_rows[row]),
                n * sizeof(float));
  });
}

std::unique_ptr<RowOp> make_kv_write(const sdk::NodeView& node, const KvLayout& layout) {
  return std::make_unique<KvWrite>(node, layout);
}

std::unique_ptr<RowOp> make_quantize(std::uint32_t value, std::uint32_t width,
                                     const QuantizedShape& shape) {
  return row_op([value, width, shape](const Execution& x, std::uint32_t row) {
    const float* const in = x.values[value].row(row);
    if (shape.bf16 != 0)
      x.kernels->bfloat16.round_row(in, width, x.quantized.bf16 + std::size_t{row} * shape.bf16);
    if (shape.k == 0) return;
    QuantizedRow out = {};
    out.q = x.quantized.q + std::size_t{row} * shape.pitch;
    out.scale = x.quantized.scale + std::size_t{row} * (shape.k / kActBlock);
    out.n_aux = shape.kinds.size();
    for (std::size_t i = 0; i < out.n_aux; ++i) {
      out.kinds[i] = shape.kinds[i];
      out.aux[i] = x.quantized.aux + std::size_t{row} * shape.aux_stride + shape.offsets[i];
    }
    x.kernels->quantize_row(in, shape.k, out);
  });
}

}  // namespace forge::cpu
