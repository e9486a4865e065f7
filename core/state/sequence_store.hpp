// core/state/sequence_store.hpp: the memory of sequences: fork, truncate, checkpoint, save, load.
//
// A sequence is a list of KV blocks (shared with its forks until one of them writes) and, in models
// that have recurrent state, a slot. Prefix reuse, sessions on disk and speculation are built from
// these few verbs.
#ifndef FORGE_CORE_STATE_SEQUENCE_STORE_HPP_
#define FORGE_CORE_STATE_SEQUENCE_STORE_HPP_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/graph/plan.hpp"
#include "core/state/block_pool.hpp"
#include "forge/sdk/status.hpp"

namespace forge::state {

// Handle of an open sequence; valid until close().
struct SequenceId {
  std::uint32_t value = FORGE_NONE;
  bool operator==(const SequenceId&) const = default;
};

// Thread-compatible, together with its plan. Calls with an id that is not open are programmer
// errors and answer kInternal where they can.
class SequenceStore {
 public:
  // n_positions: how many positions all sequences together may hold (rounded up to whole blocks);
  // n_sequences: how many may be open; n_checkpoints: extra slots for models with recurrent state.
  static Result<std::unique_ptr<SequenceStore>> create(graph::Plan& plan, std::uint32_t n_positions,
                                                       std::uint32_t n_sequences,
                                                       std::uint32_t n_checkpoints = 0);

  Result<SequenceId> open();
  void close(SequenceId id);

  // A second sequence with the same past. Costs no memory until one of them grows.
  Result<SequenceId> fork(SequenceId id);

  // Positions the sequence holds.
  std::uint32_t length(SequenceId id) const;
  // Positions that can still be reserved, with what other sequences hold now.
  std::uint32_t n_free_positions() const { return pool_.n_free() * FORGE_KV_BLOCK_TOKENS; }

  // Makes room for n more positions: the blocks they fall into are the sequence's own afterwards.
  // On an error nothing has changed.
  Status reserve(SequenceId id, std::uint32_t n);
  // The sequence's part of a batch that appends n_rows positions; needs reserve() before. Valid
  // until the next call that changes the sequence.
  graph::BatchSequence batch_sequence(SequenceId id, std::uint32_t first_row,
                                      std::uint32_t n_rows) const;
  // Tells that n reserved positions were written.
  void advance(SequenceId id, std::uint32_t n);

  // Remembers the recurrent state at the present length, dropping the oldest checkpoint of the
  // sequence when slots run out. Nothing to do for models without.
  Status checkpoint(SequenceId id);

  // Forgets positions from n on and answers the length then: n, or for models with recurrent state
  // the position of the last checkpoint at or before n (the caller evaluates the rest again).
  Result<std::uint32_t> truncate(SequenceId id, std::uint32_t n);

  // The sequence's past as bytes, and a new sequence from them. Bytes only fit a plan of the same
  // layout (Plan::state_layout()); damaged or foreign ones are refused with the reason.
  Result<std::vector<std::byte>> save(SequenceId id);
  Result<SequenceId> load(std::span<const std::byte> bytes);

  graph::PlanState& plan_state() { return *state_; }

 private:
  struct Checkpoint {
    std::uint32_t position;
    std::uint32_t slot;
  };
  struct Sequence {
    bool is_open = false;
    std::uint32_t length = 0;
    std::vector<std::uint32_t> blocks;
    std::uint32_t slot = FORGE_NONE;
    std::vector<Checkpoint> checkpoints;  // by rising position
  };

  SequenceStore(graph::Plan& plan, std::unique_ptr<graph::PlanState> state, std::uint32_t n_blocks,
                std::uint32_t n_slots, std::uint32_t n_sequences);

  Result<std::uint32_t> take_slot();
  Status copy_slot(std::uint32_t from, std::uint32_t to);
  void drop_blocks(Sequence& sequence, std::uint32_t keep_positions);
  void drop_checkpoints_after(Sequence& sequence, std::uint32_t position);

  graph::Plan& plan_;
  std::unique_ptr<graph::PlanState> state_;
  BlockPool pool_;
  std::vector<std::uint32_t> free_slots_;
  std::vector<Sequence> sequences_;
};

}  // namespace forge::state

#endif  // FORGE_CORE_STATE_SEQUENCE_STORE_HPP_
