#include "plugins/hip/runtime/program.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "plugins/hip/runtime/experts.hpp"
#include "plugins/hip/runtime/matmul_step.hpp"
#include "plugins/hip/runtime/value_use.hpp"

namespace forge::hip {
namespace {

bool is_quantized(const forge_tensor_v1& weight) {
  return find_matrix_type(weight.type)->format != nullptr;
}

// Nodes between a projection and attention that a "heads" launch does.
struct HeadChain {
  std::vector<std::uint32_t> nodes;  // last first
  std::uint32_t source = FORGE_NONE;
  std::uint32_t norm = FORGE_NONE;  // weight
  float eps = 0;
  std::uint32_t rope_table = FORGE_NONE;
};

class Builder {
 public:
  // n_rows: most of a step.
  Builder(Program& program, const forge_graph_v1& graph, std::uint64_t n_rows, PromptType prompts)
      : program_(program),
        graph_(graph),
        n_rows_(n_rows),
        prompts_(prompts),
        use_(graph),
        done_(graph.n_nodes, false),
        shares_(graph.n_values, FORGE_NONE),
        with_step_(graph.n_values, false),
        selected_from_(graph.n_values, FORGE_NONE),
        chains_(graph.n_nodes) {
    for (std::uint32_t i = 0; i < graph.n_inputs; ++i) with_step_[graph.inputs[i]] = true;
  }

  void run() {
    for (std::uint32_t i = 0; i < graph_.n_nodes; ++i) {
      const sdk::NodeView node(graph_, i);
      if (node.op() == FORGE_OP_ATTENTION) find_chains(i);
      if (node.op() == FORGE_OP_EMBED) embed(node);
    }
    for (std::uint32_t i = 0; i < graph_.n_nodes; ++i) {
      if (!done_[i]) add(i);
    }
  }

  const std::vector<std::uint32_t>& shares() const { return shares_; }
  const std::vector<bool>& with_step() const { return with_step_; }

 private:
  struct Chains {
    HeadChain q, k;
  };

  void push(std::unique_ptr<Step> step, std::uint32_t op, std::uint32_t row_kind, std::string name,
            std::vector<std::uint32_t> touches) {
    step->op = op;
    step->row_kind = row_kind;
    step->name = std::move(name);
    std::erase(touches, FORGE_NONE);
    for (std::size_t i = 0; i < touches.size(); ++i) {
      if (selected_from_[touches[i]] != FORGE_NONE) touches.push_back(selected_from_[touches[i]]);
    }
    step->touches = std::move(touches);
    program_.steps.push_back(std::move(step));
  }

  void add(std::uint32_t index) {
    const sdk::NodeView node(graph_, index);
    switch (node.op()) {
      case FORGE_OP_NORM:
        return norm(index, node);
      case FORGE_OP_LINEAR:
        return linear(node);
      case FORGE_OP_ROPE:
        return rope(node);
      case FORGE_OP_ATTENTION:
        return attention(index, node);
      case FORGE_OP_EMBED:
        return;
      case FORGE_OP_MOE_ROUTER:
        return router(node);
      case FORGE_OP_MOE_EXPERTS:
        return experts(node);
      case FORGE_OP_TOP_K:
        return top_k(index, node);
      case FORGE_OP_DRAW:
        return draw(index, node);
      default:
        return element(node);
    }
  }

  // ---------------------------------------------------------------- embed, norm

  void embed(const sdk::NodeView& node) {
    program_.embeddings.push_back(
        {node.output_id(0), node.weight_id(0), node.params<forge_embed_params_v1>().scale});
    with_step_[node.output_id(0)] = true;
  }

  void norm(std::uint32_t index, const sdk::NodeView& node) {
    const std::uint32_t y = node.output_id(0);
    NormStep::To to;
    to.quantized = feeds_quantized_linear(index, node);
    const bool alone =
        to.quantized && use_.is_private(y) && !has_float_weights(sdk::NodeView(graph_, index + 1));
    if (!alone) to.y = y;
    if (to.quantized) to.rows = claim_rows(y, node.input(0).width);
    normed_ = {};
    if (alone && can_be_normed(node) && is_worth_normed(sdk::NodeView(graph_, index + 1))) {
      to.by_matmul = true;
      normed_ = {node.input_id(0), node.weight_id(0), node.params<forge_norm_params_v1>().eps};
      normed_value_ = y;
    }
    push(std::make_unique<NormStep>(node, to), node.op(), node.output(0).rows,
         std::string(node.name()), {node.input_id(0), to.y});
  }

  // "gemv_normed": RMS over whole rows, without bias.
  static bool can_be_normed(const sdk::NodeView& node) {
    return node.params<forge_norm_params_v1>().kind == FORGE_NORM_RMS &&
           node.input(0).width <= kMaxNormed && node.weight(1) == nullptr;
  }

  // Every workgroup of the product normalises the row again. With as many as a vocabulary has, one
  // launch costs less.
  static bool is_worth_normed(const sdk::NodeView& linear) {
    constexpr std::uint32_t kMostOutputs = 32768;
    std::uint32_t n = 0;
    for (std::uint32_t i = 0; i < linear.n_outputs(); ++i) n += linear.output(i).width;
    return n <= kMostOutputs;
  }

  // The next node is a LINEAR of this node's output that wants it quantized.
  bool feeds_quantized_linear(std::uint32_t index, const sdk::NodeView& node) const {
    const std::uint32_t width = node.input(0).width;
    if (node.params<forge_norm_params_v1>().group != width || width % kBlock != 0) return false;
    if (index + 1 >= graph_.n_nodes) return false;
    const sdk::NodeView next(graph_, index + 1);
    if (next.op() != FORGE_OP_LINEAR || next.input_id(0) != node.output_id(0)) return false;
    for (std::uint32_t w = 0; w < next.n_weights(); w += 2) {
      if (is_quantized(*next.weight(w))) return true;
    }
    return false;
  }

  static bool has_float_weights(const sdk::NodeView& linear) {
    for (std::uint32_t w = 0; w < linear.n_weights(); w += 2) {
      if (!is_quantized(*linear.weight(w))) return true;
    }
    return false;
  }

  // ---------------------------------------------------------------- linear

  void linear(const sdk::NodeView& node) {
    const std::uint32_t activation = node.params<forge_linear_params_v1>().activation;
    const bool gated = activation != FORGE_ACT_NONE;
    std::vector<std::uint32_t> types;  // in the order they occur
    for (std::uint32_t i = 0; i < node.n_outputs(); ++i) {
      const std::uint32_t type = node.weight(2 * i)->type;
      if (std::find(types.begin(), types.end(), type) == types.end()) types.push_back(type);
    }
    if (!gated && are_pair(node, types)) return matmul_of_pair(node, types);
    for (const std::uint32_t type : types) {
      std::vector<MatrixPart> parts;
      for (std::uint32_t i = 0; i < node.n_outputs(); ++i) {
        if (node.weight(2 * i)->type == type) parts.push_back(part_of(node, i, gated));
      }
      for (std::size_t first = 0; first < parts.size(); first += kMaxParts) {
        const std::size_t n = std::min<std::size_t>(kMaxParts, parts.size() - first);
        const auto begin = parts.begin() + static_cast<std::ptrdiff_t>(first);
        matmul(node, *find_matrix_type(type), nullptr, activation,
               {begin, begin + static_cast<std::ptrdiff_t>(n)});
      }
    }
  }

  // Whether one launch does the node's matrices of two types; puts the pair's first one in front.
  static bool are_pair(const sdk::NodeView& node, std::vector<std::uint32_t>& types) {
    if (types.size() != 2 || node.n_outputs() > kMaxParts) return false;
    if (!is_matrix_pair(types[0], types[1])) std::swap(types[0], types[1]);
    if (!is_matrix_pair(types[0], types[1])) return false;
    for (std::uint32_t i = 0; i + 1 < node.n_outputs(); ++i) {
      if (node.output(i).width % (kGemmTiles * kTileRows) != 0) return false;
    }
    return true;
  }

  void matmul_of_pair(const sdk::NodeView& node, const std::vector<std::uint32_t>& types) {
    std::vector<MatrixPart> parts;
    for (std::uint32_t i = 0; i < node.n_outputs(); ++i) {
      parts.push_back(part_of(node, i, false));
      parts.back().second = node.weight(2 * i)->type == types[1];
    }
    matmul(node, *find_matrix_type(types[0]), find_matrix_type(types[1]), FORGE_ACT_NONE,
           std::move(parts));
  }

  static MatrixPart part_of(const sdk::NodeView& node, std::uint32_t i, bool gated) {
    MatrixPart part;
    part.weight = node.weight_id(2 * i);
    part.bias = node.weight_id(2 * i + 1);
    if (gated) {
      part.up = node.weight_id(2);
      part.up_bias = node.weight_id(3);
    }
    part.y = node.output_id(i);
    if (node.n_inputs() == 2) part.residual = node.input_id(1);
    part.n_out = node.output(i).width;
    return part;
  }

  void matmul(const sdk::NodeView& node, const MatrixType& type, const MatrixType* second,
              std::uint32_t activation, std::vector<MatrixPart> parts) {
    MatmulStep::Input input;
    input.value = node.input_id(0);
    input.n_in = node.input(0).width;
    input.prompts = prompts_;
    std::vector<std::uint32_t> touches;
    if (type.format == nullptr) {
      touches.push_back(input.value);
    } else {
      input.rows = quantize(node);
      if (normed_.x != FORGE_NONE && normed_value_ == input.value) input.normed = normed_;
      touches.push_back(input.normed.x);
    }
    for (const MatrixPart& part : parts) {
      touches.push_back(part.y);
      touches.push_back(part.residual);
    }
    if (activation != FORGE_ACT_NONE && type.format != nullptr)
      program_.gate_bytes =
          std::max<std::uint64_t>(program_.gate_bytes, parts[0].n_out * sizeof(float));
    push(std::make_unique<MatmulStep>(type, second, input, activation, std::move(parts)), node.op(),
         node.output(0).rows, std::string(node.name()), std::move(touches));
  }

  // The node's input as quantized rows, made now unless they are there already.
  QuantizedRows quantize(const sdk::NodeView& node) {
    const std::uint32_t x = node.input_id(0);
    const std::uint32_t k = node.input(0).width;
    for (std::uint32_t slot = 0; slot < 2; ++slot) {
      if (quantized_[slot] != x) continue;
      last_slot_ = slot;  // what the reader leaves goes to the other set
      return {slot, k};
    }
    const QuantizedRows rows = claim_rows(x, k);
    const Step* maker = ask_maker(node, rows);
    auto step = std::make_unique<QuantizeStep>(x, rows, maker, selected_from_[x] != FORGE_NONE);
    step->kernel = "quantize";
    push(std::move(step), node.op(), node.input(0).rows, std::string(node.name()) + " input", {x});
    return rows;
  }

  // The set of quantized rows that was not the last; from now on they are `value`.
  QuantizedRows claim_rows(std::uint32_t value, std::uint32_t k) {
    last_slot_ ^= 1;
    quantized_[last_slot_] = value;
    program_.max_k = std::max(program_.max_k, k);
    return {last_slot_, k};
  }

  // The step before, if it makes the node's input, or what that is selected from, and can leave it
  // quantized.
  const Step* ask_maker(const sdk::NodeView& node, const QuantizedRows& rows) const {
    std::uint32_t value = node.input_id(0);
    auto step = program_.steps.rbegin();
    const bool selected = selected_from_[value] != FORGE_NONE;
    if (selected) {
      value = selected_from_[value];
      while (step != program_.steps.rend() && (*step)->op == FORGE_OP_SELECT_ROWS) ++step;
    }
    if (step == program_.steps.rend()) return nullptr;
    const bool y_wanted = selected || !use_.is_private(value) || has_float_weights(node);
    const auto ask = [&](auto* maker) -> const Step* {
      if (maker == nullptr || maker->output() != value || !maker->can_quantize()) return nullptr;
      maker->quantize_to(rows, y_wanted);
      return maker;
    };
    if (const Step* maker = ask(dynamic_cast<MatmulStep*>(step->get()))) return maker;
    return ask(dynamic_cast<AttentionStep*>(step->get()));
  }

  // ---------------------------------------------------------------- experts

  void router(const sdk::NodeView& node) {
    push(std::make_unique<RouterStep>(node), node.op(), node.output(0).rows,
         std::string(node.name()), {node.input_id(0), node.output_id(0), node.output_id(1)});
  }

  void experts(const sdk::NodeView& node) {
    auto step = std::make_unique<ExpertsStep>(node, quantize(node));
    program_.experts_bytes = std::max(program_.experts_bytes, step->workspace_bytes(n_rows_));
    push(std::move(step), node.op(), node.output(0).rows, std::string(node.name()),
         {node.input_id(1), node.input_id(2), node.output_id(0)});
  }

  // ---------------------------------------------------------------- heads, attention

  std::uint32_t rope_table(const sdk::NodeView& node) {
    RopeTable table = {node.params<forge_rope_params_v1>(), node.weight_id(0)};
    table.params.n_heads = 0;
    std::vector<RopeTable>& tables = program_.rope_tables;
    const auto found = std::find_if(tables.begin(), tables.end(), [&](const RopeTable& other) {
      // Bits that differ though the numbers are equal (0 and -0) only cost a table of their own.
      // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison)
      const bool same = std::memcmp(&other.params, &table.params, sizeof(table.params)) == 0;
      return same && other.factors == table.factors;
    });
    if (found != tables.end()) return static_cast<std::uint32_t>(found - tables.begin());
    tables.push_back(table);
    return static_cast<std::uint32_t>(tables.size() - 1);
  }

  // What makes `value`, as long as nobody else looks at what is between.
  HeadChain chain_of(std::uint32_t value, std::uint32_t n_heads, std::uint32_t head_dim) {
    HeadChain chain;
    chain.source = value;
    const auto producer = [&](std::uint32_t op) {
      const std::uint32_t p = use_.producer(chain.source);
      const bool fits =
          p != FORGE_NONE && graph_.nodes[p]->op == op && use_.is_private(chain.source);
      return fits ? p : FORGE_NONE;
    };
    if (const std::uint32_t p = producer(FORGE_OP_ROPE); p != FORGE_NONE) {
      const sdk::NodeView node(graph_, p);
      const auto& params = node.params<forge_rope_params_v1>();
      if (params.n_heads != n_heads || params.head_dim != head_dim) return chain;
      chain.rope_table = rope_table(node);
      chain.nodes.push_back(p);
      chain.source = node.input_id(0);
    }
    if (const std::uint32_t p = producer(FORGE_OP_NORM); p != FORGE_NONE) {
      const sdk::NodeView node(graph_, p);
      const auto& params = node.params<forge_norm_params_v1>();
      const bool fits = params.kind == FORGE_NORM_RMS && params.group == head_dim &&
                        node.weight(0) != nullptr && node.weight(0)->shape[0] == head_dim &&
                        node.weight(1) == nullptr;
      if (!fits) return chain;
      chain.norm = node.weight_id(0);
      chain.eps = params.eps;
      chain.nodes.push_back(p);
      chain.source = node.input_id(0);
    }
    return chain;
  }

  void find_chains(std::uint32_t index) {
    const sdk::NodeView node(graph_, index);
    const auto& p = node.params<forge_attention_params_v1>();
    Chains& chains = chains_[index];
    chains.q = chain_of(node.input_id(0), p.n_heads, p.head_dim_k);
    chains.k = chain_of(node.input_id(1), p.n_kv_heads, p.head_dim_k);
    for (const HeadChain* chain : {&chains.q, &chains.k}) {
      for (const std::uint32_t n : chain->nodes) done_[n] = true;
    }
  }

  // Makes `to` lie where `from` does, or else copies it there.
  void in_place(const sdk::NodeView& node, std::uint32_t from, std::uint32_t to) {
    const bool can =
        use_.is_private(from) && !use_.is_bound(to) && !with_step_[columns_of(graph_, from).root];
    if (can) {
      shares_[to] = from;
      return;
    }
    ElementArgs args = {};
    args.kind = FORGE_UNARY_SCALE;
    args.argument = 1;
    push(std::make_unique<ElementStep>("unary", from, FORGE_NONE, to, args, false), node.op(),
         graph_.values[to]->rows, std::string(node.name()) + " copy", {from, to});
  }

  void set_rope(HeadsSpec& spec, std::uint32_t table) const {
    spec.rope_table = table;
    if (table == FORGE_NONE) return;
    const forge_rope_params_v1& params = program_.rope_tables[table].params;
    spec.n_rot = params.n_rot;
    spec.interleaved = params.mode == FORGE_ROPE_NORM;
  }

  void heads(const sdk::NodeView& node, const HeadsSpec& spec, std::string name) {
    auto step = std::make_unique<HeadsStep>(spec);
    step->kernel = "heads";
    push(std::move(step), node.op(), FORGE_ROWS_TOKENS, std::move(name), {spec.q.value});
  }

  void rope(const sdk::NodeView& node) {
    const auto& p = node.params<forge_rope_params_v1>();
    in_place(node, node.input_id(0), node.output_id(0));
    HeadsSpec spec;
    spec.q.value = node.output_id(0);
    spec.n_heads = p.n_heads;
    spec.dk = p.head_dim;
    set_rope(spec, rope_table(node));
    heads(node, spec, std::string(node.name()));
  }

  void attention(std::uint32_t index, const sdk::NodeView& node) {
    const auto& p = node.params<forge_attention_params_v1>();
    const Chains& chains = chains_[index];
    HeadsSpec spec;
    spec.n_heads = p.n_heads;
    spec.dk = p.head_dim_k;
    if (!chains.q.nodes.empty()) {
      in_place(node, chains.q.source, node.input_id(0));
      spec.q = {node.input_id(0), chains.q.norm, chains.q.eps};
      if (chains.q.rope_table != chains.k.rope_table) {  // turned apart
        set_rope(spec, chains.q.rope_table);
        heads(node, spec, std::string(node.name()) + " q");
        spec.q = {};
      }
    }
    spec.k = {chains.k.source, chains.k.norm, chains.k.eps};
    spec.v = node.input_id(2);
    spec.n_kv_heads = p.n_kv_heads;
    spec.dv = p.head_dim_v;
    spec.state = node.state_id();
    set_rope(spec, chains.k.rope_table);

    const AttentionShape shape = {p.n_heads, p.n_kv_heads, p.head_dim_v, p.window};
    std::vector<AttentionShape>& shapes = program_.attention;
    auto found = std::find(shapes.begin(), shapes.end(), shape);
    if (found == shapes.end()) found = shapes.insert(found, shape);
    const auto number = static_cast<std::size_t>(found - shapes.begin());
    push(std::make_unique<AttentionStep>(node, spec, number), node.op(), FORGE_ROWS_TOKENS,
         std::string(node.name()), {node.input_id(0), spec.k.value, spec.v, node.output_id(0)});
  }

  // ---------------------------------------------------------------- element by element

  void element(const sdk::NodeView& node) {
    ElementArgs args = {};
    std::string kernel;
    bool by_index = false;
    if (node.op() == FORGE_OP_GATED) {
      kernel = "gated";
      args.activation = node.params<forge_activation_params_v1>().activation;
    } else if (node.op() == FORGE_OP_UNARY) {
      const auto& p = node.params<forge_unary_params_v1>();
      kernel = "unary";
      args.kind = p.kind;
      args.argument = p.argument;
      args.activation = p.activation;
    } else if (node.op() == FORGE_OP_BINARY) {
      kernel = "binary";
      args.kind = node.params<forge_binary_params_v1>().kind;
    } else {
      kernel = "select_rows";
      by_index = true;
    }
    const std::uint32_t b = node.n_inputs() > 1 ? node.input_id(1) : FORGE_NONE;
    const bool replaced = by_index && may_replace(node);
    push(std::make_unique<ElementStep>(std::move(kernel), node.input_id(0), b, node.output_id(0),
                                       args, by_index, replaced),
         node.op(), node.output(0).rows, std::string(node.name()),
         {node.input_id(0), b, node.output_id(0)});
  }

  // Whether a SELECT_ROWS is a Selection: nothing else knows where its result lies.
  bool may_replace(const sdk::NodeView& node) {
    const std::uint32_t y = node.output_id(0);
    if (use_.is_bound(y) || columns_of(graph_, y).root != y) return false;
    for (std::uint32_t v = 0; v < graph_.n_values; ++v) {
      if (graph_.values[v]->parent == y) return false;
    }
    selected_from_[y] = node.input_id(0);
    program_.selections.push_back({y, node.input_id(0)});
    return true;
  }

  void top_k(std::uint32_t index, const sdk::NodeView& node) {
    pick(index, node, std::make_unique<TopKStep>(node));
  }
  void draw(std::uint32_t index, const sdk::NodeView& node) {
    program_.draw_settings = node.input_id(3);
    pick(index, node, std::make_unique<DrawStep>(node));
  }

  // What is made of logits, and need not be where nobody asks for it.
  template <class PickStep>
  void pick(std::uint32_t index, const sdk::NodeView& node, std::unique_ptr<PickStep> step) {
    std::uint64_t& bytes = program_.list_bytes[node.output(0).rows];
    bytes = std::max(bytes, step->list_bytes());
    std::vector<std::uint32_t> touches;
    for (std::uint32_t i = 0; i < node.n_inputs(); ++i) touches.push_back(node.input_id(i));
    for (std::uint32_t o = 0; o < node.n_outputs(); ++o) touches.push_back(node.output_id(o));
    push(std::move(step), node.op(), node.output(0).rows, std::string(node.name()),
         std::move(touches));
    program_.steps.back()->serves = use_.serves(index);
  }

  Program& program_;
  const forge_graph_v1& graph_;
  const std::uint64_t n_rows_;
  const PromptType prompts_;
  const ValueUse use_;
  std::vector<bool> done_;  // nodes that another one's launch does
  std::vector<std::uint32_t> shares_;
  std::vector<bool> with_step_;
  std::vector<std::uint32_t> selected_from_;  // by value: of a Selection
  std::vector<Chains> chains_;
  std::uint32_t quantized_[2] = {FORGE_NONE, FORGE_NONE};  // values in the sets of quantized rows
  std::uint32_t last_slot_ = 0;
  NormedInput normed_;  // of the norm before, if a matmul may do it
  std::uint32_t normed_value_ = FORGE_NONE;
};

}  // namespace

Program Program::build(const forge_graph_v1& graph, const forge_plan_options_v1& options,
                       PromptType prompts) {
  Program program;
  const std::uint64_t rows = std::max(options.max_rows, options.max_outputs);
  Builder builder(program, graph, rows, prompts);
  builder.run();
  program.placement =
      place_values({graph, options, program.steps, builder.shares(), builder.with_step()});
  program.quantized_bytes = rows * program.max_k;
  if (prompts == PromptType::kFp8) {
    program.fp8_bytes = program.quantized_bytes;
    program.fp8_unit_bytes = rows * sizeof(float);
  }
  program.gate_bytes *= rows;
  program.meta_bytes = rows * (program.max_k / kBlock) * sizeof(BlockMeta);
  program.partial_bytes = std::max(options.max_rows * program.list_bytes[FORGE_ROWS_TOKENS],
                                   options.max_outputs * program.list_bytes[FORGE_ROWS_OUTPUTS]);
  for (const AttentionShape& shape : program.attention)
    program.partial_bytes =
        std::max(program.partial_bytes, kPartialSegments * shape.partial_floats() * sizeof(float));
  return program;
}

}  // namespace forge::hip
