// One step of a Plan.
#include <fmt/core.h>

#include "core/base/host_services.hpp"
#include "core/graph/plan_part.hpp"
#include "forge/sdk/host.hpp"

namespace forge::graph {
namespace {

// The C records of one batch.
struct AbiBatch {
  explicit AbiBatch(const Batch& batch, std::uint32_t pos_dims) {
    sequences.reserve(batch.sequences.size());
    for (const BatchSequence& s : batch.sequences) {
      forge_sequence_v1 abi = {};
      abi.struct_size = sizeof(abi);
      abi.first_row = s.first_row;
      abi.n_rows = s.n_rows;
      abi.n_past = s.n_past;
      abi.slot = s.slot;
      abi.n_blocks = static_cast<std::uint32_t>(s.blocks.size());
      abi.blocks = s.blocks.data();
      sequences.push_back(abi);
    }
    for (const forge_sequence_v1& sequence : sequences) pointers.push_back(&sequence);
    record.struct_size = sizeof(record);
    record.n_rows = static_cast<std::uint32_t>(batch.tokens.size());
    record.tokens = batch.tokens.data();
    record.positions = batch.positions.data();
    record.pos_dims = pos_dims;
    record.n_sequences = static_cast<std::uint32_t>(pointers.size());
    record.sequences = pointers.data();
    record.output_rows = batch.output_rows.data();
    record.n_output_rows = static_cast<std::uint32_t>(batch.output_rows.size());
  }

  std::vector<forge_sequence_v1> sequences;
  std::vector<const forge_sequence_v1*> pointers;
  forge_batch_v1 record = {};
};

Status check_sequences(const Batch& batch) {
  std::uint32_t next_row = 0;
  for (const BatchSequence& s : batch.sequences) {
    if (s.first_row != next_row || s.n_rows == 0)
      return internal_error("a batch's sequences do not cover its rows in order");
    next_row += s.n_rows;
    if (s.blocks.size() * FORGE_KV_BLOCK_TOKENS < std::uint64_t{s.n_past} + s.n_rows)
      return internal_error("a sequence has fewer KV blocks than positions");
  }
  if (next_row != batch.tokens.size())
    return internal_error("a batch's sequences do not cover its rows");
  return {};
}

// What every pack may rely on.
Status check_batch(const Batch& batch, const PlanOptions& options,
                   const forge_model_info_v1& info) {
  if (batch.tokens.empty() || batch.tokens.size() > options.max_rows)
    return invalid_argument(
        fmt::format("a batch has {} rows; 1 to {} fit", batch.tokens.size(), options.max_rows));
  if (batch.output_rows.size() > options.max_outputs)
    return invalid_argument(fmt::format("a batch asks for {} output rows; {} fit",
                                        batch.output_rows.size(), options.max_outputs));
  if (batch.sequences.size() > options.max_sequences)
    return invalid_argument(fmt::format("a batch has {} sequences; {} fit", batch.sequences.size(),
                                        options.max_sequences));
  if (batch.positions.size() != std::size_t{info.pos_dims} * batch.tokens.size())
    return internal_error("a batch has the wrong number of positions");
  for (const std::int32_t token : batch.tokens) {
    if (token < 0 || static_cast<std::uint32_t>(token) >= info.n_vocab)
      return invalid_argument(
          fmt::format("token {} is not in the vocabulary of {}", token, info.n_vocab));
  }
  for (std::size_t i = 0; i < batch.output_rows.size(); ++i) {
    if (batch.output_rows[i] >= batch.tokens.size() ||
        (i > 0 && batch.output_rows[i] <= batch.output_rows[i - 1]))
      return internal_error("a batch's output rows are not rising row numbers");
  }
  return check_sequences(batch);
}

// Somewhere for every output row to go.
Status check_wanted(const Batch& batch, std::uint32_t n_candidates, bool can_draw) {
  const bool candidates = batch.candidates != nullptr;
  const bool drawn = batch.drawn != nullptr;
  if (candidates != (batch.candidate_logits != nullptr))
    return internal_error("a batch wants either tokens or logits of its candidates");
  if (candidates && n_candidates == 0)
    return internal_error("a batch wants candidates, which the plan does not have");
  if (drawn && (batch.draw_settings == nullptr || !can_draw))
    return internal_error(
        "a batch wants tokens drawn without saying how, or of a plan that cannot");
  if (!batch.output_rows.empty() && batch.logits == nullptr && !candidates && !drawn)
    return internal_error("a batch brings no buffer for its logits");
  return {};
}

}  // namespace

void* Plan::memory_of(std::size_t source, const Batch& batch) {
  switch (source) {
    case kLogits:
      return batch.logits;
    case kHidden:
      return batch.hidden;
    case kCandidates:
      return batch.candidates;
    case kCandidateLogits:
      return batch.candidate_logits;
    case kDrawSettings:  // inputs are read only
      return batch.drawn == nullptr ? draw_.nothing.data()
                                    : const_cast<forge_draw_settings_v1*>(batch.draw_settings);
    case kDrawn:
      return batch.drawn;
    default:
      return crossing_[source].data();
  }
}

Status Plan::execute(PlanState& state, const Batch& batch) {
  FORGE_TRY(check_batch(batch, options_, info_));
  FORGE_TRY(check_wanted(batch, candidates_.n, can_draw()));
  AbiBatch abi(batch, info_.pos_dims);
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    LoadedPart& part = *parts_[i];
    for (std::size_t b = 0; b < part.buffers.size(); ++b) {
      forge_buffer_v1& buffer = part.buffers[b];
      const forge_value_v1& value = part.part.graph.values[buffer.value];
      const std::size_t rows =
          value.rows == FORGE_ROWS_TOKENS ? batch.tokens.size() : batch.output_rows.size();
      buffer.n_bytes = rows * value.width * sizeof(float);
      const std::size_t source = part.sources[b];
      buffer.data = memory_of(source, batch);
      if (buffer.data != nullptr || buffer.n_bytes == 0) continue;
      if (source == kHidden) return internal_error("a batch brings no buffer for its hidden state");
      buffer.n_bytes = 0;  // not wanted, which a plan with candidates may say
    }
    abi.record.n_buffers = static_cast<std::uint32_t>(part.buffers.size());
    abi.record.buffers = part.buffer_pointers.data();
    forge_message message;
    const forge_status code =
        part.device->record().execute(part.plan, state.states_[i], &abi.record, &message);
    FORGE_TRY(from_abi(code, message).with_prefix("pack '" + part.device->pack_id() + "': "));
  }
  return {};
}

}  // namespace forge::graph
