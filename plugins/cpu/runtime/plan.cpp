#include "plugins/cpu/runtime/plan.hpp"

#include <algorithm>
#include <chrono>

#include "plugins/cpu/runtime/processor.hpp"

namespace forge::cpu {

std::uint64_t Workspace::bytes(std::uint32_t max_rows, std::uint32_t n_threads) const {
  const std::uint64_t row = row_pitch(max_k) + max_k / kActBlock * sizeof(float) +
                            max_aux_stride * sizeof(float) + max_bf16 * sizeof(std::uint16_t);
  const std::uint64_t attention_row = 2 * heads * sizeof(float) + kv_heads * sizeof(std::uint32_t);
  return (row + attention_row) * max_rows + std::uint64_t{n_threads} * attention * sizeof(float);
}

QuantizedShape quantized_shape(
    const sdk::NodeView& node,
    const std::function<const MatmulKernel&(std::uint32_t weight)>& kernel_of) {
  QuantizedShape shape;
  for (std::uint32_t w = 0; w < node.n_weights(); w += 2) {
    const MatmulKernel& kernel = kernel_of(node.weight_id(w));
    if (kernel.input == Input::kBf16)
      shape.bf16 = row_pitch(std::size_t{2} * node.input(0).width) / 2;
    if (kernel.input != Input::kInt8) continue;
    shape.k = node.input(0).width;
    shape.pitch = row_pitch(shape.k);
    const bool known =
        std::find(shape.kinds.begin(), shape.kinds.end(), kernel.aux) != shape.kinds.end();
    if (known || kernel.aux.aux == Aux::kNone) continue;
    shape.kinds.push_back(kernel.aux);
    shape.offsets.push_back(shape.aux_stride);
    shape.aux_stride += aux_elements(kernel.aux, shape.k);
  }
  return shape;
}

Workspace workspace_of(const KernelTable& kernels, const forge_graph_v1& graph) {
  Workspace space;
  // Before it is read, F16 is taken for what becomes BF16.
  const auto widest = [&](std::uint32_t weight) -> const MatmulKernel& {
    const std::uint32_t type = graph.weights[weight]->type;
    const bool converts = type == FORGE_TYPE_F16 && kernels.bfloat16.convert != nullptr;
    return *find_matmul(kernels, converts ? std::uint32_t{FORGE_TYPE_BF16} : type);
  };
  for (std::uint32_t i = 0; i < graph.n_nodes; ++i) {
    const sdk::NodeView node(graph, i);
    if (node.op() == FORGE_OP_LINEAR) {
      const QuantizedShape shape = quantized_shape(node, widest);
      space.max_bf16 = std::max(space.max_bf16, shape.bf16);
      space.max_k = std::max(space.max_k, shape.k);
      space.max_aux_stride = std::max(space.max_aux_stride, shape.aux_stride);
    } else if (node.op() == FORGE_OP_ATTENTION) {
      const auto& p = node.params<forge_attention_params_v1>();
      const AttentionScratch scratch(p.n_heads / p.n_kv_heads, p.head_dim_k, p.head_dim_v);
      space.attention = std::max(space.attention, scratch.size);
      space.heads = std::max<std::size_t>(space.heads, p.n_heads);
      space.kv_heads = std::max<std::size_t>(space.kv_heads, p.n_kv_heads);
    }
  }
  return space;
}

ArenaPlan::ArenaPlan(const forge_graph_v1& graph, std::uint32_t rows)
    : size_(rows == FORGE_ROWS_TOKENS ? graph.token_arena : graph.output_arena) {
  for (std::uint32_t v = 0; v < graph.n_values; ++v) {
    const forge_value_v1& value = *graph.values[v];
    if (value.rows == rows && value.arena_offset != FORGE_NONE)
      offsets_.push_back(value.arena_offset);
  }
  std::sort(offsets_.begin(), offsets_.end());
  offsets_.erase(std::unique(offsets_.begin(), offsets_.end()), offsets_.end());
}

// Values that do not overlap have different offsets, and all that lie behind one move on.
std::size_t ArenaPlan::offset_of(const forge_value_v1& value) const {
  const auto before = std::lower_bound(offsets_.begin(), offsets_.end(), value.arena_offset);
  return value.arena_offset + kRoom * static_cast<std::size_t>(before - offsets_.begin());
}

Status CpuPlan::allocate(const Workspace& workspace) {
  const std::size_t rows = std::max(options_.max_rows, options_.max_outputs);
  const auto floats = [](std::size_t n) { return Buffer::allocate(n * sizeof(float)); };
  const ArenaPlan plans[2] = {{graph_, 0}, {graph_, 1}};
  static_assert(FORGE_ROWS_TOKENS == 0 && FORGE_ROWS_OUTPUTS == 1);
  FORGE_ASSIGN(arenas_[FORGE_ROWS_TOKENS],
               floats(plans[FORGE_ROWS_TOKENS].size() * options_.max_rows));
  FORGE_ASSIGN(arenas_[FORGE_ROWS_OUTPUTS],
               floats(plans[FORGE_ROWS_OUTPUTS].size() * options_.max_outputs));
  FORGE_ASSIGN(quantized_, Buffer::allocate(row_pitch(workspace.max_k) * rows));
  FORGE_ASSIGN(scale_, floats(workspace.max_k / kActBlock * rows));
  FORGE_ASSIGN(aux_, floats(workspace.max_aux_stride * rows));
  FORGE_ASSIGN(bf16_, Buffer::allocate(workspace.max_bf16 * sizeof(std::uint16_t) * rows));
  FORGE_ASSIGN(softmax_, floats(2 * workspace.heads * options_.max_rows));
  turns_ = std::make_unique<std::atomic<std::uint32_t>[]>(workspace.kv_heads * options_.max_rows);
  for (const std::uint32_t n_pairs : rope_pairs_) {
    FORGE_ASSIGN(Buffer table, floats(std::size_t{2} * n_pairs * options_.max_rows));
    rope_tables_.push_back(std::move(table));
  }
  for (std::uint32_t t = 0; t < pool_.size(); ++t) {
    FORGE_ASSIGN(Buffer scratch, floats(workspace.attention));
    thread_scratch_.push_back(std::move(scratch));
  }
  Execution& x = execution_;
  x.kernels = &kernels_;
  x.ahead = weights_ahead();
  x.quantized = {reinterpret_cast<std::int8_t*>(quantized_.data()), scale_.floats(),
                 reinterpret_cast<std::int32_t*>(aux_.data()),
                 reinterpret_cast<std::uint16_t*>(bf16_.data())};
  x.softmax = {softmax_.floats(), softmax_.floats() + workspace.heads * options_.max_rows,
               workspace.heads};
  x.turns = turns_.get();
  for (const Buffer& table : rope_tables_) x.rope_tables.push_back(table.floats());
  for (const Buffer& scratch : thread_scratch_) x.thread_scratch.push_back(scratch.floats());
  x.values.resize(graph_.n_values);
  for (std::uint32_t v = 0; v < graph_.n_values; ++v) {
    const forge_value_v1& value = *graph_.values[v];
    if (value.arena_offset == FORGE_NONE) continue;
    const bool tokens = value.rows == FORGE_ROWS_TOKENS;
    const std::size_t max_rows = tokens ? options_.max_rows : options_.max_outputs;
    x.values[v] = {arenas_[value.rows].floats() + plans[value.rows].offset_of(value) * max_rows,
                   row_pitch(sizeof(float) * value.width) / sizeof(float)};
  }
  return {};
}

Result<std::unique_ptr<sdk::PackState>> CpuPlan::create_state(std::uint32_t n_blocks,
                                                              std::uint32_t /*n_slots*/) {
  return CpuState::create(graph_, n_blocks);
}

// Points the execution at this batch.
Status CpuPlan::bind(const forge_batch_v1& batch, CpuState& state) {
  if (batch.n_rows > options_.max_rows || batch.n_output_rows > options_.max_outputs)
    return invalid_argument("a batch has more rows than the plan was compiled for");
  Execution& x = execution_;
  x.batch = &batch;
  x.state = &state;
  for (std::uint32_t i = 0; i < batch.n_buffers; ++i) {
    const forge_buffer_v1& buffer = *batch.buffers[i];
    x.values[buffer.value] = {static_cast<float*>(buffer.data), graph_.values[buffer.value]->width};
  }
  for (std::uint32_t v = 0; v < graph_.n_values; ++v) {
    const forge_value_v1& value = *graph_.values[v];
    if (value.parent == FORGE_NONE) continue;
    const Place& parent = x.values[value.parent];
    x.values[v] = {parent.base + value.offset, parent.stride};
  }
  x.rows.clear();
  for (std::uint32_t s = 0; s < batch.n_sequences; ++s) {
    const forge_sequence_v1& sequence = *batch.sequences[s];
    for (std::uint32_t i = 0; i < sequence.n_rows; ++i)
      x.rows.push_back({&sequence, sequence.n_past + i});
  }
  for (AttentionWork& work : x.attention_work) work.cut(batch);
  return {};
}

void CpuPlan::run_steps() {
  using Clock = std::chrono::steady_clock;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const std::size_t n = steps_[i]->n_items(execution_);
    phases_[i] = {n, steps_[i]->chunk(n, pool_.size()), steps_[i]->in_order()};
  }
  Clock::time_point start = Clock::now();
  const auto measure = [&](std::size_t step) {
    const Clock::time_point now = Clock::now();
    counters_[step].nanoseconds +=
        static_cast<std::uint64_t>(std::chrono::nanoseconds(now - start).count());
    start = now;
  };
  pool_.run(
      phases_,
      [this](std::size_t step, std::size_t begin, std::size_t end, std::uint32_t thread) {
        steps_[step]->run(execution_, begin, end, thread);
      },
      profile_ ? ThreadPool::PhaseDone(measure) : nullptr);
}

Status CpuPlan::execute(sdk::PackState& state, const forge_batch_v1& batch) {
  FORGE_TRY(bind(batch, static_cast<CpuState&>(state)));
  run_steps();
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    Counter& counter = counters_[i];
    ++counter.calls;
    if (!profile_) continue;
    const StepCost cost = steps_[i]->cost(execution_);
    counter.cost.rows += cost.rows;
    counter.cost.bytes += cost.bytes;
    counter.cost.operations += cost.operations;
  }
  return {};
}

void CpuPlan::visit_counters(const std::function<void(const forge_counter_v1&)>& visit) {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    forge_counter_v1 record = {};
    record.struct_size = sizeof(record);
    record.op = steps_[i]->op;
    record.name = sdk::to_abi(steps_[i]->name);
    record.kernel = sdk::to_abi(steps_[i]->kernel);
    record.calls = counters_[i].calls;
    record.rows = counters_[i].cost.rows;
    record.nanoseconds = counters_[i].nanoseconds;
    record.bytes = counters_[i].cost.bytes;
    record.operations = counters_[i].cost.operations;
    visit(record);
  }
}

void CpuPlan::reset_counters() { counters_.assign(steps_.size(), {}); }

}  // namespace forge::cpu
