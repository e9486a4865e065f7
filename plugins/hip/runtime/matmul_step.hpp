// plugins/hip/runtime/matmul_step.hpp: FORGE_OP_LINEAR: which kernel multiplies how many rows.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_MATMUL_STEP_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_MATMUL_STEP_HPP_

#include <cstdint>
#include <string>
#include <vector>

#include "plugins/hip/runtime/matrix.hpp"
#include "plugins/hip/runtime/steps.hpp"

namespace forge::hip {

// Rows that a workgroup of a "gemm" kernel takes, for the whole product to be done soonest: with
// few rows, or where there are few workgroups for the device, the smaller tile.
std::uint32_t gemm_rows(std::uint32_t n_tiles, std::uint32_t n_rows, std::uint32_t n_units);

// One of the matrices of a step, by numbers of values and weights.
struct MatrixPart {
  std::uint32_t weight = FORGE_NONE, bias = FORGE_NONE;
  std::uint32_t up = FORGE_NONE, up_bias = FORGE_NONE;  // with an activation
  std::uint32_t y = FORGE_NONE, residual = FORGE_NONE;
  std::uint32_t n_out = 0;
  bool second = false;  // of the step's two types
};

// The norm that makes a matmul's input.
struct NormedInput {
  std::uint32_t x = FORGE_NONE, weight = FORGE_NONE;
  float eps = 0;
};

// Up to kMaxParts matrices of one type, or of a pair of types, that share their input.
class MatmulStep final : public Step {
 public:
  struct Input {
    std::uint32_t value = 0, n_in = 0;
    QuantizedRows rows = {};  // of quantized weights
    NormedInput normed = {};  // x FORGE_NONE: none, or done before
    PromptType prompts = PromptType::kInt8;
  };
  // second: null, or the other one of a pair.
  MatmulStep(const MatrixType& type, const MatrixType* second, const Input& input,
             std::uint32_t activation, std::vector<MatrixPart> parts);
  Status prepare(KernelSet& kernels) override;
  std::uint32_t n_launches(const Execution& x) const override;
  Status launch(const Execution& x) const override;
  StepCost cost(const Execution& x) const override;
  bool quantizes(const Execution& x) const override;

  std::uint32_t output() const { return parts_[0].y; }
  // Whether the kernel for one row could leave the output as quantized rows.
  bool can_quantize() const;
  // That it shall; y_wanted: not only there.
  void quantize_to(const QuantizedRows& to, bool y_wanted);
  // Quantized rows it reads, and those it leaves: never the same, as the kernel writes some while
  // it reads others. k 0: none.
  const QuantizedRows& reads() const { return input_.rows; }
  const QuantizedRows& leaves() const { return to_; }

 private:
  struct Kernel {
    std::string name;
    hipFunction_t function = nullptr;
  };
  template <class Args>
  void fill(const Execution& x, Args& args) const;
  // With an activation and quantized weights.
  bool is_gated() const { return activation_ != FORGE_ACT_NONE && type_.format != nullptr; }
  Status launch_gemv(const Execution& x, MatmulArgs& args) const;
  Status launch_gemm(const Execution& x, MatmulArgs& args) const;
  Status launch_fp8(const Execution& x, MatmulArgs& args) const;
  Status launch_gated(const Execution& x, MatmulArgs& args) const;

  const MatrixType& type_;
  const Input input_;
  std::uint32_t activation_, n_tiles_ = 0;
  std::vector<MatrixPart> parts_;
  QuantizedRows to_ = {};  // k 0: none
  bool y_wanted_ = true;
  // Of float types: the first alone; the last with a gate.
  Kernel gemv_, skinny_, gemm_, gemm_low_, gate_;
  Kernel fp8_rows_, rounded_;  // of PromptType::kFp8; of it and kF16
};

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_MATMUL_STEP_HPP_
