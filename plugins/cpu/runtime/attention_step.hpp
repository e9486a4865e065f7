// plugins/cpu/runtime/attention_step.hpp: attention, cut into items for any number of threads.
//
// An item is one segment of positions for one KV head and a block of consecutive rows of one
// sequence: the rows share what is loaded, and one row with a long past still gives work to many
// threads. A block's segments are computed in any order but joined in theirs: who is done early
// waits for its turn. As items are taken in order, and a block's segments come one after the other,
// a segment's predecessors are done or under way whenever it waits.
#ifndef FORGE_PLUGINS_CPU_RUNTIME_ATTENTION_STEP_HPP_
#define FORGE_PLUGINS_CPU_RUNTIME_ATTENTION_STEP_HPP_

#include <vector>

#include "plugins/cpu/runtime/steps.hpp"

namespace forge::cpu {

class AttentionStep final : public Step {
 public:
  // work: index into Execution::attention_work.
  AttentionStep(const forge_attention_params_v1& params, KvLayout layout, std::size_t work,
                std::uint32_t state, std::uint32_t q, std::uint32_t y, std::vector<float> sinks)
      : params_(params),
        layout_(layout),
        work_(work),
        state_(state),
        q_(q),
        y_(y),
        sinks_(std::move(sinks)) {}

  std::size_t n_items(const Execution& x) const override;
  // One: an item is long, and with larger chunks a thread might wait for the end of another's.
  std::size_t chunk(std::size_t /*n_items*/, std::size_t /*n_threads*/) const override { return 1; }
  // Segments of a row are joined one after the other.
  bool in_order() const override { return true; }
  void run(const Execution& x, std::size_t begin, std::size_t end,
           std::uint32_t thread) const override;
  StepCost cost(const Execution& x) const override;

 private:
  void run_item(const Execution& x, AttentionArgs& args, std::size_t item) const;

  forge_attention_params_v1 params_;
  KvLayout layout_;
  std::size_t work_;
  std::uint32_t state_, q_, y_;
  std::vector<float> sinks_;
};

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_RUNTIME_ATTENTION_STEP_HPP_
