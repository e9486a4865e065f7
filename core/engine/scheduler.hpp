// core/engine/scheduler.hpp: forms batches from any number of generations, step by step.
//
// A step takes one token of every sequence that is answering, and fills up with chunks of prompts
// in the order the requests came. What a sequence answers does not depend on who else is in the
// batch.
#ifndef FORGE_CORE_ENGINE_SCHEDULER_HPP_
#define FORGE_CORE_ENGINE_SCHEDULER_HPP_

#include <cstdint>
#include <list>
#include <memory>
#include <vector>

#include "core/engine/engine.hpp"
#include "core/engine/generation.hpp"
#include "core/engine/session.hpp"
#include "core/engine/stop_matcher.hpp"
#include "core/text/tokenizer/detokenizer.hpp"
#include "forge/sdk/status.hpp"

namespace forge::engine {

// Not thread-safe: one thread adds and steps. Callbacks run inside step().
class Scheduler {
 public:
  // The model must have a tokenizer.
  explicit Scheduler(Engine& engine);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  using Done = std::function<void(const GenerationResult&)>;

  // Queues a generation on a session, which must outlive it and be in no other. Errors: an empty
  // prompt, one that does not fit the context or has tokens that do not exist, sampling parameters
  // out of range. `done` is called once, from step().
  Status add(Session& session, GenerationRequest request, GenerationCallback on_event, Done done);

  // One batch. kFailedPrecondition when idle. An error of the engine ends every generation of that
  // batch with it and is not returned: the scheduler goes on.
  Status step();

  bool idle() const { return active_.empty(); }

 private:
  struct Generation;

  void plan_batch();
  void take(Generation& g, std::uint32_t n);
  void finish_batch();
  Needed needed(const Generation& g) const;
  Status run_step();
  Result<SampledToken> sample(Generation& g, std::size_t row);
  void take_token(Generation& g, const SampledToken& sampled);
  void emit(Generation& g, const SampledToken& token);
  void finish(Generation& g, FinishReason reason, Status status = {});

  Engine& engine_;
  std::list<std::unique_ptr<Generation>> active_;
  std::vector<Generation*> in_batch_;
  std::vector<StepInput> inputs_;
  // What the step brought, a row for each that wanted it: logits, or the best tokens with theirs,
  // and tokens that the pack drew.
  bool brought_logits_ = true;
  std::vector<float> logits_;
  std::vector<std::int32_t> candidates_, drawn_;
  std::vector<forge_draw_settings_v1> draw_settings_;
  std::uint32_t rows_left_ = 0, outputs_left_ = 0;
};

// Runs one generation to its end.
GenerationResult generate(Engine& engine, Session& session, GenerationRequest request,
                          const GenerationCallback& on_event);

}  // namespace forge::engine

#endif  // FORGE_CORE_ENGINE_SCHEDULER_HPP_
