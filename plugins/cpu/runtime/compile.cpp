// Graph to steps.
#include <algorithm>
#include <cstring>

#include "forge/sdk/codec_lookup.hpp"
#include "plugins/cpu/runtime/attention_step.hpp"
#include "plugins/cpu/runtime/plan.hpp"
#include "plugins/cpu/runtime/row_ops.hpp"

namespace forge::cpu {

// Walks the nodes once. Row ops gather in a chain until something needs a barrier before it.
class PlanCompiler {
 public:
  PlanCompiler(CpuPlan& plan) : plan_(plan), graph_(plan.graph_) {}

  Status run() {
    for (std::uint32_t i = 0; i < graph_.n_nodes; ++i) FORGE_TRY(add(sdk::NodeView(graph_, i)));
    end_chain();
    return {};
  }

 private:
  Status add(const sdk::NodeView& node) {
    switch (node.op()) {
      case FORGE_OP_EMBED:
        return embed(node);
      case FORGE_OP_NORM:
        return norm(node);
      case FORGE_OP_LINEAR:
        return linear(node);
      case FORGE_OP_ROPE:
        return rope(node);
      case FORGE_OP_ATTENTION:
        return attention(node);
      case FORGE_OP_GATED:
        return chain(node, "gated", make_gated(node));
      case FORGE_OP_UNARY:
        return chain(node, "unary", make_unary(node));
      case FORGE_OP_BINARY:
        return chain(node, "binary", make_binary(node));
      case FORGE_OP_SELECT_ROWS:
        end_chain();  // it reads other rows than its own
        return chain(node, "select_rows", make_select_rows(node));
      default:
        return internal_error("a node was assigned to this pack that it has no kernel for");
    }
  }

  std::string kernel_name(std::string_view kind) const {
    return std::string(kind) + "_f32_" + plan_.kernels_.isa;
  }

  void push(std::unique_ptr<Step> step, std::uint32_t op, std::string name, std::string kernel) {
    step->op = op;
    step->name = std::move(name);
    step->kernel = std::move(kernel);
    plan_.steps_.push_back(std::move(step));
  }

  void end_chain() { chain_ = nullptr; }

  Status chain(const sdk::NodeView& node, std::string_view kind, std::unique_ptr<RowOp> row_op) {
    const std::uint32_t rows = node.output(0).rows;
    if (chain_ == nullptr || chain_->row_kind() != rows) {
      auto step = std::make_unique<RowChain>(rows);
      chain_ = step.get();
      push(std::move(step), node.op(), std::string(node.name()), kernel_name(kind));
    } else {
      chain_->name += "+" + std::string(node.name().substr(node.name().rfind('.') + 1));
      chain_->kernel += "+" + std::string(kind);
    }
    chain_->add(std::move(row_op));
    return {};
  }

  // A small weight as f32.
  static Result<std::vector<float>> vector_of(const forge_tensor_v1* weight) {
    std::vector<float> values;
    if (weight == nullptr) return values;
    const forge_codec_v1* codec = sdk::find_codec(weight->type);
    if (codec == nullptr) return internal_error("a weight's codec is gone");
    values.resize(weight->shape[0]);
    codec->dequantize(weight->data, values.data(), values.size());
    return values;
  }

  Status embed(const sdk::NodeView& node) {
    const forge_codec_v1* codec = sdk::find_codec(node.weight(0)->type);
    if (codec == nullptr) return internal_error("the embedding's codec is gone");
    return chain(node, "embed", make_embed(node, *codec));
  }

  Status norm(const sdk::NodeView& node) {
    FORGE_ASSIGN(std::vector<float> weight, vector_of(node.weight(0)));
    FORGE_ASSIGN(std::vector<float> bias, vector_of(node.weight(1)));
    return chain(node, "norm", make_norm(node, std::move(weight), std::move(bias)));
  }

  Status rope(const sdk::NodeView& node) {
    FORGE_ASSIGN(const std::size_t table, rope_table(node));
    return chain(node, "rope", make_rope(node, table));
  }

  // Nodes that turn by the same angles share a table, whatever their number of heads. Tables are
  // filled in steps at the plan's start.
  Result<std::size_t> rope_table(const sdk::NodeView& node) {
    forge_rope_params_v1 params = node.params<forge_rope_params_v1>();
    params.n_heads = 0;
    const auto same = [&](const RopeKey& key) {
      // Bits that differ though the numbers are equal (0 and -0) only cost a table of their own.
      // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison)
      const bool same_params = std::memcmp(&key.params, &params, sizeof(params)) == 0;
      return key.weight == node.weight_id(0) && same_params;
    };
    const auto found = std::find_if(rope_keys_.begin(), rope_keys_.end(), same);
    if (found != rope_keys_.end()) return static_cast<std::size_t>(found - rope_keys_.begin());
    FORGE_ASSIGN(const std::vector<float> factors, vector_of(node.weight(0)));
    const std::size_t table = rope_keys_.size();
    rope_keys_.push_back({params, node.weight_id(0)});
    plan_.rope_pairs_.push_back(params.n_rot / 2);
    auto step = std::make_unique<RopeTableStep>(
        sdk::RopeAngles(params, factors.empty() ? nullptr : factors.data()), table);
    step->op = FORGE_OP_ROPE;
    step->name = "rope angles";
    step->kernel = "rope_angles_f64";
    plan_.steps_.insert(plan_.steps_.begin(), std::move(step));
    return table;
  }

  Status linear(const sdk::NodeView& node) {
    const QuantizedShape shape = quantized_shape(
        node, [&](std::uint32_t w) -> const MatmulKernel& { return plan_.weights_.kernel(w); });
    if (shape.k != 0 || shape.bf16 != 0) FORGE_TRY(chain_quantize(node, shape));
    end_chain();
    const bool gated = node.params<forge_linear_params_v1>().activation != FORGE_ACT_NONE;
    std::vector<PackedMatrix> matrices;
    std::string kernels;
    for (std::uint32_t i = 0; i < (gated ? 1 : node.n_outputs()); ++i) {
      FORGE_ASSIGN(PackedMatrix matrix, matrix_of(node, i, shape, gated));
      if (kernels.find(matrix.kernel->name) == std::string::npos)
        kernels += (kernels.empty() ? "" : ", ") + std::string(matrix.kernel->name);
      matrices.push_back(matrix);
    }
    push(std::make_unique<MatmulStep>(std::move(matrices), shape, node.output(0).rows), node.op(),
         std::string(node.name()), std::move(kernels));
    return {};
  }

  Status chain_quantize(const sdk::NodeView& node, const QuantizedShape& shape) {
    // Another chain's step may still be read by the matmul before it; its barrier has passed by
    // now.
    const std::uint32_t rows = node.input(0).rows;
    std::unique_ptr<RowOp> row_op = make_quantize(node.input_id(0), node.input(0).width, shape);
    if (chain_ == nullptr || chain_->row_kind() != rows) {
      auto step = std::make_unique<RowChain>(rows);
      chain_ = step.get();
      push(std::move(step), node.op(), std::string(node.name()) + " input",
           kernel_name("quantize"));
    } else {
      chain_->kernel += "+quantize";
    }
    chain_->add(std::move(row_op));
    return {};
  }

  Result<PackedMatrix> matrix_of(const sdk::NodeView& node, std::uint32_t i,
                                 const QuantizedShape& shape, bool gated) {
    PackedMatrix m;
    m.kernel = &plan_.weights_.kernel(node.weight_id(2 * i));
    m.n_in = node.input(0).width;
    m.n_out = node.output(i).width;
    m.input = node.input_id(0);
    m.output = node.output_id(i);
    FORGE_ASSIGN(m.weight, weight_of(node, 2 * i));
    if (gated) {
      m.activation = node.params<forge_linear_params_v1>().activation;
      FORGE_ASSIGN(m.up, weight_of(node, 2));
    }
    if (node.n_inputs() == 2) m.residual = node.input_id(1);
    for (std::size_t kind = 0; kind < shape.kinds.size(); ++kind) {
      if (shape.kinds[kind] == m.kernel->aux) m.aux_offset = shape.offsets[kind];
    }
    return m;
  }

  Result<MatmulWeight> weight_of(const sdk::NodeView& node, std::uint32_t w) {
    MatmulWeight weight;
    weight.tiles = plan_.weights_.tiles(node.weight_id(w));
    FORGE_ASSIGN(std::vector<float> bias, vector_of(node.weight(w + 1)));
    if (!bias.empty()) {
      plan_.vectors_.push_back(std::make_unique<std::vector<float>>(std::move(bias)));
      weight.bias = plan_.vectors_.back()->data();
    }
    return weight;
  }

  Status attention(const sdk::NodeView& node) {
    const KvLayout layout = CpuState::layout_of(node.state());
    FORGE_TRY(chain(node, "kv_write", make_kv_write(node, layout)));
    end_chain();
    FORGE_ASSIGN(std::vector<float> sinks, vector_of(node.weight(0)));
    std::string kernel = std::string("attention_") + kv_name(layout.k_type);
    if (layout.v_type != layout.k_type) kernel += std::string("_") + kv_name(layout.v_type);
    const auto& params = node.params<forge_attention_params_v1>();
    push(std::make_unique<AttentionStep>(params, layout, attention_work(params), node.state_id(),
                                         node.input_id(0), node.output_id(0), std::move(sinks)),
         node.op(), std::string(node.name()), kernel + "_" + plan_.kernels_.isa);
    return {};
  }

  static const char* kv_name(KvType type) {
    switch (type) {
      case KvType::kF16:
        return "f16";
      case KvType::kF32:
        return "f32";
      default:
        return "q8_0";
    }
  }

  // Nodes whose items are the same share them.
  std::size_t attention_work(const forge_attention_params_v1& p) {
    std::vector<AttentionWork>& works = plan_.execution_.attention_work;
    const auto found = std::find_if(works.begin(), works.end(), [&](const AttentionWork& work) {
      return work.fits(p.n_heads, p.n_kv_heads, p.window);
    });
    if (found != works.end()) return static_cast<std::size_t>(found - works.begin());
    works.emplace_back(p.n_heads, p.n_kv_heads, p.window);
    return works.size() - 1;
  }

  struct RopeKey {
    forge_rope_params_v1 params;
    std::uint32_t weight;
  };

  CpuPlan& plan_;
  const forge_graph_v1& graph_;
  RowChain* chain_ = nullptr;
  std::vector<RopeKey> rope_keys_;
};

Result<std::unique_ptr<sdk::PackPlan>> CpuPlan::compile(const KernelTable& kernels,
                                                        ThreadPool& pool, bool profile,
                                                        const forge_graph_v1& graph,
                                                        const forge_plan_options_v1& options,
                                                        const sdk::Progress& progress) {
  auto plan = std::unique_ptr<CpuPlan>(new CpuPlan(kernels, pool, profile, graph, options));
  FORGE_ASSIGN(plan->weights_, PackedWeights::pack(kernels, graph, pool, progress));
  FORGE_TRY(PlanCompiler(*plan).run());
  plan->phases_.resize(plan->steps_.size());
  plan->counters_.resize(plan->steps_.size());
  FORGE_TRY(plan->allocate(workspace_of(kernels, graph)));
  return std::unique_ptr<sdk::PackPlan>(std::move(plan));
}

}  // namespace forge::cpu
