#include "plugins/hip/runtime/experts.hpp"

#include <algorithm>
#include <utility>

#include "forge/sdk/codec_lookup.hpp"

namespace forge::hip {
namespace {

Status at_most(const char* what, std::uint64_t n, std::uint64_t most) {
  if (n <= most) return {};
  return unimplemented(std::string("its experts' kernels know at most ") + std::to_string(most) +
                       " " + what + ", not " + std::to_string(n));
}

}  // namespace

Status check_router(const sdk::NodeView& node) {
  FORGE_TRY(at_most("experts", node.input(0).width, kMaxExperts));
  FORGE_TRY(at_most("experts of a row", node.output(0).width, kMaxExpertsUsed));
  if (node.weight(0) != nullptr && sdk::find_codec(node.weight(0)->type) == nullptr)
    return unimplemented("no codec is registered for its selection bias");
  return {};
}

Status check_experts(const sdk::NodeView& node) {
  FORGE_TRY(at_most("experts", node.weight(0)->shape[2], kMaxExperts));
  FORGE_TRY(at_most("experts of a row", node.input(1).width, kMaxExpertsUsed));
  for (std::uint32_t w = 0; w < 3; ++w) {
    const forge_tensor_v1& weight = *node.weight(w);
    const MatrixType* type = find_matrix_type(weight.type);
    if (type == nullptr || type->format == nullptr)
      return unimplemented("it has no experts' matmul for " + sdk::type_name(weight.type));
    // Rows and their number, which is the length of another matrix's rows.
    const std::uint64_t multiple = type->format->row_multiple();
    for (const auto& [n, unit] : {std::pair{weight.shape[0], multiple},
                                  std::pair{weight.shape[1], std::uint64_t{kBlock}}}) {
      if (n % unit != 0)
        return unimplemented("its experts' matmul for " + sdk::type_name(weight.type) +
                             " needs rows of a multiple of " + std::to_string(unit) +
                             " elements, not " + std::to_string(n));
    }
  }
  if (node.weight(0)->type != node.weight(1)->type)
    return unimplemented("gate and up of its experts are of different types");
  return {};
}

// ---------------------------------------------------------------- router

RouterStep::RouterStep(const sdk::NodeView& node)
    : params_(node.params<forge_router_params_v1>()),
      x_(node.input_id(0)),
      ids_(node.output_id(0)),
      weights_(node.output_id(1)),
      bias_(node.weight_id(0)) {
  kernel = "moe_router";
}

Status RouterStep::prepare(KernelSet& kernels) {
  FORGE_ASSIGN(function_, kernels.find(kernel));
  return {};
}

Status RouterStep::launch(const Execution& x) const {
  RouterArgs args = {};
  args.x = x.values[x_];
  args.ids = x.values[ids_];
  args.weights = x.values[weights_];
  args.bias = x.weights->vector(bias_);
  args.gating = params_.gating;
  args.normalise = params_.normalise;
  args.scale = params_.scale;
  return x.launch(function_, kernel, {x.n_rows[row_kind]}, args, 32);
}

// ---------------------------------------------------------------- experts

ExpertsStep::ExpertsStep(const sdk::NodeView& node, const QuantizedRows& rows)
    : x_(node.input_id(0)),
      ids_(node.input_id(1)),
      weights_(node.input_id(2)),
      y_(node.output_id(0)),
      gate_(node.weight_id(0)),
      up_(node.weight_id(1)),
      down_(node.weight_id(2)),
      n_in_(node.input(0).width),
      n_ff_(static_cast<std::uint32_t>(node.weight(0)->shape[1])),
      n_experts_(static_cast<std::uint32_t>(node.weight(0)->shape[2])),
      n_used_(node.input(1).width),
      activation_(node.params<forge_activation_params_v1>().activation),
      rows_(rows) {
  const std::string gate = find_matrix_type(node.weight(0)->type)->name;
  const std::string down = find_matrix_type(node.weight(2)->type)->name;
  gated_.name = "experts_gated_" + gate;
  product_.name = "experts_" + down;
  gate_gemm_.name = "experts_gemm_" + gate;
  down_gemm_.name = "experts_gemm_" + down;
  group_.name = "moe_group";
  gather_.name = "moe_gather";
  activate_.name = "gated";
  quantize_.name = "quantize";
  sum_.name = "experts_sum";
  kernel = gated_.name + (down == gate ? "|gemm" : "|" + down + "|gemm");
}

Status ExpertsStep::prepare(KernelSet& kernels) {
  for (Kernel* k : {&gated_, &product_, &gate_gemm_, &down_gemm_, &group_, &gather_, &activate_,
                    &quantize_, &sum_}) {
    FORGE_ASSIGN(k->function, kernels.find(k->name));
  }
  return {};
}

ExpertsWorkspace ExpertsStep::workspace(std::uint64_t n_rows) const {
  ExpertsWorkspace w;
  const auto place = [&w](std::uint64_t bytes) {
    constexpr std::uint64_t kAlignment = 256;
    const std::uint64_t at = w.bytes;
    w.bytes += (bytes + kAlignment - 1) / kAlignment * kAlignment;
    return at;
  };
  const std::uint64_t pairs = n_rows * n_used_;
  w.hidden = place(pairs * n_ff_);
  w.hidden_meta = place(pairs * (n_ff_ / kBlock) * sizeof(BlockMeta));
  w.z = place(pairs * n_in_ * sizeof(float));
  w.x = place(pairs * n_in_);
  w.x_meta = place(pairs * (n_in_ / kBlock) * sizeof(BlockMeta));
  w.gate = place(pairs * n_ff_ * sizeof(float));
  w.up = place(pairs * n_ff_ * sizeof(float));
  w.first = place(n_experts_ * sizeof(std::uint32_t));
  w.count = place(n_experts_ * sizeof(std::uint32_t));
  w.slot_of = place(pairs * sizeof(std::uint32_t));
  w.pair_of = place(pairs * sizeof(std::uint32_t));
  return w;
}

namespace {

template <class T>
T* at(const Execution& x, std::uint64_t offset) {
  return reinterpret_cast<T*>(x.experts + offset);
}

Quantized quantized_at(const Execution& x, std::uint64_t q, std::uint64_t meta, std::uint32_t k) {
  return {at<std::int8_t>(x, q), at<BlockMeta>(x, meta), k};
}

}  // namespace

// Of the products with the down matrices; others change what is different.
ExpertsArgs ExpertsStep::args(const Execution& x, const ExpertsWorkspace& w) const {
  ExpertsArgs args = {};
  args.x = quantized_at(x, w.hidden, w.hidden_meta, n_ff_);
  args.weight = x.weights->planes(down_);
  args.y = {at<float>(x, w.z), n_in_, n_in_};
  args.ids = x.values[ids_];
  args.groups = {at<std::uint32_t>(x, w.first), at<std::uint32_t>(x, w.count),
                 at<std::uint32_t>(x, w.slot_of), at<std::uint32_t>(x, w.pair_of)};
  args.n_out = n_in_;
  args.n_experts = n_experts_;
  args.activation = FORGE_ACT_NONE;
  return args;
}

Status ExpertsStep::launch(const Execution& x) const {
  const ExpertsWorkspace w = workspace(x.n_rows[row_kind]);
  const bool grouped = is_grouped(x);
  FORGE_TRY(grouped ? launch_grouped(x, w) : launch_pairs(x, w));
  return launch_sum(x, w, grouped);
}

Status ExpertsStep::launch_pairs(const Execution& x, const ExpertsWorkspace& w) const {
  const std::uint32_t n_rows = x.n_rows[row_kind];
  ExpertsArgs gated = args(x, w);
  gated.to = gated.x;
  gated.x = rows_.of(x);
  gated.weight = x.weights->planes(gate_);
  gated.up = x.weights->planes(up_);
  gated.n_out = n_ff_;
  gated.activation = activation_;
  FORGE_TRY(
      x.launch(gated_.function, gated_.name, {n_ff_ / kTileRows / 2, n_used_, n_rows}, gated));
  return x.launch(product_.function, product_.name, {n_in_ / kTileRows, n_used_, n_rows},
                  args(x, w));
}

Status ExpertsStep::launch_grouped(const Execution& x, const ExpertsWorkspace& w) const {
  FORGE_TRY(launch_groups(x, w));
  FORGE_TRY(launch_hidden(x, w));
  return launch_gemm(x, down_gemm_, args(x, w));
}

// Pairs by expert, and their rows of x with them.
Status ExpertsStep::launch_groups(const Execution& x, const ExpertsWorkspace& w) const {
  const std::uint32_t n_rows = x.n_rows[row_kind];
  const ExpertGroups groups = args(x, w).groups;
  const GroupArgs group = {x.values[ids_], groups, n_rows, n_experts_};
  FORGE_TRY(x.launch(group_.function, group_.name, {n_experts_}, group));
  const GatherArgs gather = {rows_.of(x), quantized_at(x, w.x, w.x_meta, n_in_), groups.pair_of,
                             n_used_};
  return x.launch(gather_.function, gather_.name, {n_rows * n_used_}, gather);
}

Status ExpertsStep::launch_gemm(const Execution& x, const Kernel& gemm,
                                const ExpertsArgs& args) const {
  const std::uint32_t n_pairs = x.n_rows[row_kind] * n_used_;
  return x.launch(
      gemm.function, gemm.name,
      {ceil_div(args.n_out / kTileRows, kGemmTiles), ceil_div(n_pairs, kGemmRows), n_experts_},
      args);
}

Status ExpertsStep::launch_hidden(const Execution& x, const ExpertsWorkspace& w) const {
  ExpertsArgs half = args(x, w);
  Quantized hidden = half.x;
  half.x = quantized_at(x, w.x, w.x_meta, n_in_);
  half.n_out = n_ff_;
  half.weight = x.weights->planes(gate_);
  half.y = {at<float>(x, w.gate), n_ff_, n_ff_};
  FORGE_TRY(launch_gemm(x, gate_gemm_, half));
  half.weight = x.weights->planes(up_);
  half.y = {at<float>(x, w.up), n_ff_, n_ff_};
  FORGE_TRY(launch_gemm(x, gate_gemm_, half));
  // As many rows as the step has, of all its pairs: whole blocks lie one behind the other.
  const std::uint32_t n_rows = x.n_rows[row_kind];
  const std::uint32_t width = n_ff_ * n_used_;
  ElementArgs gate = {};
  gate.a = gate.y = {at<float>(x, w.gate), width, width};
  gate.b = {at<float>(x, w.up), width, width};
  gate.activation = activation_;
  FORGE_TRY(
      x.launch(activate_.function, activate_.name, {ceil_div(width, kThreads), n_rows}, gate));
  hidden.k = width;
  const QuantizeArgs quantize = {gate.y, hidden};
  return x.launch(quantize_.function, quantize_.name, {ceil_div(width, kQuantizeElements), n_rows},
                  quantize);
}

Status ExpertsStep::launch_sum(const Execution& x, const ExpertsWorkspace& w, bool grouped) const {
  const ExpertsArgs down = args(x, w);
  const ExpertsSumArgs sum = {down.y, x.values[weights_], x.values[y_],
                              grouped ? down.groups.slot_of : nullptr};
  return x.launch(sum_.function, sum_.name, {ceil_div(n_in_, kThreads), x.n_rows[row_kind]}, sum);
}

// Experts that are read: each pair's, as long as there are others.
StepCost ExpertsStep::cost(const Execution& x) const {
  StepCost cost;
  cost.rows = x.n_rows[row_kind];
  const std::uint64_t pairs = cost.rows * n_used_;
  for (const std::uint32_t w : {gate_, up_, down_})
    cost.bytes +=
        x.weights->matrix(w).bytes / n_experts_ * std::min<std::uint64_t>(pairs, n_experts_);
  cost.operations = pairs * 3 * n_in_ * n_ff_;
  return cost;
}

}  // namespace forge::hip
