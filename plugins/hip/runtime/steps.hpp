// plugins/hip/runtime/steps.hpp: what a compiled plan consists of: launches of kernels.
//
// A step is made from the graph alone (program.hpp) and knows values and weights by number, so that
// planning needs no device. prepare() finds its kernels, launch() fills in addresses.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_STEPS_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_STEPS_HPP_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "forge/abi/kernel_pack.h"
#include "forge/sdk/graph.hpp"
#include "plugins/hip/device/args.hpp"
#include "plugins/hip/runtime/attention_work.hpp"
#include "plugins/hip/runtime/kernels.hpp"
#include "plugins/hip/runtime/state.hpp"
#include "plugins/hip/runtime/traits.hpp"
#include "plugins/hip/runtime/weights.hpp"

namespace forge::hip {

// Everything steps look at during one batch. Addresses are the device's.
struct Execution {
  const PackTraits* traits = nullptr;
  std::uint32_t n_units = 0;     // multiprocessors
  bool draws_from_rows = false;  // not only from the best tokens
  const KernelSet* kernels = nullptr;
  const Stream* stream = nullptr;
  const WeightStore* weights = nullptr;
  const GpuState* state = nullptr;
  std::uint32_t n_rows[2] = {};  // by FORGE_ROWS_*
  std::vector<Rows> values;      // by value
  std::vector<bool> unwanted;    // by value: an output that this batch leaves behind
  Quantized quantized[2] = {};   // rows for matmuls; k is the step's. Two, because a kernel that
                                 // reads one may write the other
  float* partial = nullptr;      // what launches of one step leave to each other
  Fp8Rows fp8 = {};              // those that a product with PromptType::kFp8 reads
  float* gate = nullptr;  // [rows, n_out] of the second matrix of a product with an activation
  std::uint8_t* experts = nullptr;  // the workspace of experts.hpp
  const RowInfo* rows = nullptr;
  const std::uint32_t* tables = nullptr;
  const std::uint32_t* output_rows = nullptr;
  std::vector<const float*> rope_tables;  // by table
  struct Attention {
    const AttentionCut* cut;
    const AttentionItem* items;
    const std::uint32_t* merge_first;
  };
  std::vector<Attention> attention;  // by shape
  // On the host, for costs: positions of the rows.
  std::vector<RowInfo> host_rows;

  // Output rows rise: as many as rows are all of them.
  bool selects_all() const { return n_rows[FORGE_ROWS_OUTPUTS] == n_rows[FORGE_ROWS_TOKENS]; }

  template <class Args>
  Status launch(hipFunction_t kernel, const std::string& name, Grid grid, const Args& args,
                std::uint32_t n_threads = kThreads) const {
    return kernels->launch(*stream, kernel, name.c_str(), grid, args, n_threads);
  }
};

inline Rows rows_or_none(const Execution& x, std::uint32_t value) {
  return value == FORGE_NONE ? Rows{} : x.values[value];
}

// Cost of one call, for counters.
struct StepCost {
  std::uint64_t rows = 0, bytes = 0, operations = 0;
};

class Step {
 public:
  virtual ~Step() = default;
  virtual Status prepare(KernelSet& kernels) = 0;
  // Kernels that launch() puts on the stream; 0: another step does the work.
  virtual std::uint32_t n_launches(const Execution& /*x*/) const { return 1; }
  // With at least one row, and only where there is something to launch.
  virtual Status launch(const Execution& x) const = 0;
  virtual StepCost cost(const Execution& x) const { return {x.n_rows[row_kind], 0, 0}; }
  // Whether this launch also leaves its output as quantized rows, where quantize_to() has said.
  virtual bool quantizes(const Execution& /*x*/) const { return false; }

  std::uint32_t op = 0;        // FORGE_OP_* of the first node
  std::uint32_t row_kind = 0;  // FORGE_ROWS_*
  std::string name;            // node names
  std::string kernel;          // for logs and profiles
  // Values whose memory it touches.
  std::vector<std::uint32_t> touches;
  // Outputs of the graph that are all it makes: with none of them wanted it does not run. Empty: it
  // runs always.
  std::vector<std::uint32_t> serves;
};

// ---------------------------------------------------------------- norm, quantize

// Quantized rows number `slot` of Execution, of k elements.
struct QuantizedRows {
  std::uint32_t slot = 0, k = 0;
  Quantized of(const Execution& x) const {
    return {x.quantized[slot].q, x.quantized[slot].meta, k};
  }
};

class QuantizeStep final : public Step {
 public:
  // maker: the step that makes x, where it may do this one's work; lives as long. selected: it
  // makes what x is selected from (Selection).
  QuantizeStep(std::uint32_t x, QuantizedRows to, const Step* maker, bool selected)
      : x_(x), to_(to), maker_(maker), selected_(selected) {}
  Status prepare(KernelSet& kernels) override;
  std::uint32_t n_launches(const Execution& x) const override {
    const bool made = maker_ != nullptr && maker_->quantizes(x);
    return made && (!selected_ || x.selects_all()) ? 0 : 1;
  }
  Status launch(const Execution& x) const override;

 private:
  std::uint32_t x_;
  QuantizedRows to_;
  const Step* maker_;
  bool selected_;
  hipFunction_t function_ = nullptr;
};

class NormStep final : public Step {
 public:
  struct To {
    std::uint32_t y = FORGE_NONE;  // FORGE_NONE: as quantized rows only
    bool quantized = false;
    QuantizedRows rows = {};
    bool by_matmul = false;  // with one row the matmul that reads it does it on the way
  };
  NormStep(const sdk::NodeView& node, const To& to);
  Status prepare(KernelSet& kernels) override;
  std::uint32_t n_launches(const Execution& x) const override {
    return to_.by_matmul && x.n_rows[row_kind] == 1 ? 0 : 1;
  }
  Status launch(const Execution& x) const override;

 private:
  forge_norm_params_v1 params_;
  std::uint32_t x_, weight_, bias_, width_, weight_stride_;
  To to_;
  hipFunction_t function_ = nullptr;
};

// ---------------------------------------------------------------- heads, attention

// What a "heads" launch does with Q or K.
struct HeadsOf {
  std::uint32_t value = FORGE_NONE;  // FORGE_NONE: nothing
  std::uint32_t norm = FORGE_NONE;   // weight
  float eps = 0;
};

struct HeadsSpec {
  HeadsOf q, k;
  std::uint32_t v = FORGE_NONE;
  std::uint32_t n_heads = 0, n_kv_heads = 0, dk = 0, dv = 0;
  std::uint32_t rope_table = FORGE_NONE;
  std::uint32_t n_rot = 0;
  bool interleaved = false;
  std::uint32_t state = FORGE_NONE;  // FORGE_NONE: in place only
};

HeadsArgs heads_args(const Execution& x, const HeadsSpec& spec);

// Turns heads in place.
class HeadsStep final : public Step {
 public:
  explicit HeadsStep(const HeadsSpec& spec) : spec_(spec) {}
  Status prepare(KernelSet& kernels) override;
  Status launch(const Execution& x) const override;

 private:
  HeadsSpec spec_;
  hipFunction_t function_ = nullptr;
};

// Prepares heads, writes K and V into the state, attends. One launch where every row is of another
// sequence, else two; one more where the positions of a row are spread over workgroups.
class AttentionStep final : public Step {
 public:
  AttentionStep(const sdk::NodeView& node, const HeadsSpec& heads, std::size_t shape);
  Status prepare(KernelSet& kernels) override;
  std::uint32_t n_launches(const Execution& x) const override;
  Status launch(const Execution& x) const override;
  StepCost cost(const Execution& x) const override;
  bool quantizes(const Execution& x) const override;

  std::uint32_t output() const { return y_; }
  bool can_quantize() const { return params_.head_dim_v % kBlock == 0; }
  // That it shall where it can; y_wanted: not only there.
  void quantize_to(const QuantizedRows& to, bool y_wanted);

 private:
  // By the kernel for rows that are items of their own.
  bool is_by_row(const AttentionCut& cut) const {
    return !row_kernel_.empty() && is_plain() && is_fused(cut);
  }
  bool is_plain() const {
    return params_.head_dim_k == params_.head_dim_v && params_.soft_cap == 0;
  }
  // One launch prepares the heads and attends. What happens to them has to be the same for Q and K,
  // or nothing for Q where K does not turn; and of an f16 state only the kernel for rows does it.
  bool is_fused(const AttentionCut& cut) const {
    const bool alike = heads_spec_.q.value != FORGE_NONE || heads_spec_.rope_table == FORGE_NONE;
    return alike && (any_type_ || is_plain()) && cut.rows_apart && cut.n_chunks == 1;
  }

  forge_attention_params_v1 params_;
  HeadsSpec heads_spec_;
  std::uint32_t q_, y_, sinks_, state_;
  std::size_t shape_;
  bool any_type_;  // of the state: not f16 alone
  // For rows that are items of their own, where the types of the state have such a kernel.
  AttentionKind attention_row_kind_ = AttentionKind::kRow;
  QuantizedRows to_ = {};  // k 0: none
  bool y_wanted_ = true;
  hipFunction_t heads_ = nullptr, function_ = nullptr, row_function_ = nullptr, merge_ = nullptr;
  std::string tile_kernel_, row_kernel_;
};

// ---------------------------------------------------------------- element by element

class ElementStep final : public Step {
 public:
  ElementStep(std::string kernel_name, std::uint32_t a, std::uint32_t b, std::uint32_t y,
              const ElementArgs& args, bool by_index, bool replaced = false);
  Status prepare(KernelSet& kernels) override;
  std::uint32_t n_launches(const Execution& x) const override;
  Status launch(const Execution& x) const override;

 private:
  std::uint32_t a_, b_, y_;
  ElementArgs args_;
  bool by_index_;
  bool replaced_;  // by its input, where all rows are selected; see Selection
  hipFunction_t function_ = nullptr;
};

// ---------------------------------------------------------------- top k

class TopKStep final : public Step {
 public:
  explicit TopKStep(const sdk::NodeView& node);
  Status prepare(KernelSet& kernels) override;
  std::uint32_t n_launches(const Execution& /*x*/) const override { return n_parts_ > 1 ? 2 : 1; }
  Status launch(const Execution& x) const override;

  // Of one row, for what its parts leave to the second launch.
  std::uint64_t list_bytes() const {
    return n_parts_ > 1 ? std::uint64_t{n_parts_} * kTopKMost * sizeof(std::uint64_t) : 0;
  }

 private:
  std::uint32_t x_, ids_, values_, k_, n_parts_;
  hipFunction_t parts_ = nullptr, all_ = nullptr;
};

// ---------------------------------------------------------------- draw

class DrawStep final : public Step {
 public:
  explicit DrawStep(const sdk::NodeView& node);
  Status prepare(KernelSet& kernels) override;
  std::uint32_t n_launches(const Execution& x) const override { return x.draws_from_rows ? 2 : 1; }
  Status launch(const Execution& x) const override;

  // Of one row, for the sums of its parts.
  std::uint64_t list_bytes() const {
    return std::uint64_t{kDrawSums} * n_parts_ * sizeof(std::uint64_t);
  }

 private:
  std::uint32_t x_, ids_, values_, settings_, token_, n_parts_;
  hipFunction_t sums_ = nullptr, draw_ = nullptr;
};

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_STEPS_HPP_
