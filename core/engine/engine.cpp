#include "core/engine/engine.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "core/engine/memory_fit.hpp"

namespace forge::engine {

Result<std::unique_ptr<Engine>> Engine::create(
    std::shared_ptr<const Model> model,
    const std::vector<std::shared_ptr<graph::PackDevice>>& packs, const EngineOptions& options,
    const graph::Progress& progress) {
  auto engine = std::unique_ptr<Engine>(new Engine);
  engine->model_ = std::move(model);
  graph::PlanOptions plan_options;
  plan_options.max_rows = std::max(options.n_batch, options.n_sequences);
  plan_options.max_sequences = options.n_sequences;
  plan_options.max_outputs = options.n_outputs == 0 ? options.n_sequences : options.n_outputs;
  plan_options.n_candidates = options.n_outputs == 0 ? kCandidates : 0;
  plan_options.type_k = options.type_k;
  plan_options.type_v = options.type_v;
  FORGE_ASSIGN(engine->plan_, graph::Plan::prepare(engine->model_->graph(), packs, plan_options));

  FitRequest fit = split_memory(*engine->plan_, packs);
  fit.limit = options.memory_limit != 0 ? options.memory_limit : available_memory();
  fit.n_ctx = options.n_ctx;
  fit.n_ctx_train = engine->model_->info().n_ctx_train;
  fit.n_sequences = options.n_sequences;
  FORGE_ASSIGN(engine->n_ctx_, fit_context(fit));

  const gguf::File& file = engine->model_->file();
  FORGE_TRY(engine->plan_->load(progress, [&file](std::span<const std::byte> data) {
    // Without it only more memory is taken; data that was converted lies elsewhere.
    static_cast<void>(file.advise(data, gguf::Advice::kDontNeed));
  }));
  // Whole blocks for each sequence, so that one cannot take what another was promised.
  const std::uint32_t rounded =
      (engine->n_ctx_ + FORGE_KV_BLOCK_TOKENS - 1) / FORGE_KV_BLOCK_TOKENS * FORGE_KV_BLOCK_TOKENS;
  FORGE_ASSIGN(engine->sequences_,
               state::SequenceStore::create(*engine->plan_, rounded * options.n_sequences,
                                            options.n_sequences));
  return engine;
}

// The inputs as rows of one batch.
void Engine::gather(std::span<const StepInput> inputs) {
  tokens_.clear();
  output_rows_.clear();
  batch_sequences_.clear();
  std::vector<std::int32_t> of_row;
  for (const StepInput& input : inputs) {
    const auto first = static_cast<std::uint32_t>(tokens_.size());
    const std::uint32_t past = sequences_->length(input.sequence);
    tokens_.insert(tokens_.end(), input.tokens.begin(), input.tokens.end());
    for (std::uint32_t i = 0; i < input.tokens.size(); ++i)
      of_row.push_back(static_cast<std::int32_t>(past + i));
    for (const std::uint32_t output : input.outputs) output_rows_.push_back(first + output);
    batch_sequences_.push_back(sequences_->batch_sequence(
        input.sequence, first, static_cast<std::uint32_t>(input.tokens.size())));
  }
  // Text has one position; where the model turns by four components, time, height and width are it
  // and the fourth is 0.
  positions_ = of_row;
  if (model_->info().pos_dims == 4) {
    positions_.insert(positions_.end(), of_row.begin(), of_row.end());
    positions_.insert(positions_.end(), of_row.begin(), of_row.end());
    positions_.resize(4 * of_row.size(), 0);
  }
}

Status Engine::reserve(std::span<const StepInput> inputs) {
  for (const StepInput& input : inputs) {
    const std::uint64_t length = sequences_->length(input.sequence) + input.tokens.size();
    if (length > n_ctx_)
      return out_of_range(fmt::format(
          "the context is full: {} positions are needed and {} are there", length, n_ctx_));
    FORGE_TRY(sequences_->reserve(input.sequence, static_cast<std::uint32_t>(input.tokens.size())));
  }
  return {};
}

Status Engine::step(std::span<const StepInput> inputs, float* logits) {
  return run(inputs, logits, {});
}

Status Engine::step(std::span<const StepInput> inputs, const Candidates& best) {
  return run(inputs, nullptr, best);
}

Status Engine::run(std::span<const StepInput> inputs, float* logits, const Candidates& best) {
  // What was reserved and is not used after all goes back to whoever needs it.
  const auto given_back = [&](Status status) {
    for (const StepInput& input : inputs)
      static_cast<void>(sequences_->truncate(input.sequence, sequences_->length(input.sequence)));
    return status;
  };
  if (Status reserved = reserve(inputs); !reserved.ok()) return given_back(std::move(reserved));
  gather(inputs);
  graph::Batch batch;
  batch.tokens = tokens_;
  batch.positions = positions_;
  batch.sequences = batch_sequences_;
  batch.output_rows = output_rows_;
  batch.logits = logits;
  batch.candidates = best.tokens;
  batch.candidate_logits = best.logits;
  batch.drawn = best.drawn;
  batch.draw_settings = best.draw_settings;
  if (Status done = plan_->execute(sequences_->plan_state(), batch); !done.ok())
    return given_back(std::move(done));
  for (const StepInput& input : inputs)
    sequences_->advance(input.sequence, static_cast<std::uint32_t>(input.tokens.size()));
  return {};
}

Status Engine::evaluate(state::SequenceId sequence, std::span<const std::int32_t> tokens,
                        float* logits) {
  while (!tokens.empty()) {
    const std::size_t n = std::min<std::size_t>(tokens.size(), n_batch());
    const bool last = n == tokens.size();
    const std::uint32_t output = static_cast<std::uint32_t>(n) - 1;
    StepInput input = {sequence, tokens.first(n), {}};
    if (last && logits != nullptr) input.outputs = {&output, 1};
    FORGE_TRY(step({&input, 1}, logits));
    tokens = tokens.subspan(n);
  }
  return {};
}

}  // namespace forge::engine
