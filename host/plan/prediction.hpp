// host/plan/prediction.hpp: memory and speed of a model on a card that is not there.
//
// Memory is what the GPU packs would ask for. Speed is a roofline, computed for each matrix product
// from the card's data sheet and the machine code of the kernel that would run:
//   time = max(bytes read / memory bandwidth, cycles of the inner loop's instructions / cycles of
//              all SIMDs)
// summed over a step. No kernel is faster than that; how near one comes is for measurements to say.
// Beside it the same with kLaunchSeconds for each launch.
#ifndef FORGE_HOST_PLAN_PREDICTION_HPP_
#define FORGE_HOST_PLAN_PREDICTION_HPP_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/graph/graph.hpp"
#include "core/graph/pack_device.hpp"
#include "forge/sdk/status.hpp"
#include "host/plan/cards.hpp"
#include "host/plan/kernel_facts.hpp"

namespace forge::plan {

// What a small kernel takes on an RX 7900 XT from its launch to the next one's, in a graph: as
// published for one that quantizes a vector.
inline constexpr double kLaunchSeconds = 3.6e-6;

struct PredictionOptions {
  Card card = kCards[0];
  std::uint32_t n_ctx = 0;  // positions of a sequence; 0: as trained
  std::uint32_t n_sequences = 1;
  std::uint32_t n_batch = 512;            // rows of a step of the prompt
  std::uint32_t type_k = FORGE_TYPE_F16;  // of the KV cache: F16 or Q8_0
  std::uint32_t type_v = FORGE_TYPE_F16;
  double reserve_gib = 4.0;  // left to the desktop
  graph::PromptType prompts = graph::PromptType::kInt8;
};

// Bytes on the card.
struct MemoryPrediction {
  std::uint64_t weights = 0;
  std::uint64_t kv_per_position = 0;  // of one sequence
  std::uint64_t kv = 0;               // of all
  std::uint64_t scratch = 0;          // about: the values of a step
  std::uint64_t total = 0;
  std::uint64_t budget = 0;
  std::uint32_t longest_context = 0;  // that fits, for each sequence; 0: not even the weights do

  bool fits() const { return total <= budget; }
};

// All work of a step that one kernel does, or one kind of work.
struct Work {
  std::string kernel;  // "gemv_q4_k", "attention"
  std::uint32_t launches = 0;
  double bytes = 0;
  double memory_seconds = 0;
  double issue_seconds = 0;
  double limit_seconds = 0;  // the larger one of each launch, summed
};

struct StepPrediction {
  std::uint32_t n_rows = 0;  // tokens that the step computes
  std::uint32_t n_past = 0;  // positions each sequence has before
  std::uint32_t launches = 0;
  double limit_seconds = 0;
  std::vector<Work> work;  // longest first

  double seconds() const { return limit_seconds + launches * kLaunchSeconds; }
  // Tokens a second: the most there can be, and with launches.
  double rate_limit() const { return n_rows / limit_seconds; }
  double rate() const { return n_rows / seconds(); }
};

struct Prediction {
  std::uint32_t n_ctx = 0;
  MemoryPrediction memory;
  StepPrediction prompt;        // n_batch rows of one sequence, from its start
  StepPrediction answer_first;  // a token of each sequence, at position 128 or the context's half
  StepPrediction answer_last;   // the same at the end of the context
  std::vector<std::string> notes;  // what the packs would leave to the processor
};

// Bits that the GPU packs keep for each element of a weight of a type such as "q4_k"; 0: they have
// no kernel for it.
double device_bits(std::string_view type);

// kInvalidArgument: a KV type that the packs do not have, or a context of the model that is not
// known and not given.
Result<Prediction> predict(const graph::Graph& graph, const PredictionOptions& options,
                           const KernelTable& kernels);

}  // namespace forge::plan

#endif  // FORGE_HOST_PLAN_PREDICTION_HPP_
