// core/engine/engine.hpp: a model loaded onto packs, and the memory of its sequences.
#ifndef FORGE_CORE_ENGINE_ENGINE_HPP_
#define FORGE_CORE_ENGINE_ENGINE_HPP_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/engine/model.hpp"
#include "core/graph/plan.hpp"
#include "core/state/sequence_store.hpp"
#include "forge/sdk/status.hpp"

namespace forge::engine {

// How many of the best tokens a pack that can pick them hands over. The default chain's top-k of 40
// and a penalised window of 64 tokens fit (Sampler::candidates_suffice).
inline constexpr std::uint32_t kCandidates = 128;

struct EngineOptions {
  std::uint32_t n_ctx = 0;      // positions per sequence; 0: as trained, less where memory is short
  std::uint32_t n_batch = 512;  // most token rows of one step
  std::uint32_t n_sequences = 1;  // most sequences at the same time
  // Most logits rows of one step; 0: one per sequence, and candidates may be asked for instead.
  std::uint32_t n_outputs = 0;
  std::uint32_t type_k = FORGE_TYPE_F16;
  std::uint32_t type_v = FORGE_TYPE_F16;
  // Bytes of the computer's memory that weights, scratch and state may take together; 0: what it
  // has to spare. Devices with memory of their own have a budget each (graph::DeviceOptions).
  std::uint64_t memory_limit = 0;
};

// Tokens that continue one sequence in a step.
struct StepInput {
  state::SequenceId sequence;
  std::span<const std::int32_t> tokens;
  std::span<const std::uint32_t> outputs;  // indices into tokens whose logits are wanted, rising
};

// What comes of each wanted row instead of its logits; nullptr: not wanted.
struct Candidates {
  // The best tokens, best first: [rows, Engine::n_candidates()].
  std::int32_t* tokens = nullptr;
  float* logits = nullptr;
  // A token drawn from them all, and how: [rows]; only with Engine::can_draw().
  std::int32_t* drawn = nullptr;
  const forge_draw_settings_v1* draw_settings = nullptr;
};

// Thread-compatible: one step at a time.
class Engine {
 public:
  // packs: in order of preference. Checks that everything fits into memory before the first weight
  // is loaded; kResourceExhausted lists every term.
  static Result<std::unique_ptr<Engine>> create(
      std::shared_ptr<const Model> model,
      const std::vector<std::shared_ptr<graph::PackDevice>>& packs, const EngineOptions& options,
      const graph::Progress& progress);

  const Model& model() const { return *model_; }
  graph::Plan& plan() { return *plan_; }
  state::SequenceStore& sequences() { return *sequences_; }

  std::uint32_t n_ctx() const { return n_ctx_; }
  std::uint32_t n_batch() const { return plan_->options().max_rows; }
  std::uint32_t n_vocab() const { return model_->info().n_vocab; }
  // Of a row, from a step that wants no logits; 0: there is no such step.
  std::uint32_t n_candidates() const { return plan_->n_candidates(); }
  bool can_draw() const { return plan_->can_draw(); }

  // Runs one step: reserves positions, executes, advances the sequences. logits receives one row
  // [n_vocab] per wanted output, inputs in order. On an error the sequences are as before.
  Status step(std::span<const StepInput> inputs, float* logits);
  // The same, but only what `best` asks for comes; only with n_candidates().
  Status step(std::span<const StepInput> inputs, const Candidates& best);

  // Appends tokens to a sequence in as many steps as they need. logits: [n_vocab] of the last
  // token, or nullptr.
  Status evaluate(state::SequenceId sequence, std::span<const std::int32_t> tokens, float* logits);

 private:
  Engine() = default;
  Status run(std::span<const StepInput> inputs, float* logits, const Candidates& best);
  Status reserve(std::span<const StepInput> inputs);
  void gather(std::span<const StepInput> inputs);

  std::shared_ptr<const Model> model_;
  std::unique_ptr<graph::Plan> plan_;
  std::unique_ptr<state::SequenceStore> sequences_;
  std::uint32_t n_ctx_ = 0;
  // One step's rows; kept to save allocations.
  std::vector<std::int32_t> tokens_, positions_;
  std::vector<std::uint32_t> output_rows_;
  std::vector<graph::BatchSequence> batch_sequences_;
};

}  // namespace forge::engine

#endif  // FORGE_CORE_ENGINE_ENGINE_HPP_
