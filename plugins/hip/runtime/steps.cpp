#include "plugins/hip/runtime/steps.hpp"

#include <algorithm>

namespace forge::hip {

// ---------------------------------------------------------------- norm, quantize

Status QuantizeStep::prepare(KernelSet& kernels) {
  FORGE_ASSIGN(function_, kernels.find("quantize"));
  return {};
}

Status QuantizeStep::launch(const Execution& x) const {
  const QuantizeArgs args = {x.values[x_], to_.of(x)};
  return x.launch(function_, kernel, {ceil_div(to_.k, kQuantizeElements), x.n_rows[row_kind]},
                  args);
}

NormStep::NormStep(const sdk::NodeView& node, const To& to)
    : params_(node.params<forge_norm_params_v1>()),
      x_(node.input_id(0)),
      weight_(node.weight_id(0)),
      bias_(node.weight_id(1)),
      width_(node.input(0).width),
      weight_stride_(0),
      to_(to) {
  const forge_tensor_v1* vector = node.weight(0) != nullptr ? node.weight(0) : node.weight(1);
  if (vector != nullptr && vector->shape[0] == width_) weight_stride_ = params_.group;
  kernel = to.quantized ? "norm_quantize" : "norm";
}

Status NormStep::prepare(KernelSet& kernels) {
  FORGE_ASSIGN(function_, kernels.find(kernel));
  return {};
}

Status NormStep::launch(const Execution& x) const {
  NormArgs args = {};
  args.x = x.values[x_];
  args.y = rows_or_none(x, to_.y);
  args.weight = x.weights->vector(weight_);
  args.bias = x.weights->vector(bias_);
  args.weight_stride = weight_stride_;
  args.kind = params_.kind;
  args.group = params_.group;
  args.eps = params_.eps;
  if (to_.quantized) args.to = to_.rows.of(x);
  return x.launch(function_, kernel, {x.n_rows[row_kind], width_ / params_.group}, args);
}

// ---------------------------------------------------------------- heads, attention

HeadsArgs heads_args(const Execution& x, const HeadsSpec& spec) {
  HeadsArgs args = {};
  args.q = rows_or_none(x, spec.q.value);
  args.k = rows_or_none(x, spec.k.value);
  args.v = rows_or_none(x, spec.v);
  args.q_norm = x.weights->vector(spec.q.norm);
  args.k_norm = x.weights->vector(spec.k.norm);
  args.q_eps = spec.q.eps;
  args.k_eps = spec.k.eps;
  args.n_heads = spec.n_heads;
  args.n_kv_heads = spec.n_kv_heads;
  args.dk = spec.dk;
  args.dv = spec.dv;
  if (spec.rope_table != FORGE_NONE) args.rope = x.rope_tables[spec.rope_table];
  args.n_rot = spec.n_rot;
  args.interleaved = spec.interleaved ? 1 : 0;
  args.table_pairs = spec.n_rot / 2;
  if (spec.state != FORGE_NONE) args.cache = x.state->cache(spec.state);
  args.rows = x.rows;
  args.tables = x.tables;
  return args;
}

namespace {

Grid heads_grid(const Execution& x, const HeadsSpec& spec) {
  constexpr std::uint32_t kHeads = kThreads / 32;  // of a workgroup
  return {x.n_rows[FORGE_ROWS_TOKENS], ceil_div(spec.n_heads + 2 * spec.n_kv_heads, kHeads)};
}

}  // namespace

Status HeadsStep::prepare(KernelSet& kernels) {
  FORGE_ASSIGN(function_, kernels.find("heads"));
  return {};
}

Status HeadsStep::launch(const Execution& x) const {
  return x.launch(function_, kernel, heads_grid(x, spec_), heads_args(x, spec_));
}

AttentionStep::AttentionStep(const sdk::NodeView& node, const HeadsSpec& heads, std::size_t shape)
    : params_(node.params<forge_attention_params_v1>()),
      heads_spec_(heads),
      q_(node.input_id(0)),
      y_(node.output_id(0)),
      sinks_(node.weight_id(0)),
      state_(node.state_id()),
      shape_(shape) {
  const KvCache layout = kv_layout(node.state());
  any_type_ = layout.k_type != KvType::kF16 || layout.v_type != KvType::kF16;
  const std::string dv = std::to_string(params_.head_dim_v);
  tile_kernel_ = (any_type_ ? "attention_any_" : "attention_") + dv;
  if (!any_type_) row_kernel_ = "attention_row_" + dv;
  if (layout.k_type == KvType::kQ8 && layout.v_type == KvType::kQ8) {
    row_kernel_ = "attention_row_q8_" + dv;
    attention_row_kind_ = AttentionKind::kRowQ8;
  }
  kernel = tile_kernel_ + (row_kernel_.empty() ? "" : "|row");
}

Status AttentionStep::prepare(KernelSet& kernels) {
  FORGE_ASSIGN(heads_, kernels.find("heads"));
  FORGE_ASSIGN(function_, kernels.find(tile_kernel_));
  if (!row_kernel_.empty()) {
    FORGE_ASSIGN(row_function_, kernels.find(row_kernel_));
  }
  FORGE_ASSIGN(merge_, kernels.find("attention_merge"));
  return {};
}

std::uint32_t AttentionStep::n_launches(const Execution& x) const {
  const AttentionCut& cut = *x.attention[shape_].cut;
  return 1 + (is_fused(cut) ? 0 : 1) + (cut.n_splits > 1 ? 1 : 0);
}

void AttentionStep::quantize_to(const QuantizedRows& to, bool y_wanted) {
  to_ = to;
  y_wanted_ = y_wanted;
}

bool AttentionStep::quantizes(const Execution& x) const {
  const AttentionCut& cut = *x.attention[shape_].cut;
  return to_.k != 0 && (cut.n_splits > 1 || is_by_row(cut));
}

Status AttentionStep::launch(const Execution& x) const {
  const Execution::Attention& work = x.attention[shape_];
  const AttentionCut& cut = *work.cut;
  AttentionArgs args = {};
  args.q = x.values[q_];
  args.y = x.values[y_];
  args.cache = x.state->cache(state_);
  args.rows = x.rows;
  args.tables = x.tables;
  args.items = work.items;
  args.sinks = x.weights->vector(sinks_);
  args.n_heads = params_.n_heads;
  args.heads_per_tile = cut.heads_per_tile;
  args.n_chunks = cut.n_chunks;
  args.scale = params_.scale;
  args.soft_cap = params_.soft_cap;
  args.window = params_.window;
  args.n_splits = cut.n_splits;
  args.partial = x.partial;
  args.max_segments = cut.max_segments;
  args.merge_first = work.merge_first;
  args.heads = heads_args(x, heads_spec_);
  if (is_fused(cut)) {
    args.fused = 1;
    args.heads.q = args.q;
  } else {
    FORGE_TRY(x.launch(heads_, "heads", heads_grid(x, heads_spec_), args.heads));
  }
  if (quantizes(x)) {
    args.to = to_.of(x);
    if (!y_wanted_) args.y.base = nullptr;
  }
  const auto n_items = static_cast<std::uint32_t>(cut.items.size());
  const bool by_row = is_by_row(cut);
  const AttentionKind kind = by_row      ? attention_row_kind_
                             : any_type_ ? AttentionKind::kAny
                                         : AttentionKind::kPlain;
  FORGE_TRY(x.launch(by_row ? row_function_ : function_, by_row ? row_kernel_ : tile_kernel_,
                     {n_items, params_.n_kv_heads * cut.n_chunks, cut.n_splits}, args,
                     attention_threads(params_.head_dim_v, kind)));
  if (cut.n_splits == 1) return {};
  return x.launch(merge_, "attention_merge", {x.n_rows[row_kind], params_.n_heads}, args);
}

StepCost AttentionStep::cost(const Execution& x) const {
  StepCost cost;
  cost.rows = x.n_rows[row_kind];
  const KvCache& cache = x.state->cache(state_);
  const std::uint64_t per_position =
      std::uint64_t{params_.n_heads} * (params_.head_dim_k + params_.head_dim_v);
  const auto seen = [&](std::uint32_t position) {
    const std::uint32_t n = position + 1;
    return std::uint64_t{params_.window == 0 ? n : std::min(n, params_.window)};
  };
  std::uint64_t longest = 0;  // of the rows of one sequence
  for (std::size_t r = 0; r < x.host_rows.size(); ++r) {
    const RowInfo& row = x.host_rows[r];
    cost.operations += per_position * seen(row.position);
    longest = std::max(longest, seen(row.position));
    const bool ends = r + 1 == x.host_rows.size() || x.host_rows[r + 1].table != row.table;
    if (!ends) continue;
    cost.bytes += longest * (cache.k_block_bytes + cache.v_block_bytes) / FORGE_KV_BLOCK_TOKENS;
    longest = 0;
  }
  return cost;
}

// ---------------------------------------------------------------- element by element

ElementStep::ElementStep(std::string kernel_name, std::uint32_t a, std::uint32_t b, std::uint32_t y,
                         const ElementArgs& args, bool by_index, bool replaced)
    : a_(a), b_(b), y_(y), args_(args), by_index_(by_index), replaced_(replaced) {
  kernel = std::move(kernel_name);
}

Status ElementStep::prepare(KernelSet& kernels) {
  FORGE_ASSIGN(function_, kernels.find(kernel));
  return {};
}

std::uint32_t ElementStep::n_launches(const Execution& x) const {
  return replaced_ && x.selects_all() ? 0 : 1;
}

Status ElementStep::launch(const Execution& x) const {
  ElementArgs args = args_;
  args.a = x.values[a_];
  args.b = rows_or_none(x, b_);
  args.y = x.values[y_];
  if (by_index_) args.index = x.output_rows;
  return x.launch(function_, kernel, {ceil_div(args.y.width, kThreads), x.n_rows[row_kind]}, args);
}

// ---------------------------------------------------------------- top k

TopKStep::TopKStep(const sdk::NodeView& node)
    : x_(node.input_id(0)),
      ids_(node.output_id(0)),
      values_(node.output_id(1)),
      k_(node.output(0).width),
      n_parts_(ceil_div(node.input(0).width, kTopKPart)) {
  kernel = n_parts_ > 1 ? "top_k_parts|top_k" : "top_k_parts";
}

Status TopKStep::prepare(KernelSet& kernels) {
  FORGE_ASSIGN(parts_, kernels.find("top_k_parts"));
  FORGE_ASSIGN(all_, kernels.find("top_k"));
  return {};
}

Status TopKStep::launch(const Execution& x) const {
  TopKArgs args = {};
  args.x = x.values[x_];
  args.ids = x.values[ids_];
  args.values = x.values[values_];
  args.lists = reinterpret_cast<std::uint64_t*>(x.partial);
  args.k = k_;
  args.n_parts = n_parts_;
  const std::uint32_t n_rows = x.n_rows[row_kind];
  FORGE_TRY(x.launch(parts_, "top_k_parts", {n_parts_, n_rows}, args));
  if (n_parts_ == 1) return {};
  return x.launch(all_, "top_k", {n_rows}, args);
}

// ---------------------------------------------------------------- draw

DrawStep::DrawStep(const sdk::NodeView& node)
    : x_(node.input_id(0)),
      ids_(node.input_id(1)),
      values_(node.input_id(2)),
      settings_(node.input_id(3)),
      token_(node.output_id(0)),
      n_parts_(ceil_div(node.input(0).width, kDrawPart)) {
  kernel = "draw_sums|draw";
}

Status DrawStep::prepare(KernelSet& kernels) {
  FORGE_ASSIGN(sums_, kernels.find("draw_sums"));
  FORGE_ASSIGN(draw_, kernels.find("draw"));
  return {};
}

Status DrawStep::launch(const Execution& x) const {
  DrawArgs args = {};
  args.x = x.values[x_];
  args.ids = x.values[ids_];
  args.values = x.values[values_];
  args.settings = x.values[settings_];
  args.token = x.values[token_];
  args.sums = reinterpret_cast<std::uint64_t*>(x.partial);
  args.n_parts = n_parts_;
  const std::uint32_t n_rows = x.n_rows[row_kind];
  if (x.draws_from_rows) FORGE_TRY(x.launch(sums_, "draw_sums", {n_parts_, n_rows}, args));
  return x.launch(draw_, "draw", {n_rows}, args, kDrawThreads);
}

}  // namespace forge::hip
