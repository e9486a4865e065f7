#include "plugins/hip/runtime/matmul_step.hpp"

#include "plugins/hip/runtime/residency.hpp"

namespace forge::hip {

std::uint32_t gemm_rows(std::uint32_t n_tiles, std::uint32_t n_rows, std::uint32_t n_units) {
  // What a workgroup takes, in hundredths of the largest: by the instructions of its inner loop
  // (host/plan/gpu_facts.tsv), of which a quarter is the same for half of the rows.
  struct Tile {
    std::uint32_t rows, cost;
  };
  constexpr Tile kTiles[] = {{kGemmRows, 100}, {kGemmLowRows, 56}};
  const Tile* best = nullptr;
  std::uint64_t least = 0;
  for (const Tile& tile : kTiles) {
    const std::uint64_t groups =
        std::uint64_t{ceil_div(n_tiles, kGemmTiles)} * ceil_div(n_rows, tile.rows);
    const std::uint64_t units = n_units == 0 ? 1 : n_units;
    const std::uint64_t cost = (groups + units - 1) / units * tile.cost;
    if (best != nullptr && cost >= least) continue;
    best = &tile;
    least = cost;
  }
  return best->rows;
}

namespace {

std::string prefix_of(PromptType prompts) {
  if (prompts == PromptType::kF16) return "half_";
  return prompts == PromptType::kFp8 ? "fp8_" : "";
}

}  // namespace

MatmulStep::MatmulStep(const MatrixType& type, const MatrixType* second, const Input& input,
                       std::uint32_t activation, std::vector<MatrixPart> parts)
    : type_(type), input_(input), activation_(activation), parts_(std::move(parts)) {
  for (const MatrixPart& part : parts_) n_tiles_ += ceil_div(part.n_out, kTileRows);
  const std::string types =
      second == nullptr ? type.name : std::string(type.name) + "_" + second->name;
  const std::string tail = (activation == FORGE_ACT_NONE ? "_" : "_gated_") + types;
  if (type.format == nullptr) {
    gemv_.name = kernel = "float" + tail;
    return;
  }
  gemv_.name = (input.normed.x == FORGE_NONE ? "gemv" : "gemv_normed") + tail;
  skinny_.name = "skinny" + tail;
  gemm_.name = "gemm_" + types;
  gemm_low_.name = "gemm_low_" + types;
  if (input.prompts != PromptType::kInt8) rounded_.name = prefix_of(input.prompts) + gemm_.name;
  if (input.prompts == PromptType::kFp8) fp8_rows_.name = "fp8_rows";
  kernel = gemv_.name + "|skinny|" + prefix_of(input.prompts) + "gemm";
}

Status MatmulStep::prepare(KernelSet& kernels) {
  if (is_gated()) gate_.name = "gated";
  for (Kernel* k : {&gemv_, &skinny_, &gemm_, &gemm_low_, &fp8_rows_, &rounded_, &gate_}) {
    if (k->name.empty()) continue;
    FORGE_ASSIGN(k->function, kernels.find(k->name));
  }
  return {};
}

bool MatmulStep::can_quantize() const {
  return type_.format != nullptr && activation_ != FORGE_ACT_NONE && parts_[0].n_out % kBlock == 0;
}

void MatmulStep::quantize_to(const QuantizedRows& to, bool y_wanted) {
  to_ = to;
  y_wanted_ = y_wanted;
}

bool MatmulStep::quantizes(const Execution& x) const {
  return to_.k != 0 && x.n_rows[row_kind] == 1;
}

template <class Args>
void MatmulStep::fill(const Execution& x, Args& args) const {
  args.n_rows = x.n_rows[row_kind];
  args.n_parts = static_cast<std::uint32_t>(parts_.size());
  args.n_tiles = n_tiles_;
  args.activation = activation_;
  std::uint32_t first_tile = 0;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const MatrixPart& from = parts_[i];
    MatmulPart& to = args.part[i];
    to.weight = x.weights->planes(from.weight);
    to.bias = x.weights->vector(from.bias);
    if (from.up != FORGE_NONE) {
      to.up = x.weights->planes(from.up);
      to.up_bias = x.weights->vector(from.up_bias);
    }
    to.y = x.values[from.y];
    to.residual = rows_or_none(x, from.residual);
    to.n_out = from.n_out;
    to.first_tile = first_tile;
    to.second = from.second ? 1 : 0;
    first_tile += ceil_div(from.n_out, kTileRows);
  }
}

Status MatmulStep::launch(const Execution& x) const {
  const std::uint32_t n_rows = x.n_rows[row_kind];
  if (type_.format == nullptr) {
    FloatMatmulArgs args = {};
    fill(x, args);
    args.x = x.values[input_.value];
    return x.launch(gemv_.function, gemv_.name, {n_tiles_, ceil_div(n_rows, kFloatRows)}, args);
  }
  MatmulArgs args = {};
  fill(x, args);
  args.x = input_.rows.of(x);
  if (n_rows == 1) return launch_gemv(x, args);
  if (n_rows <= x.traits->skinny_rows)
    return x.launch(skinny_.function, skinny_.name, {n_tiles_, ceil_div(n_rows, x.traits->columns)},
                    args);
  if (is_gated()) return launch_gated(x, args);
  return launch_gemm(x, args);
}

Status MatmulStep::launch_gemm(const Execution& x, MatmulArgs& args) const {
  if (input_.prompts == PromptType::kFp8) return launch_fp8(x, args);
  const bool half = input_.prompts == PromptType::kF16;
  const std::uint32_t rows = half ? kGemmRows : gemm_rows(args.n_tiles, args.n_rows, x.n_units);
  const Kernel& kernel_of = half ? rounded_ : rows == kGemmRows ? gemm_ : gemm_low_;
  return x.launch(kernel_of.function, kernel_of.name,
                  {ceil_div(args.n_tiles, kGemmTiles), ceil_div(args.n_rows, rows)}, args);
}

Status MatmulStep::launch_fp8(const Execution& x, MatmulArgs& args) const {
  args.x_fp8 = x.fp8;
  FORGE_TRY(
      x.launch(fp8_rows_.function, fp8_rows_.name, {args.n_rows}, Fp8RowsArgs{args.x, args.x_fp8}));
  return x.launch(rounded_.function, rounded_.name,
                  {ceil_div(args.n_tiles, kGemmTiles), ceil_div(args.n_rows, x.traits->fp8_rows)},
                  args);
}

// Gate and up as two parts of one product, then the activation in place.
Status MatmulStep::launch_gated(const Execution& x, MatmulArgs& args) const {
  const MatmulPart both = args.part[0];
  args.n_parts = 2;
  args.n_tiles = 2 * n_tiles_;
  args.activation = FORGE_ACT_NONE;
  args.part[0].up = {};
  args.part[0].up_bias = nullptr;
  args.part[1] = args.part[0];
  args.part[1].weight = both.up;
  args.part[1].bias = both.up_bias;
  args.part[1].y = {x.gate, both.n_out, both.n_out};
  args.part[1].first_tile = n_tiles_;
  FORGE_TRY(launch_gemm(x, args));
  ElementArgs gate = {};
  gate.a = both.y;
  gate.b = args.part[1].y;
  gate.y = both.y;
  gate.activation = activation_;
  return x.launch(gate_.function, gate_.name, {ceil_div(both.n_out, kThreads), args.n_rows}, gate);
}

std::uint32_t MatmulStep::n_launches(const Execution& x) const {
  if (type_.format == nullptr || x.n_rows[row_kind] <= x.traits->skinny_rows) return 1;
  return 1u + (is_gated() ? 1 : 0) + (input_.prompts == PromptType::kFp8 ? 1 : 0);
}

Status MatmulStep::launch_gemv(const Execution& x, MatmulArgs& args) const {
  if (input_.normed.x != FORGE_NONE)
    args.normed = {x.values[input_.normed.x].base, x.weights->vector(input_.normed.weight),
                   input_.normed.eps};
  if (to_.k != 0) {
    args.to = to_.of(x);
    if (!y_wanted_) args.part[0].y.base = nullptr;
  }
  Grid grid = {n_tiles_};
  if (is_gated()) {
    grid.x = ceil_div(n_tiles_, 2);
    grid.unused_lds = unused_lds(*x.traits, grid.x, x.n_units);
  }
  return x.launch(gemv_.function, gemv_.name, grid, args);
}

StepCost MatmulStep::cost(const Execution& x) const {
  StepCost cost;
  cost.rows = x.n_rows[row_kind];
  for (const MatrixPart& part : parts_) {
    for (const std::uint32_t w : {part.weight, part.up}) {
      if (w == FORGE_NONE) continue;
      cost.bytes += x.weights->matrix(w).bytes;
      cost.operations += cost.rows * input_.n_in * part.n_out;
    }
  }
  return cost;
}

}  // namespace forge::hip
