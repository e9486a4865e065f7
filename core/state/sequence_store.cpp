#include "core/state/sequence_store.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "forge/sdk/graph.hpp"

namespace forge::state {

SequenceStore::SequenceStore(graph::Plan& plan, std::unique_ptr<graph::PlanState> state,
                             std::uint32_t n_blocks, std::uint32_t n_slots,
                             std::uint32_t n_sequences)
    : plan_(plan), state_(std::move(state)), pool_(n_blocks), sequences_(n_sequences) {
  for (std::uint32_t s = n_slots; s-- > 0;) free_slots_.push_back(s);
}

Result<std::unique_ptr<SequenceStore>> SequenceStore::create(graph::Plan& plan,
                                                             std::uint32_t n_positions,
                                                             std::uint32_t n_sequences,
                                                             std::uint32_t n_checkpoints) {
  const std::uint32_t n_blocks = sdk::blocks_for(n_positions);
  const std::uint32_t n_slots = plan.has_recurrent_state() ? n_sequences + n_checkpoints : 0;
  FORGE_ASSIGN(auto state, plan.create_state(n_blocks, n_slots));
  return std::unique_ptr<SequenceStore>(
      new SequenceStore(plan, std::move(state), n_blocks, n_slots, n_sequences));
}

Result<std::uint32_t> SequenceStore::take_slot() {
  if (free_slots_.empty())
    return resource_exhausted("all slots for recurrent state are in use; close a sequence");
  const std::uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  return slot;
}

Status SequenceStore::copy_slot(std::uint32_t from, std::uint32_t to) {
  return state_->copy_slots({&from, 1}, {&to, 1});
}

Result<SequenceId> SequenceStore::open() {
  const auto unused = std::find_if(sequences_.begin(), sequences_.end(),
                                   [](const Sequence& s) { return !s.is_open; });
  if (unused == sequences_.end())
    return resource_exhausted(
        fmt::format("all {} sequences are open; close one or allow more", sequences_.size()));
  Sequence sequence;
  sequence.is_open = true;
  if (plan_.has_recurrent_state()) {
    FORGE_ASSIGN(sequence.slot, take_slot());
    if (Status zeroed = copy_slot(FORGE_NONE, sequence.slot); !zeroed.ok()) {
      free_slots_.push_back(sequence.slot);
      return zeroed;
    }
  }
  *unused = std::move(sequence);
  return SequenceId{static_cast<std::uint32_t>(unused - sequences_.begin())};
}

void SequenceStore::close(SequenceId id) {
  Sequence& sequence = sequences_[id.value];
  drop_blocks(sequence, 0);
  drop_checkpoints_after(sequence, 0);
  for (const Checkpoint& c : sequence.checkpoints) free_slots_.push_back(c.slot);
  if (sequence.slot != FORGE_NONE) free_slots_.push_back(sequence.slot);
  sequence = Sequence();
}

Result<SequenceId> SequenceStore::fork(SequenceId id) {
  FORGE_ASSIGN(const SequenceId copy, open());
  const Sequence& from = sequences_[id.value];
  Sequence& to = sequences_[copy.value];
  if (to.slot != FORGE_NONE) {
    const Status copied = copy_slot(from.slot, to.slot);
    if (!copied.ok()) {
      close(copy);
      return copied;
    }
  }
  to.length = from.length;
  // Blocks that were reserved and hold nothing yet stay with their sequence alone.
  to.blocks.assign(from.blocks.begin(), from.blocks.begin() + sdk::blocks_for(from.length));
  for (const std::uint32_t block : to.blocks) pool_.share(block);
  return copy;
}

std::uint32_t SequenceStore::length(SequenceId id) const { return sequences_[id.value].length; }

Status SequenceStore::reserve(SequenceId id, std::uint32_t n) {
  Sequence& sequence = sequences_[id.value];
  // A block that others read too must be copied before this sequence writes into it.
  std::uint32_t* const partial = n > 0 && sequence.length % FORGE_KV_BLOCK_TOKENS != 0
                                     ? &sequence.blocks[sequence.length / FORGE_KV_BLOCK_TOKENS]
                                     : nullptr;
  const bool copies = partial != nullptr && pool_.shared(*partial);
  const std::uint64_t positions = std::uint64_t{sequence.length} + n;
  const std::uint64_t needed = (positions + FORGE_KV_BLOCK_TOKENS - 1) / FORGE_KV_BLOCK_TOKENS;
  const std::uint64_t fresh =
      (needed > sequence.blocks.size() ? needed - sequence.blocks.size() : 0) + (copies ? 1 : 0);
  if (fresh > pool_.n_free())  // before anything is taken: all or nothing
    return resource_exhausted(
        fmt::format("{} more KV blocks are needed and {} of {} are free; close a sequence or start "
                    "with a longer context",
                    fresh, pool_.n_free(), pool_.n_blocks()));
  if (copies) {
    FORGE_ASSIGN(const std::uint32_t own, pool_.allocate());
    const Status copied = state_->copy_blocks({partial, 1}, {&own, 1});
    if (!copied.ok()) {
      pool_.release(own);
      return copied;
    }
    pool_.release(*partial);
    *partial = own;
  }
  while (sequence.blocks.size() < needed) {
    FORGE_ASSIGN(const std::uint32_t block, pool_.allocate());
    sequence.blocks.push_back(block);
  }
  return {};
}

graph::BatchSequence SequenceStore::batch_sequence(SequenceId id, std::uint32_t first_row,
                                                   std::uint32_t n_rows) const {
  const Sequence& sequence = sequences_[id.value];
  graph::BatchSequence batch;
  batch.first_row = first_row;
  batch.n_rows = n_rows;
  batch.n_past = sequence.length;
  batch.slot = sequence.slot;
  batch.blocks = sequence.blocks;
  return batch;
}

void SequenceStore::advance(SequenceId id, std::uint32_t n) { sequences_[id.value].length += n; }

Status SequenceStore::checkpoint(SequenceId id) {
  Sequence& sequence = sequences_[id.value];
  if (sequence.slot == FORGE_NONE) return {};
  if (!sequence.checkpoints.empty() && sequence.checkpoints.back().position == sequence.length)
    return {};
  std::uint32_t slot = FORGE_NONE;
  if (free_slots_.empty() && !sequence.checkpoints.empty()) {
    slot = sequence.checkpoints.front().slot;
    sequence.checkpoints.erase(sequence.checkpoints.begin());
  } else {
    FORGE_ASSIGN(slot, take_slot());
  }
  if (Status copied = copy_slot(sequence.slot, slot); !copied.ok()) {
    free_slots_.push_back(slot);
    return copied;
  }
  sequence.checkpoints.push_back({sequence.length, slot});
  return {};
}

void SequenceStore::drop_blocks(Sequence& sequence, std::uint32_t keep_positions) {
  const std::uint32_t keep = sdk::blocks_for(keep_positions);
  while (sequence.blocks.size() > keep) {
    pool_.release(sequence.blocks.back());
    sequence.blocks.pop_back();
  }
}

void SequenceStore::drop_checkpoints_after(Sequence& sequence, std::uint32_t position) {
  while (!sequence.checkpoints.empty() && sequence.checkpoints.back().position > position) {
    free_slots_.push_back(sequence.checkpoints.back().slot);
    sequence.checkpoints.pop_back();
  }
}

Result<std::uint32_t> SequenceStore::truncate(SequenceId id, std::uint32_t n) {
  Sequence& sequence = sequences_[id.value];
  if (n >= sequence.length) {
    drop_blocks(sequence, sequence.length);  // what was reserved and not used
    return sequence.length;
  }
  std::uint32_t target = n;
  if (sequence.slot != FORGE_NONE) {
    drop_checkpoints_after(sequence, n);
    const bool none = sequence.checkpoints.empty();
    target = none ? 0 : sequence.checkpoints.back().position;
    FORGE_TRY(copy_slot(none ? FORGE_NONE : sequence.checkpoints.back().slot, sequence.slot));
  }
  drop_blocks(sequence, target);
  sequence.length = target;
  return target;
}

// ---------------------------------------------------------------- save and load

namespace {

// Fixed head of saved bytes; then the layout text, the blocks, the slot.
struct SavedHeader {
  char magic[8];
  std::uint32_t length;
  std::uint32_t layout_size;
  std::uint64_t state_per_block;
  std::uint64_t state_per_slot;
};
static_assert(sizeof(SavedHeader) == 32);

constexpr char kMagic[8] = {'F', 'O', 'R', 'G', 'E', 'K', 'V', '1'};

}  // namespace

Result<std::vector<std::byte>> SequenceStore::save(SequenceId id) {
  const Sequence& sequence = sequences_[id.value];
  const std::string layout = plan_.state_layout();
  const std::uint32_t n_blocks = sdk::blocks_for(sequence.length);
  SavedHeader header = {};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  header.length = sequence.length;
  header.layout_size = static_cast<std::uint32_t>(layout.size());
  header.state_per_block = plan_.memory().state_per_block;
  header.state_per_slot = plan_.memory().state_per_slot;
  std::vector<std::byte> bytes(sizeof(header) + layout.size() + n_blocks * header.state_per_block +
                               header.state_per_slot);
  std::byte* to = bytes.data();
  std::memcpy(to, &header, sizeof(header));
  to += sizeof(header);
  std::memcpy(to, layout.data(), layout.size());
  to += layout.size();
  FORGE_TRY(state_->read_blocks(std::span(sequence.blocks).first(n_blocks), to));
  if (sequence.slot != FORGE_NONE)
    FORGE_TRY(state_->read_slot(sequence.slot, to + n_blocks * header.state_per_block));
  return bytes;
}

Result<SequenceId> SequenceStore::load(std::span<const std::byte> bytes) {
  SavedHeader header;
  if (bytes.size() < sizeof(header)) return data_loss("the saved state is cut off");
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (std::memcmp(header.magic, kMagic, sizeof(kMagic)) != 0)
    return invalid_argument("this is not a saved state of this version");
  const std::string layout = plan_.state_layout();
  const std::span<const std::byte> rest = bytes.subspan(sizeof(header));
  if (header.layout_size != layout.size() || rest.size() < layout.size() ||
      std::memcmp(rest.data(), layout.data(), layout.size()) != 0 ||
      header.state_per_block != plan_.memory().state_per_block ||
      header.state_per_slot != plan_.memory().state_per_slot)
    return failed_precondition(
        fmt::format("the saved state was made with another kernel pack, KV type or model; this one "
                    "needs '{}'",
                    layout));
  const std::uint64_t n_blocks = sdk::blocks_for(header.length);
  if (rest.size() != layout.size() + n_blocks * header.state_per_block + header.state_per_slot)
    return data_loss("the saved state is cut off or has bytes too many");
  FORGE_ASSIGN(const SequenceId id, open());
  const auto fill = [&]() -> Status {
    FORGE_TRY(reserve(id, header.length));
    Sequence& sequence = sequences_[id.value];
    FORGE_TRY(state_->write_blocks(sequence.blocks, rest.data() + layout.size()));
    if (sequence.slot != FORGE_NONE)
      FORGE_TRY(state_->write_slot(
          sequence.slot, rest.data() + layout.size() + n_blocks * header.state_per_block));
    sequence.length = header.length;
    return {};
  };
  const Status filled = fill();
  if (!filled.ok()) {
    close(id);
    return filled;
  }
  return id;
}

}  // namespace forge::state
