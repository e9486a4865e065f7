// plugins/hip/runtime/experts.hpp: the steps of a mixture of experts.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_EXPERTS_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_EXPERTS_HPP_

#include <cstdint>
#include <string>

#include "plugins/hip/device/moe_args.hpp"
#include "plugins/hip/runtime/steps.hpp"

namespace forge::hip {

// Whether the kernels can run such a node; the reason where not.
Status check_router(const sdk::NodeView& node);
Status check_experts(const sdk::NodeView& node);

class RouterStep final : public Step {
 public:
  explicit RouterStep(const sdk::NodeView& node);
  Status prepare(KernelSet& kernels) override;
  Status launch(const Execution& x) const override;

 private:
  forge_router_params_v1 params_;
  std::uint32_t x_, ids_, weights_, bias_;
  hipFunction_t function_ = nullptr;
};

// Where what lies in the workspace of a step with so many rows.
struct ExpertsWorkspace {
  std::uint64_t hidden = 0, hidden_meta = 0;  // quants [pairs, n_ff]
  std::uint64_t z = 0;                        // [pairs, n_in]
  std::uint64_t x = 0, x_meta = 0;            // quants [pairs, n_in]; this and below: many rows
  std::uint64_t gate = 0, up = 0;             // [pairs, n_ff]
  std::uint64_t first = 0, count = 0;         // [n_experts]
  std::uint64_t slot_of = 0, pair_of = 0;     // [pairs]
  std::uint64_t bytes = 0;
};

// Each row's experts, then their sum: device/moe_args.hpp. A few rows: three launches, in which a
// workgroup works for one pair of row and expert. Many: pairs are brought together by expert.
class ExpertsStep final : public Step {
 public:
  ExpertsStep(const sdk::NodeView& node, const QuantizedRows& rows);
  Status prepare(KernelSet& kernels) override;
  std::uint32_t n_launches(const Execution& x) const override { return is_grouped(x) ? 8 : 3; }
  Status launch(const Execution& x) const override;
  StepCost cost(const Execution& x) const override;

  std::uint64_t workspace_bytes(std::uint64_t n_rows) const { return workspace(n_rows).bytes; }

 private:
  struct Kernel {
    std::string name;
    hipFunction_t function = nullptr;
  };
  bool is_grouped(const Execution& x) const { return x.n_rows[row_kind] > x.traits->skinny_rows; }
  ExpertsWorkspace workspace(std::uint64_t n_rows) const;
  ExpertsArgs args(const Execution& x, const ExpertsWorkspace& w) const;
  Status launch_pairs(const Execution& x, const ExpertsWorkspace& w) const;
  Status launch_grouped(const Execution& x, const ExpertsWorkspace& w) const;
  Status launch_groups(const Execution& x, const ExpertsWorkspace& w) const;
  Status launch_gemm(const Execution& x, const Kernel& gemm, const ExpertsArgs& args) const;
  Status launch_hidden(const Execution& x, const ExpertsWorkspace& w) const;
  Status launch_sum(const Execution& x, const ExpertsWorkspace& w, bool grouped) const;

  std::uint32_t x_, ids_, weights_, y_;
  std::uint32_t gate_, up_, down_;  // weights
  std::uint32_t n_in_, n_ff_, n_experts_, n_used_, activation_;
  QuantizedRows rows_;
  Kernel gated_, product_, gate_gemm_, down_gemm_, group_, gather_, activate_, quantize_, sum_;
};

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_EXPERTS_HPP_
