// plugins/hip/runtime/plan.hpp: a graph compiled for a device.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_PLAN_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_PLAN_HPP_

#include <memory>
#include <string>
#include <vector>

#include "forge/sdk/kernel_pack.hpp"
#include "plugins/hip/runtime/graph_cache.hpp"
#include "plugins/hip/runtime/idle.hpp"
#include "plugins/hip/runtime/program.hpp"
#include "plugins/hip/runtime/step_inputs.hpp"

namespace forge::hip {

// What plans of a device share.
struct PlanContext {
  const PackTraits& traits;
  std::shared_ptr<Gpu> gpu;
  KernelSet& kernels;
  IdleList& idle;
  std::uint32_t n_threads;
  bool profile;
  PromptType prompts = PromptType::kInt8;
};

class GpuPlan final : public sdk::PackPlan, public IdleList::Member {
 public:
  ~GpuPlan() override { context_.idle.remove(this); }
  static Result<std::unique_ptr<sdk::PackPlan>> compile(const PlanContext& context,
                                                        const forge_graph_v1& graph,
                                                        const forge_plan_options_v1& options,
                                                        const sdk::Progress& progress);
  // What compile() takes of the device's memory.
  static forge_plan_memory_v1 memory(const forge_graph_v1& graph,
                                     const forge_plan_options_v1& options,
                                     PromptType prompts = PromptType::kInt8);

  Result<std::unique_ptr<sdk::PackState>> create_state(std::uint32_t n_blocks,
                                                       std::uint32_t n_slots) override;
  Status execute(sdk::PackState& state, const forge_batch_v1& batch) override;
  void visit_counters(const std::function<void(const forge_counter_v1&)>& visit) override;
  void reset_counters() override;
  // Recorded steps and the stream go; the next step makes them anew.
  Status rest() override;

 private:
  struct Counter {
    std::uint64_t calls = 0;  // launches
    double nanoseconds = 0;
    StepCost cost;
  };

  GpuPlan(const PlanContext& context, const forge_graph_v1& graph,
          const forge_plan_options_v1& options)
      : context_(context), graph_(graph), options_(options), graphs_(context.gpu) {}

  Status allocate();
  void place();
  Rows home_of(std::uint32_t value) const;
  Status bind(const forge_batch_v1& batch, GpuState& state);
  bool draws_from_rows(const forge_batch_v1& batch) const;
  GraphKey graph_key(const GpuState& state) const;
  Status run(const forge_batch_v1& batch, const GpuState& state);
  std::uint32_t n_launches(const Step& step) const;
  Status launch_all() const;
  Status launch_measured();
  Status compare_replay(const GraphKey& key, const forge_batch_v1& batch);
  Status fetch_outputs(const forge_batch_v1& batch);
  bool is_wanted_output(const forge_buffer_v1& buffer) const;
  Status fetch(std::uint32_t value, std::uint8_t* to, std::uint64_t n_bytes);
  Status finish_fetches();
  void count();

  const PlanContext context_;
  const forge_graph_v1& graph_;
  const forge_plan_options_v1 options_;

  std::shared_ptr<Stream> stream_;
  Program program_;
  StepInputs inputs_;
  WeightStore weights_;
  DeviceBuffer arena_, quantized_, meta_, fp8_, fp8_units_, partial_, gate_, experts_;
  PinnedBuffer staging_;  // for outputs on their way to the host
  struct Staged {
    std::uint8_t* to;
    std::uint64_t n_bytes;
  };
  std::vector<Staged> staged_;  // what lies there, one behind the other
  std::uint64_t n_staged_ = 0;  // bytes
  StepBuffer step_buffer_;
  GraphCache graphs_;
  Execution execution_;
  std::vector<Counter> counters_;
  std::vector<Event> events_;  // with a profile: before the first step and after each
};

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_PLAN_HPP_
