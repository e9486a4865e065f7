#include "plugins/hip/runtime/plan.hpp"

#include <algorithm>
#include <cstring>

namespace forge::hip {
namespace {

// Steps of more rows are not recorded: their shapes rarely come again, and their kernels take
// longer than their launches.
constexpr std::uint32_t kGraphRows = 16;
// Outputs go to the host in pieces of this size.
constexpr std::uint64_t kStagingBytes = std::uint64_t{8} << 20;

constexpr const char* kOneStep = "a step of the model";

}  // namespace

forge_plan_memory_v1 GpuPlan::memory(const forge_graph_v1& graph,
                                     const forge_plan_options_v1& options, PromptType prompts) {
  const Program program = Program::build(graph, options, prompts);
  forge_plan_memory_v1 memory = {};
  memory.struct_size = sizeof(memory);
  memory.weights = WeightPlan::of(graph).counted();
  for (const std::uint64_t bytes :
       {program.placement.arena_bytes, 2 * program.quantized_bytes, 2 * program.meta_bytes,
        program.fp8_bytes, program.fp8_unit_bytes, program.partial_bytes, program.gate_bytes,
        program.experts_bytes, StepInputs::capacity(graph, program, options)})
    memory.scratch += counted_bytes(bytes);
  memory.state_per_block = kv_block_bytes(graph);
  return memory;
}

Result<std::unique_ptr<sdk::PackPlan>> GpuPlan::compile(const PlanContext& context,
                                                        const forge_graph_v1& graph,
                                                        const forge_plan_options_v1& options,
                                                        const sdk::Progress& progress) {
  auto plan = std::unique_ptr<GpuPlan>(new GpuPlan(context, graph, options));
  plan->program_ = Program::build(graph, options, context.prompts);
  for (const std::unique_ptr<Step>& step : plan->program_.steps)
    FORGE_TRY(step->prepare(context.kernels));
  FORGE_ASSIGN(Stream stream, Stream::create(context.gpu));
  plan->stream_ = std::make_shared<Stream>(std::move(stream));
  FORGE_ASSIGN(plan->inputs_, StepInputs::create(graph, plan->program_));
  FORGE_ASSIGN(plan->weights_,
               WeightStore::load(context.gpu, graph, context.n_threads, context.prompts, progress));
  FORGE_TRY(plan->allocate());
  plan->place();
  plan->counters_.resize(plan->program_.steps.size());
  context.idle.add(plan.get());
  return std::unique_ptr<sdk::PackPlan>(std::move(plan));
}

Status GpuPlan::allocate() {
  const std::shared_ptr<Gpu>& gpu = context_.gpu;
  FORGE_ASSIGN(arena_,
               DeviceBuffer::allocate(gpu, program_.placement.arena_bytes, "the step's values"));
  FORGE_ASSIGN(quantized_,
               DeviceBuffer::allocate(gpu, 2 * program_.quantized_bytes, "quantized values"));
  FORGE_ASSIGN(meta_, DeviceBuffer::allocate(gpu, 2 * program_.meta_bytes, "quantized values"));
  FORGE_ASSIGN(fp8_, DeviceBuffer::allocate(gpu, program_.fp8_bytes, "rows in FP8"));
  FORGE_ASSIGN(fp8_units_, DeviceBuffer::allocate(gpu, program_.fp8_unit_bytes, "rows in FP8"));
  FORGE_ASSIGN(partial_, DeviceBuffer::allocate(gpu, program_.partial_bytes, "partial results"));
  FORGE_ASSIGN(gate_, DeviceBuffer::allocate(gpu, program_.gate_bytes, "gates"));
  FORGE_ASSIGN(experts_, DeviceBuffer::allocate(gpu, program_.experts_bytes, "experts' values"));
  FORGE_ASSIGN(step_buffer_,
               StepBuffer::create(gpu, StepInputs::capacity(graph_, program_, options_)));
  std::uint64_t outputs = 0;
  for (std::uint32_t i = 0; i < graph_.n_outputs; ++i) {
    const forge_value_v1& value = *graph_.values[graph_.outputs[i]];
    const std::uint64_t rows =
        value.rows == FORGE_ROWS_TOKENS ? options_.max_rows : options_.max_outputs;
    outputs += rows * value.width * sizeof(float);
  }
  FORGE_ASSIGN(staging_, PinnedBuffer::allocate(gpu, std::min(outputs, kStagingBytes)));
  if (!context_.profile) return {};
  for (std::size_t i = 0; i <= program_.steps.size(); ++i) {
    FORGE_ASSIGN(Event event, Event::create(gpu, true));
    events_.push_back(std::move(event));
  }
  return {};
}

void GpuPlan::place() {
  Execution& x = execution_;
  x.traits = &context_.traits;
  x.n_units = context_.gpu->n_units();
  x.kernels = &context_.kernels;
  x.stream = stream_.get();
  x.weights = &weights_;
  for (std::uint32_t slot = 0; slot < 2; ++slot) {
    x.quantized[slot].q =
        reinterpret_cast<std::int8_t*>(quantized_.data() + slot * program_.quantized_bytes);
    x.quantized[slot].meta =
        reinterpret_cast<BlockMeta*>(meta_.data() + slot * program_.meta_bytes);
  }
  x.fp8 = {fp8_.data(), reinterpret_cast<float*>(fp8_units_.data())};
  x.partial = reinterpret_cast<float*>(partial_.data());
  x.gate = reinterpret_cast<float*>(gate_.data());
  x.experts = experts_.data();
  for (std::uint32_t v = 0; v < graph_.n_values; ++v) x.values.push_back(home_of(v));
}

// Where a value is, unless it comes with the step.
Rows GpuPlan::home_of(std::uint32_t value) const {
  const Place& place = program_.placement.places[value];
  Rows rows = {nullptr, place.stride, graph_.values[value]->width};
  if (place.arena_offset != Place::kNowhere)
    rows.base = reinterpret_cast<float*>(arena_.data() + place.arena_offset) + place.column;
  return rows;
}

Result<std::unique_ptr<sdk::PackState>> GpuPlan::create_state(std::uint32_t n_blocks,
                                                              std::uint32_t /*n_slots*/) {
  FORGE_TRY(context_.gpu->enter());
  FORGE_TRY(stream_->wake());
  FORGE_ASSIGN(std::unique_ptr<GpuState> state,
               GpuState::create(context_.gpu, stream_, graph_, n_blocks));
  return std::unique_ptr<sdk::PackState>(std::move(state));
}

// Brings the batch to the step's buffer.
Status GpuPlan::bind(const forge_batch_v1& batch, GpuState& state) {
  if (batch.n_rows > options_.max_rows || batch.n_output_rows > options_.max_outputs)
    return invalid_argument("a batch has more rows than the plan was compiled for");
  Execution& x = execution_;
  x.state = &state;
  const std::uint32_t n_full = x.n_units * context_.traits.workgroups_per_unit;
  x.unwanted.assign(graph_.n_values, false);
  for (std::uint32_t b = 0; b < batch.n_buffers; ++b) {
    if (batch.buffers[b]->data == nullptr) x.unwanted[batch.buffers[b]->value] = true;
  }
  inputs_.cut(batch, context_.traits.columns, n_full);
  FORGE_TRY(inputs_.fill(batch, step_buffer_, x));
  for (std::uint32_t v = 0; v < graph_.n_values; ++v) {
    const Place& place = program_.placement.places[v];
    if (place.root != v && place.arena_offset == Place::kNowhere &&
        x.values[place.root].base != nullptr)
      x.values[v].base = x.values[place.root].base + place.column;
  }
  for (const Selection& s : program_.selections)
    x.values[s.to] = x.selects_all() ? x.values[s.from] : home_of(s.to);
  x.draws_from_rows = draws_from_rows(batch);
  return {};
}

bool GpuPlan::draws_from_rows(const forge_batch_v1& batch) const {
  for (std::uint32_t b = 0; b < batch.n_buffers; ++b) {
    const forge_buffer_v1& buffer = *batch.buffers[b];
    if (buffer.value != program_.draw_settings) continue;
    for (std::uint32_t r = 0; r < batch.n_output_rows; ++r) {
      forge_draw_settings_v1 settings;
      std::memcpy(&settings, static_cast<const char*>(buffer.data) + r * sizeof(settings),
                  sizeof(settings));
      if (settings.top_k == 0) return true;
    }
  }
  return false;
}

GraphKey GpuPlan::graph_key(const GpuState& state) const {
  GraphKey key = {execution_.n_rows[FORGE_ROWS_TOKENS], execution_.n_rows[FORGE_ROWS_OUTPUTS],
                  state.serial(), step_buffer_.moved(), execution_.draws_from_rows ? 1u : 0u};
  for (const AttentionCut& cut : inputs_.cuts())
    key.insert(key.end(), {cut.items.size(), cut.heads_per_tile, cut.n_splits, cut.max_segments,
                           cut.rows_apart ? 1u : 0u});
  // Which steps run.
  for (std::uint32_t i = 0; i < graph_.n_outputs; ++i)
    key.push_back(execution_.unwanted[graph_.outputs[i]] ? 0 : 1);
  return key;
}

// Of this batch.
std::uint32_t GpuPlan::n_launches(const Step& step) const {
  const bool unwanted = !step.serves.empty() && std::all_of(step.serves.begin(), step.serves.end(),
                                                            [&](std::uint32_t value) {
                                                              return execution_.unwanted[value];
                                                            });
  return unwanted || execution_.n_rows[step.row_kind] == 0 ? 0 : step.n_launches(execution_);
}

Status GpuPlan::launch_all() const {
  for (const std::unique_ptr<Step>& step : program_.steps) {
    if (n_launches(*step) != 0) FORGE_TRY(step->launch(execution_));
  }
  return {};
}

Status GpuPlan::launch_measured() {
  FORGE_TRY(events_[0].record(*stream_));
  for (std::size_t i = 0; i < program_.steps.size(); ++i) {
    const Step& step = *program_.steps[i];
    if (n_launches(step) != 0) FORGE_TRY(step.launch(execution_));
    FORGE_TRY(events_[i + 1].record(*stream_));
  }
  FORGE_TRY(stream_->wait(kOneStep));
  for (std::size_t i = 0; i < program_.steps.size(); ++i) {
    FORGE_ASSIGN(const float milliseconds, events_[i + 1].since(events_[i]));
    counters_[i].nanoseconds += double{milliseconds} * 1e6;
  }
  return {};
}

// Launches the step, or replays it.
Status GpuPlan::run(const forge_batch_v1& batch, const GpuState& state) {
  FORGE_TRY(step_buffer_.upload(*stream_));
  if (context_.profile) {
    FORGE_TRY(launch_measured());
    return fetch_outputs(batch);
  }
  if (batch.n_rows > kGraphRows || !graphs_.enabled()) {
    FORGE_TRY(launch_all());
    return fetch_outputs(batch);
  }
  const GraphKey key = graph_key(state);
  const GraphCache::Use use = graphs_.next(key);
  FORGE_TRY(use == GraphCache::Use::kReplay ? graphs_.replay(key, *stream_) : launch_all());
  FORGE_TRY(fetch_outputs(batch));
  return use == GraphCache::Use::kRecord ? compare_replay(key, batch) : Status();
}

// Records the step that has just run and replays it once: the outputs must be the same bits. The
// state gets the same numbers at the same places once more.
Status GpuPlan::compare_replay(const GraphKey& key, const forge_batch_v1& batch) {
  FORGE_TRY(graphs_.record(key, *stream_, [this] { return launch_all(); }));
  if (!graphs_.has(key)) return {};
  FORGE_TRY(graphs_.replay(key, *stream_));
  bool same = true;
  for (std::uint32_t b = 0; b < batch.n_buffers; ++b) {
    const forge_buffer_v1& buffer = *batch.buffers[b];
    if (!is_wanted_output(buffer)) continue;
    std::vector<std::uint8_t> again(buffer.n_bytes);
    FORGE_TRY(fetch(buffer.value, again.data(), again.size()));
    FORGE_TRY(finish_fetches());
    same = same && std::memcmp(again.data(), buffer.data, again.size()) == 0;
  }
  FORGE_TRY(stream_->wait(kOneStep));
  if (!same)
    graphs_.disable("a recorded step gave other numbers than the same step launched by itself");
  return {};
}

bool GpuPlan::is_wanted_output(const forge_buffer_v1& buffer) const {
  const std::uint32_t* const end = graph_.outputs + graph_.n_outputs;
  return buffer.n_bytes != 0 && std::find(graph_.outputs, end, buffer.value) != end;
}

// Begins to copy a value to the host. It is there after finish_fetches().
Status GpuPlan::fetch(std::uint32_t value, std::uint8_t* to, std::uint64_t n_bytes) {
  const auto* from = reinterpret_cast<const std::uint8_t*>(execution_.values[value].base);
  while (n_bytes != 0) {
    if (n_staged_ == staging_.size()) FORGE_TRY(finish_fetches());
    const std::uint64_t n = std::min(staging_.size() - n_staged_, n_bytes);
    FORGE_TRY(stream_->copy(staging_.data() + n_staged_, from, n, hipMemcpyDeviceToHost));
    staged_.push_back({to, n});
    n_staged_ += n;
    from += n;
    to += n;
    n_bytes -= n;
  }
  return {};
}

// Waits for the stream, and hands over what it has copied.
Status GpuPlan::finish_fetches() {
  FORGE_TRY(stream_->wait(kOneStep));
  const std::uint8_t* from = staging_.data();
  for (const Staged& piece : staged_) {
    std::memcpy(piece.to, from, piece.n_bytes);
    from += piece.n_bytes;
  }
  staged_.clear();
  n_staged_ = 0;
  return {};
}

// Outputs to the host; and whatever there is, the step is done afterwards.
Status GpuPlan::fetch_outputs(const forge_batch_v1& batch) {
  staged_.clear();  // of a step that failed
  n_staged_ = 0;
  for (std::uint32_t b = 0; b < batch.n_buffers; ++b) {
    const forge_buffer_v1& buffer = *batch.buffers[b];
    if (is_wanted_output(buffer))
      FORGE_TRY(fetch(buffer.value, static_cast<std::uint8_t*>(buffer.data), buffer.n_bytes));
  }
  return finish_fetches();
}

Status GpuPlan::rest() {
  graphs_.clear();
  return stream_->rest();
}

Status GpuPlan::execute(sdk::PackState& state, const forge_batch_v1& batch) {
  FORGE_TRY(context_.gpu->enter());
  FORGE_TRY(stream_->wake());
  auto& gpu_state = static_cast<GpuState&>(state);
  FORGE_TRY(bind(batch, gpu_state));
  FORGE_TRY(run(batch, gpu_state));
  count();
  return {};
}

void GpuPlan::count() {
  for (std::size_t i = 0; i < counters_.size(); ++i) {
    const Step& step = *program_.steps[i];
    const std::uint32_t n = n_launches(step);
    counters_[i].calls += n;
    if (n == 0 || !context_.profile) continue;
    const StepCost cost = step.cost(execution_);
    counters_[i].cost.rows += cost.rows;
    counters_[i].cost.bytes += cost.bytes;
    counters_[i].cost.operations += cost.operations;
  }
}

void GpuPlan::visit_counters(const std::function<void(const forge_counter_v1&)>& visit) {
  for (std::size_t i = 0; i < counters_.size(); ++i) {
    const Step& step = *program_.steps[i];
    const Counter& counter = counters_[i];
    forge_counter_v1 record = {};
    record.struct_size = sizeof(record);
    record.op = step.op;
    record.name = sdk::to_abi(step.name);
    record.kernel = sdk::to_abi(step.kernel);
    record.calls = counter.calls;
    record.rows = counter.cost.rows;
    record.nanoseconds = static_cast<std::uint64_t>(counter.nanoseconds);
    record.bytes = counter.cost.bytes;
    record.operations = counter.cost.operations;
    visit(record);
  }
}

void GpuPlan::reset_counters() { counters_.assign(counters_.size(), {}); }

}  // namespace forge::hip
