#include "core/conformance/runner.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>

#include "core/base/host_services.hpp"
#include "forge/sdk/graph.hpp"

namespace forge::conformance {

Outputs::Outputs(const Case& c) {
  for (const std::uint32_t v : c.graph.outputs) {
    widths_.push_back(c.graph.values[v].width);
    auto& values = values_.emplace_back();
    auto& has = has_.emplace_back();
    for (const std::uint32_t length : c.lengths) {
      values.emplace_back(length * widths_.back());
      has.emplace_back(length, false);
    }
  }
}

namespace {

// Bit pattern of a NaN in f32 and f16: whoever reads it where nothing was written shows it.
constexpr std::byte kRubbish{0xff};

// A plan and a state of a pack, and the batches' C records.
class Execution {
 public:
  Execution(const graph::PackDevice& device, const Case& c, const Schedule& schedule)
      : device_(device), pack_(device.record()), case_(c), schedule_(schedule), view_(c.graph) {}
  ~Execution() {
    if (state_ != nullptr) pack_.state_destroy(state_);
    if (plan_ != nullptr) pack_.plan_destroy(plan_);
  }
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  Result<Outputs> run() {
    FORGE_TRY(compile());
    FORGE_TRY(make_state());
    Outputs outputs(case_);
    for (const Step& step : schedule_.steps) {
      if (step.relocate) FORGE_TRY(relocate());
      FORGE_TRY(execute(step, outputs));
    }
    return outputs;
  }

 private:
  template <class Call>
  Status call(const char* slot, Call&& make) const {
    forge_message message;
    return from_abi(make(&message), message).with_prefix(std::string(slot) + ": ");
  }

  Status compile() {
    forge_plan_options_v1 options = {};
    options.struct_size = sizeof(options);
    options.max_rows = schedule_.max_rows;
    options.max_outputs = schedule_.max_rows;
    options.max_sequences = schedule_.max_sequences;
    memory_.struct_size = sizeof(memory_);
    FORGE_TRY(call("plan_memory", [&](forge_message* m) {
      return pack_.plan_memory(device_.handle(), view_.get(), &options, &memory_, m);
    }));
    return call("plan_compile", [&](forge_message* m) {
      return pack_.plan_compile(device_.handle(), view_.get(), &options, nullptr, &plan_, m);
    });
  }

  bool has_state(std::uint32_t kind) const {
    return std::any_of(case_.graph.states.begin(), case_.graph.states.end(),
                       [&](const forge_state_v1& s) { return s.kind == kind; });
  }

  // Twice the blocks and slots that are needed, given out in any order: the other half is where
  // relocate() goes.
  Status make_state() {
    const auto n = static_cast<std::uint32_t>(case_.lengths.size());
    std::uint32_t n_blocks = 0;
    for (const std::uint32_t length : case_.lengths) n_blocks += sdk::blocks_for(length);
    FORGE_TRY(call("state_create", [&](forge_message* m) {
      return pack_.state_create(plan_, 2 * n_blocks, 2 * n, &state_, m);
    }));
    Random random(schedule_.seed);
    const std::vector<std::uint32_t> blocks = shuffled(2 * n_blocks, random);
    const std::vector<std::uint32_t> slots = shuffled(2 * n, random);
    std::size_t next = 0;
    for (std::uint32_t s = 0; s < n; ++s) {
      const auto first = blocks.begin() + static_cast<std::ptrdiff_t>(next);
      const std::uint32_t count = sdk::blocks_for(case_.lengths[s]);
      blocks_.emplace_back(first, first + count);
      spare_blocks_.emplace_back(first + n_blocks, first + n_blocks + count);
      next += count;
      slots_.push_back(slots[s]);
      spare_slots_.push_back(slots[n + s]);
    }
    past_.assign(n, 0);
    if (has_state(FORGE_STATE_KV)) FORGE_TRY(spoil_blocks(blocks));
    if (has_state(FORGE_STATE_RECURRENT)) FORGE_TRY(clear_slots(slots));
    return {};
  }

  static std::vector<std::uint32_t> shuffled(std::uint32_t n, Random& random) {
    std::vector<std::uint32_t> list(n);
    std::iota(list.begin(), list.end(), 0u);
    for (std::uint32_t i = n; i > 1; --i) std::swap(list[i - 1], list[random.below(i)]);
    return list;
  }

  static std::uint32_t count(const std::vector<std::uint32_t>& list) {
    return static_cast<std::uint32_t>(list.size());
  }

  // "The contents of blocks are undefined until written."
  Status spoil_blocks(const std::vector<std::uint32_t>& blocks) {
    const std::vector<std::byte> rubbish(memory_.state_per_block * blocks.size(), kRubbish);
    return call("state_write_blocks", [&](forge_message* m) {
      return pack_.state_write_blocks(state_, blocks.data(), count(blocks), rubbish.data(), m);
    });
  }

  // Rubbish, then zeros.
  Status clear_slots(const std::vector<std::uint32_t>& slots) {
    const std::vector<std::byte> rubbish(memory_.state_per_slot * slots.size(), kRubbish);
    const std::vector<std::uint32_t> none(slots.size(), FORGE_NONE);
    FORGE_TRY(call("state_write_slots", [&](forge_message* m) {
      return pack_.state_write_slots(state_, slots.data(), count(slots), rubbish.data(), m);
    }));
    return call("state_copy_slots", [&](forge_message* m) {
      return pack_.state_copy_slots(state_, none.data(), slots.data(), count(slots), m);
    });
  }

  // Sequences with even numbers move by copies on the device, the others through host memory; then
  // the old places are spoilt.
  Status relocate() {
    for (std::uint32_t s = 0; s < blocks_.size(); ++s) {
      if (has_state(FORGE_STATE_KV)) FORGE_TRY(move_blocks(s));
      if (has_state(FORGE_STATE_RECURRENT)) FORGE_TRY(move_slot(s));
    }
    return {};
  }

  Status move_blocks(std::uint32_t s) {
    std::vector<std::uint32_t>& from = blocks_[s];
    std::vector<std::uint32_t>& to = spare_blocks_[s];
    if (s % 2 == 0) {
      FORGE_TRY(call("state_copy_blocks", [&](forge_message* m) {
        return pack_.state_copy_blocks(state_, from.data(), to.data(), count(from), m);
      }));
    } else {
      std::vector<std::byte> bytes(memory_.state_per_block * from.size());
      FORGE_TRY(call("state_read_blocks", [&](forge_message* m) {
        return pack_.state_read_blocks(state_, from.data(), count(from), bytes.data(), m);
      }));
      FORGE_TRY(call("state_write_blocks", [&](forge_message* m) {
        return pack_.state_write_blocks(state_, to.data(), count(to), bytes.data(), m);
      }));
    }
    std::swap(from, to);
    return spoil_blocks(to);
  }

  Status move_slot(std::uint32_t s) {
    const std::uint32_t from = slots_[s];
    const std::uint32_t to = spare_slots_[s];
    std::vector<std::byte> bytes(memory_.state_per_slot);
    if (s % 2 == 0) {
      FORGE_TRY(call("state_copy_slots", [&](forge_message* m) {
        return pack_.state_copy_slots(state_, &from, &to, 1, m);
      }));
    } else {
      FORGE_TRY(call("state_read_slots", [&](forge_message* m) {
        return pack_.state_read_slots(state_, &from, 1, bytes.data(), m);
      }));
      FORGE_TRY(call("state_write_slots", [&](forge_message* m) {
        return pack_.state_write_slots(state_, &to, 1, bytes.data(), m);
      }));
    }
    std::swap(slots_[s], spare_slots_[s]);
    std::fill(bytes.begin(), bytes.end(), kRubbish);
    return call("state_write_slots", [&](forge_message* m) {
      return pack_.state_write_slots(state_, &from, 1, bytes.data(), m);
    });
  }

  Status execute(const Step& step, Outputs& outputs) {
    std::vector<RowId> rows;
    std::vector<forge_sequence_v1> sequences;
    for (const Chunk& chunk : step.chunks) {
      forge_sequence_v1& sequence = sequences.emplace_back();
      sequence.struct_size = sizeof(sequence);
      sequence.first_row = static_cast<std::uint32_t>(rows.size());
      sequence.n_rows = chunk.n_rows;
      sequence.n_past = past_[chunk.sequence];
      sequence.slot =
          has_state(FORGE_STATE_RECURRENT) ? slots_[chunk.sequence] : std::uint32_t{FORGE_NONE};
      sequence.n_blocks = sdk::blocks_for(sequence.n_past + chunk.n_rows);
      sequence.blocks = blocks_[chunk.sequence].data();
      for (std::uint32_t i = 0; i < chunk.n_rows; ++i)
        rows.push_back({chunk.sequence, past_[chunk.sequence]++});
    }
    std::vector<RowId> output_rows;
    output_rows.reserve(step.output_rows.size());
    for (const std::uint32_t r : step.output_rows) output_rows.push_back(rows[r]);
    bind(rows, output_rows);

    std::vector<const forge_sequence_v1*> pointers;
    pointers.reserve(sequences.size());
    for (const forge_sequence_v1& sequence : sequences) pointers.push_back(&sequence);
    std::vector<const forge_buffer_v1*> buffers;
    buffers.reserve(buffers_.size());
    for (const forge_buffer_v1& buffer : buffers_) buffers.push_back(&buffer);
    forge_batch_v1 batch = {};
    batch.struct_size = sizeof(batch);
    batch.n_rows = static_cast<std::uint32_t>(rows.size());
    batch.tokens = tokens_.data();
    batch.positions = positions_.data();
    batch.pos_dims = case_.pos_dims;
    batch.n_sequences = static_cast<std::uint32_t>(pointers.size());
    batch.sequences = pointers.data();
    batch.output_rows = step.output_rows.data();
    batch.n_output_rows = static_cast<std::uint32_t>(step.output_rows.size());
    batch.n_buffers = static_cast<std::uint32_t>(buffers.size());
    batch.buffers = buffers.data();
    FORGE_TRY(
        call("execute", [&](forge_message* m) { return pack_.execute(plan_, state_, &batch, m); }));
    collect(rows, output_rows, outputs);
    return {};
  }

  // Tokens, positions and buffers of a batch; outputs start as NaN.
  void bind(const std::vector<RowId>& rows, const std::vector<RowId>& output_rows) {
    tokens_.clear();
    positions_.assign(rows.size() * case_.pos_dims, 0);
    std::vector<std::int32_t> place(case_.pos_dims);
    for (std::size_t r = 0; r < rows.size(); ++r) {
      tokens_.push_back(token_of(case_, rows[r]));
      std::fill(place.begin(), place.end(), static_cast<std::int32_t>(rows[r].position));
      if (case_.place) case_.place(rows[r], place);
      for (std::size_t d = 0; d < place.size(); ++d) positions_[d * rows.size() + r] = place[d];
    }
    const graph::Graph& graph = case_.graph;
    data_.clear();
    buffers_.clear();
    for (const auto* list : {&graph.inputs, &graph.outputs}) {
      for (std::uint32_t i = 0; i < list->size(); ++i) {
        const forge_value_v1& value = graph.values[(*list)[i]];
        const auto& ids = value.rows == FORGE_ROWS_TOKENS ? rows : output_rows;
        std::vector<float>& data =
            data_.emplace_back(std::max<std::size_t>(ids.size(), 1) * value.width,
                               std::numeric_limits<float>::quiet_NaN());
        for (std::size_t r = 0; r < ids.size() && list == &graph.inputs; ++r)
          case_.fill(i, ids[r], std::span(data).subspan(r * value.width, value.width));
        forge_buffer_v1& buffer = buffers_.emplace_back();
        buffer.struct_size = sizeof(buffer);
        buffer.value = (*list)[i];
        buffer.data = data.data();
        buffer.n_bytes = ids.size() * value.width * sizeof(float);
      }
    }
  }

  void collect(const std::vector<RowId>& rows, const std::vector<RowId>& output_rows,
               Outputs& outputs) const {
    const graph::Graph& graph = case_.graph;
    for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
      const forge_value_v1& value = graph.values[graph.outputs[i]];
      const auto& ids = value.rows == FORGE_ROWS_TOKENS ? rows : output_rows;
      const std::vector<float>& data = data_[graph.inputs.size() + i];
      for (std::size_t r = 0; r < ids.size(); ++r) {
        std::copy_n(data.begin() + static_cast<std::ptrdiff_t>(r * value.width), value.width,
                    outputs.row(i, ids[r]).begin());
        outputs.mark(i, ids[r]);
      }
    }
  }

  const graph::PackDevice& device_;
  const forge_plugin_kernel_pack_v1& pack_;
  const Case& case_;
  const Schedule& schedule_;
  const graph::GraphView view_;
  forge_plan_memory_v1 memory_ = {};
  forge_pack_plan* plan_ = nullptr;
  forge_pack_state* state_ = nullptr;
  std::vector<std::vector<std::uint32_t>> blocks_, spare_blocks_;  // per sequence
  std::vector<std::uint32_t> slots_, spare_slots_, past_;
  // Of the batch under way.
  std::vector<std::int32_t> tokens_, positions_;
  std::vector<std::vector<float>> data_;
  std::vector<forge_buffer_v1> buffers_;
};

}  // namespace

Result<Outputs> run(const graph::PackDevice& device, const Case& c, const Schedule& schedule) {
  return Execution(device, c, schedule).run();
}

}  // namespace forge::conformance
