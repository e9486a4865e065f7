// plugins/cpu/runtime/plan.hpp: a graph compiled to steps.
#ifndef FORGE_PLUGINS_CPU_RUNTIME_PLAN_HPP_
#define FORGE_PLUGINS_CPU_RUNTIME_PLAN_HPP_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "forge/sdk/kernel_pack.hpp"
#include "plugins/cpu/runtime/buffer.hpp"
#include "plugins/cpu/runtime/steps.hpp"
#include "plugins/cpu/runtime/thread_pool.hpp"
#include "plugins/cpu/runtime/weights.hpp"

namespace forge::cpu {

// Scratch a graph needs beside its arenas, found by walking its nodes.
struct Workspace {
  std::size_t max_k = 0;           // longest quantized row
  std::size_t max_aux_stride = 0;  // most aux elements of a row
  std::size_t max_bf16 = 0;        // the same in BF16, elements from row to row
  std::size_t attention = 0;       // floats per thread
  std::size_t heads = 0;           // most heads of an attention node
  std::size_t kv_heads = 0;        // likewise
  std::uint64_t bytes(std::uint32_t max_rows, std::uint32_t n_threads) const;
};

// Bytes from row to row where a row takes n of them: whole cache lines, and an odd number of these.
// Columns are written and read for many rows in turn, and what lies a power of two apart has the
// same few places in a cache.
constexpr std::size_t row_pitch(std::size_t n) { return n == 0 ? 0 : ((n + 63) / 64 | 1) * 64; }

// The graph's plan of an arena with room for the pitch of every value.
class ArenaPlan {
 public:
  ArenaPlan(const forge_graph_v1& graph, std::uint32_t rows);  // FORGE_ROWS_*

  // In place of forge_graph_v1's and forge_value_v1's, elements per row.
  std::size_t size() const { return size_ + kRoom * offsets_.size(); }
  std::size_t offset_of(const forge_value_v1& value) const;

 private:
  static constexpr std::size_t kRoom = 32;  // two cache lines: all that a pitch can add

  std::size_t size_;
  std::vector<std::uint32_t> offsets_;  // that values have, rising
};

// What is to be made of the rows of a linear node's input. kernel_of(weight number): its matrix's.
QuantizedShape quantized_shape(
    const sdk::NodeView& node,
    const std::function<const MatmulKernel&(std::uint32_t weight)>& kernel_of);
Workspace workspace_of(const KernelTable& kernels, const forge_graph_v1& graph);

class CpuPlan final : public sdk::PackPlan {
 public:
  static Result<std::unique_ptr<sdk::PackPlan>> compile(const KernelTable& kernels,
                                                        ThreadPool& pool, bool profile,
                                                        const forge_graph_v1& graph,
                                                        const forge_plan_options_v1& options,
                                                        const sdk::Progress& progress);

  Result<std::unique_ptr<sdk::PackState>> create_state(std::uint32_t n_blocks,
                                                       std::uint32_t n_slots) override;
  Status execute(sdk::PackState& state, const forge_batch_v1& batch) override;
  void visit_counters(const std::function<void(const forge_counter_v1&)>& visit) override;
  void reset_counters() override;

 private:
  friend class PlanCompiler;

  struct Counter {
    std::uint64_t calls = 0, nanoseconds = 0;
    StepCost cost;
  };

  CpuPlan(const KernelTable& kernels, ThreadPool& pool, bool profile, const forge_graph_v1& graph,
          const forge_plan_options_v1& options)
      : kernels_(kernels), pool_(pool), profile_(profile), graph_(graph), options_(options) {}

  Status allocate(const Workspace& workspace);
  Status bind(const forge_batch_v1& batch, CpuState& state);
  void run_steps();

  const KernelTable& kernels_;
  ThreadPool& pool_;
  const bool profile_;
  const forge_graph_v1& graph_;
  const forge_plan_options_v1 options_;

  PackedWeights weights_;
  std::vector<std::unique_ptr<std::vector<float>>> vectors_;  // biases
  std::vector<std::unique_ptr<Step>> steps_;
  std::vector<Phase> phases_;  // of the steps, for this batch
  std::vector<Counter> counters_;

  Buffer arenas_[2];
  Buffer quantized_, scale_, aux_, bf16_;
  Buffer softmax_;
  std::unique_ptr<std::atomic<std::uint32_t>[]> turns_;
  std::vector<Buffer> rope_tables_, thread_scratch_;
  std::vector<std::uint32_t> rope_pairs_;
  Execution execution_;
};

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_RUNTIME_PLAN_HPP_
