// core/graph/plan.hpp: a graph made ready to run on the packs at hand.
//
//   prepare: every node goes to the first pack that can run it (converting weights where that
//   helps),
//            neighbours are fused, the graph is cut into parts, memory is planned. Nothing is
//            allocated.
//   load:    each part is compiled by its pack: weights bound, repacked, uploaded.
//   execute: one step of any number of sequences.
#ifndef FORGE_CORE_GRAPH_PLAN_HPP_
#define FORGE_CORE_GRAPH_PLAN_HPP_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/graph/graph.hpp"
#include "core/graph/pack_device.hpp"
#include "core/graph/passes.hpp"
#include "forge/sdk/status.hpp"

namespace forge::graph {

struct PlanOptions {
  std::uint32_t max_rows = 512;           // most token rows of a batch
  std::uint32_t max_outputs = 1;          // most output rows of a batch
  std::uint32_t max_sequences = 1;        // most sequences of a batch
  std::uint32_t type_k = FORGE_TYPE_F16;  // element types of KV states
  std::uint32_t type_v = FORGE_TYPE_F16;
  bool hidden = false;  // the final hidden state is wanted beside the logits
  // So many of the best tokens of an output row may be wanted instead of its logits; 0: never.
  std::uint32_t n_candidates = 0;
};

// Bytes, summed over the parts.
struct PlanMemory {
  std::uint64_t weights = 0;
  std::uint64_t scratch = 0;
  std::uint64_t state_per_block = 0;
  std::uint64_t state_per_slot = 0;
};

// One sequence's rows in a batch; see forge_sequence_v1.
struct BatchSequence {
  std::uint32_t first_row = 0;
  std::uint32_t n_rows = 0;
  std::uint32_t n_past = 0;
  std::uint32_t slot = FORGE_NONE;
  std::span<const std::uint32_t> blocks;
};

// For a row that none is drawn of.
inline constexpr forge_draw_settings_v1 kDrawNothing = {1, 0, 0, 1, 0};

// One step's input and where its output goes. Everything is borrowed for the call.
struct Batch {
  std::span<const std::int32_t> tokens;
  std::span<const std::int32_t> positions;  // [pos_dims, n_rows]
  std::span<const BatchSequence> sequences;
  std::span<const std::uint32_t> output_rows;  // rising
  float* logits = nullptr;  // [output rows, n_vocab]; nullptr: what follows is enough
  // The best tokens and their logits as FORGE_OP_TOP_K has them, [output rows, n_candidates()];
  // nullptr: not wanted.
  std::int32_t* candidates = nullptr;
  float* candidate_logits = nullptr;
  // A token drawn of each row, [output rows], and how, [output rows]; nullptr: not wanted.
  std::int32_t* drawn = nullptr;
  const forge_draw_settings_v1* draw_settings = nullptr;
  float* hidden = nullptr;  // [output rows, n_embd], with PlanOptions::hidden
};

// A line about one compiled node, from forge_counter_v1.
struct Counter {
  std::uint32_t op = 0;
  std::string name, kernel, pack;
  std::uint64_t calls = 0, rows = 0, nanoseconds = 0, bytes = 0, operations = 0;
};

class PlanState;

// Thread-compatible: one step at a time. Outlives the states made from it.
class Plan {
 public:
  // `packs`: in order of preference; the reference executor is added at the end if it is not there.
  static Result<std::unique_ptr<Plan>> prepare(Graph graph,
                                               std::vector<std::shared_ptr<PackDevice>> packs,
                                               const PlanOptions& options);
  ~Plan();
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  // What load() and create_state() will take.
  const PlanMemory& memory() const { return memory_; }
  // The share of one device; what crosses between parts is no device's.
  PlanMemory memory_on(const PackDevice& device) const;

  // Binds the weights. `weight_read` hears of each weight's data that a pack has copied, and reads
  // again in small parts at most.
  using WeightRead = std::function<void(std::span<const std::byte> data)>;
  Status load(const Progress& progress, const WeightRead& weight_read = nullptr);

  Result<std::unique_ptr<PlanState>> create_state(std::uint32_t n_blocks, std::uint32_t n_slots);
  Status execute(PlanState& state, const Batch& batch);

  const PlanOptions& options() const { return options_; }
  const forge_model_info_v1& info() const { return info_; }
  bool has_recurrent_state() const { return memory_.state_per_slot != 0; }
  // What a batch may ask for instead of logits: at most PlanOptions::n_candidates; 0 where the pack
  // that makes the logits cannot pick.
  std::uint32_t n_candidates() const { return candidates_.n; }
  // Whether a batch may want its tokens drawn; with n_candidates() only.
  bool can_draw() const { return draw_.tokens != FORGE_NONE; }

  // Identifies the layout of saved state: packs, their parts and the KV types.
  std::string state_layout() const;

  // Why nodes are not on the preferred pack, and which weights are converted; one sentence each.
  const std::vector<std::string>& notes() const { return notes_; }

  // Every compiled node in order of execution; only after load().
  std::vector<Counter> counters() const;
  void reset_counters();

 private:
  friend class PlanState;
  struct LoadedPart;
  // A weight that a pack gets in another type than the file has.
  struct Conversion {
    forge_tensor_v1 source;
    std::uint32_t type;
  };

  Plan() = default;
  Status assign(Graph& graph, std::vector<std::uint32_t>& node_packs);
  Status assign_node(Graph& graph, Node& node, std::uint32_t& pack);
  bool convert_for(const PackDevice& pack, Graph& graph, Node& node);
  void add_candidates(Graph& graph, std::vector<std::uint32_t>& node_packs);
  void add_draw(Graph& graph, std::vector<std::uint32_t>& node_packs, std::ptrdiff_t place);
  void* memory_of(std::size_t source, const Batch& batch);
  Status make_parts(const Graph& graph, const std::vector<std::uint32_t>& node_packs);
  void bind_crossing_values();
  Status convert_weights(LoadedPart& part, const Progress& progress);

  PlanOptions options_;
  PlanMemory memory_;
  forge_model_info_v1 info_ = {};
  // Values of the whole graph.
  struct {
    std::uint32_t n = 0;
    std::uint32_t tokens = FORGE_NONE, logits = FORGE_NONE;
  } candidates_;
  struct {
    std::uint32_t settings = FORGE_NONE, tokens = FORGE_NONE;
    std::vector<forge_draw_settings_v1> nothing;  // for batches that want none drawn
  } draw_;
  std::vector<std::shared_ptr<PackDevice>> packs_;
  std::vector<std::unique_ptr<LoadedPart>> parts_;
  std::vector<std::vector<float>> crossing_;  // values handed from part to part
  std::vector<Conversion> conversions_;
  std::vector<std::string> notes_;
};

// KV blocks and recurrent slots of all parts. Thread-compatible, together with its plan.
class PlanState {
 public:
  ~PlanState();
  PlanState(const PlanState&) = delete;
  PlanState& operator=(const PlanState&) = delete;

  Status copy_blocks(std::span<const std::uint32_t> src, std::span<const std::uint32_t> dst);
  // src FORGE_NONE zeroes.
  Status copy_slots(std::span<const std::uint32_t> src, std::span<const std::uint32_t> dst);

  // To and from host memory: n * state_per_block (state_per_slot) bytes, in the packs' layout.
  Status read_blocks(std::span<const std::uint32_t> blocks, std::byte* out);
  Status write_blocks(std::span<const std::uint32_t> blocks, const std::byte* data);
  Status read_slot(std::uint32_t slot, std::byte* out);
  Status write_slot(std::uint32_t slot, const std::byte* data);

  std::uint32_t n_blocks() const { return n_blocks_; }
  std::uint32_t n_slots() const { return n_slots_; }

 private:
  friend class Plan;
  PlanState(Plan& plan, std::uint32_t n_blocks, std::uint32_t n_slots)
      : plan_(plan), n_blocks_(n_blocks), n_slots_(n_slots) {}

  template <class Call>
  Status for_each_part(Call&& call);

  Plan& plan_;
  std::uint32_t n_blocks_, n_slots_;
  std::vector<forge_pack_state*> states_;  // one per part
};

}  // namespace forge::graph

#endif  // FORGE_CORE_GRAPH_PLAN_HPP_
