#include "plugins/hip/runtime/step_inputs.hpp"

#include <algorithm>
#include <cstring>

#include "forge/sdk/codec_lookup.hpp"

namespace forge::hip {
namespace {

// Entries of block tables that a plan has room for from the start: 1 Mi positions over all
// sequences. The buffer grows when a batch needs more.
constexpr std::uint64_t kTableEntries = 32768;

template <class T>
std::uint64_t section(std::uint64_t n) {
  return StepBuffer::section_bytes(n * sizeof(T));
}

std::uint64_t width_of(const forge_graph_v1& graph, std::uint32_t value) {
  return graph.values[value]->width;
}

// Bytes of all sections but the block tables.
struct Sizes {
  const forge_graph_v1& graph;
  std::uint64_t n_rows, n_outputs;

  std::uint64_t rows() const {
    return section<RowInfo>(n_rows) + section<std::uint32_t>(n_outputs);
  }
  std::uint64_t attention(std::uint64_t n_items) const {
    return section<AttentionItem>(n_items) + section<std::uint32_t>(n_rows);
  }
  std::uint64_t rope(std::uint64_t n_pairs) const { return section<float>(n_rows * 2 * n_pairs); }
  std::uint64_t value(std::uint32_t v) const {
    const bool tokens = graph.values[v]->rows == FORGE_ROWS_TOKENS;
    return section<float>((tokens ? n_rows : n_outputs) * width_of(graph, v));
  }
};

}  // namespace

Result<StepInputs> StepInputs::create(const forge_graph_v1& graph, const Program& program) {
  StepInputs inputs;
  inputs.graph_ = &graph;
  inputs.shapes_ = program.attention;
  for (const RopeTable& table : program.rope_tables) {
    std::vector<float> factors;
    if (table.factors != FORGE_NONE) {
      const forge_tensor_v1& weight = *graph.weights[table.factors];
      const forge_codec_v1* codec = sdk::find_codec(weight.type);
      if (codec == nullptr) return internal_error("a weight's codec is gone");
      factors.resize(weight.shape[0]);
      codec->dequantize(weight.data, factors.data(), factors.size());
    }
    inputs.angles_.emplace_back(table.params, factors.empty() ? nullptr : factors.data());
  }
  for (const Embedding& embedding : program.embeddings) {
    const forge_tensor_v1* weight = graph.weights[embedding.weight];
    const forge_codec_v1* codec = sdk::find_codec(weight->type);
    if (codec == nullptr) return internal_error("the embedding's codec is gone");
    inputs.tables_.push_back({embedding, codec, weight});
  }
  return inputs;
}

std::uint64_t StepInputs::capacity(const forge_graph_v1& graph, const Program& program,
                                   const forge_plan_options_v1& options) {
  const Sizes sizes = {graph, options.max_rows, options.max_outputs};
  std::uint64_t bytes = sizes.rows() + section<std::uint32_t>(kTableEntries);
  bytes += program.attention.size() * sizes.attention(options.max_rows);
  for (const RopeTable& table : program.rope_tables) bytes += sizes.rope(table.params.n_rot / 2);
  for (const Embedding& embedding : program.embeddings) bytes += sizes.value(embedding.value);
  for (std::uint32_t i = 0; i < graph.n_inputs; ++i) bytes += sizes.value(graph.inputs[i]);
  return bytes;
}

std::uint64_t StepInputs::bytes(const forge_batch_v1& batch) const {
  const Sizes sizes = {*graph_, batch.n_rows, batch.n_output_rows};
  std::uint64_t bytes = sizes.rows();
  for (const AttentionCut& cut : cuts_) bytes += sizes.attention(cut.items.size());
  for (const sdk::RopeAngles& angles : angles_) bytes += sizes.rope(angles.n_pairs());
  for (const Table& table : tables_) bytes += sizes.value(table.embedding.value);
  for (std::uint32_t i = 0; i < graph_->n_inputs; ++i) bytes += sizes.value(graph_->inputs[i]);
  std::uint64_t n_blocks = 0;
  for (std::uint32_t s = 0; s < batch.n_sequences; ++s) n_blocks += batch.sequences[s]->n_blocks;
  return bytes + section<std::uint32_t>(n_blocks);
}

void StepInputs::cut(const forge_batch_v1& batch, std::uint32_t columns, std::uint32_t n_full) {
  cuts_.clear();
  for (const AttentionShape& shape : shapes_)
    cuts_.push_back(cut_attention(shape, columns, n_full, batch));
}

Status StepInputs::fill(const forge_batch_v1& batch, StepBuffer& buffer, Execution& x) const {
  FORGE_TRY(buffer.begin(bytes(batch)));
  x.n_rows[FORGE_ROWS_TOKENS] = batch.n_rows;
  x.n_rows[FORGE_ROWS_OUTPUTS] = batch.n_output_rows;
  fill_rows(batch, buffer, x);
  fill_attention(buffer, x);
  fill_rope(batch, buffer, x);
  fill_embeddings(batch, buffer, x);
  fill_values(batch, buffer, x);
  // Last, because their length changes from step to step.
  std::uint64_t n_blocks = 0;
  for (std::uint32_t s = 0; s < batch.n_sequences; ++s) n_blocks += batch.sequences[s]->n_blocks;
  const auto tables = buffer.add<std::uint32_t>(n_blocks);
  x.tables = tables.device;
  std::uint32_t* to = tables.host;
  for (std::uint32_t s = 0; s < batch.n_sequences; ++s) {
    const forge_sequence_v1& sequence = *batch.sequences[s];
    to = std::copy_n(sequence.blocks, sequence.n_blocks, to);
  }
  return {};
}

void StepInputs::fill_rows(const forge_batch_v1& batch, StepBuffer& buffer, Execution& x) const {
  x.host_rows.clear();
  std::uint32_t table = 0;
  for (std::uint32_t s = 0; s < batch.n_sequences; ++s) {
    const forge_sequence_v1& sequence = *batch.sequences[s];
    for (std::uint32_t i = 0; i < sequence.n_rows; ++i)
      x.host_rows.push_back({sequence.n_past + i, table});
    table += sequence.n_blocks;
  }
  x.rows = buffer.add(std::span<const RowInfo>(x.host_rows));
  x.output_rows =
      buffer.add(std::span<const std::uint32_t>(batch.output_rows, batch.n_output_rows));
}

void StepInputs::fill_attention(StepBuffer& buffer, Execution& x) const {
  x.attention.clear();
  for (const AttentionCut& cut : cuts_) {
    const AttentionItem* items = buffer.add(std::span<const AttentionItem>(cut.items));
    x.attention.push_back(
        {&cut, items, buffer.add(std::span<const std::uint32_t>(cut.merge_first))});
  }
}

void StepInputs::fill_rope(const forge_batch_v1& batch, StepBuffer& buffer, Execution& x) const {
  x.rope_tables.clear();
  for (const sdk::RopeAngles& angles : angles_) {
    const std::uint64_t n = angles.n_pairs();
    const auto table = buffer.add<float>(std::uint64_t{batch.n_rows} * 2 * n);
    x.rope_tables.push_back(table.device);
    for (std::uint32_t r = 0; r < batch.n_rows; ++r) {
      float* row = table.host + std::uint64_t{r} * 2 * n;
      angles.fill(batch.positions + r, batch.n_rows, row, row + n);
    }
  }
}

void StepInputs::fill_embeddings(const forge_batch_v1& batch, StepBuffer& buffer,
                                 Execution& x) const {
  for (const Table& table : tables_) {
    const std::uint64_t n = table.weight->shape[0];
    const std::uint64_t row_bytes = n / table.codec->block_elements * table.codec->block_bytes;
    const auto rows = buffer.add<float>(batch.n_rows * n);
    x.values[table.embedding.value].base = rows.device;
    for (std::uint32_t r = 0; r < batch.n_rows; ++r) {
      const auto token = static_cast<std::uint64_t>(batch.tokens[r]);
      float* to = rows.host + r * n;
      table.codec->dequantize(
          static_cast<const std::uint8_t*>(table.weight->data) + token * row_bytes, to, n);
      if (table.embedding.scale == 1.0f) continue;
      for (std::uint64_t i = 0; i < n; ++i) to[i] *= table.embedding.scale;
    }
  }
}

void StepInputs::fill_values(const forge_batch_v1& batch, StepBuffer& buffer, Execution& x) const {
  for (std::uint32_t i = 0; i < graph_->n_inputs; ++i) {
    const std::uint32_t value = graph_->inputs[i];
    const std::uint64_t n =
        std::uint64_t{x.n_rows[graph_->values[value]->rows]} * width_of(*graph_, value);
    const auto rows = buffer.add<float>(n);
    x.values[value].base = rows.device;
    for (std::uint32_t b = 0; b < batch.n_buffers; ++b) {
      if (batch.buffers[b]->value == value && n != 0)
        std::memcpy(rows.host, batch.buffers[b]->data, n * sizeof(float));
    }
  }
}

}  // namespace forge::hip
