// plugins/hip/runtime/step_inputs.hpp: a batch as the kernels read it.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_STEP_INPUTS_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_STEP_INPUTS_HPP_

#include <cstdint>
#include <vector>

#include "forge/abi/codec.h"
#include "forge/sdk/rope.hpp"
#include "plugins/hip/runtime/program.hpp"
#include "plugins/hip/runtime/step_buffer.hpp"

namespace forge::hip {

// Fills the step's buffer and tells the steps where what is. One at a time.
class StepInputs {
 public:
  static Result<StepInputs> create(const forge_graph_v1& graph, const Program& program);

  // Bytes of the step's buffer that no batch of these options exceeds, but for long block tables.
  static std::uint64_t capacity(const forge_graph_v1& graph, const Program& program,
                                const forge_plan_options_v1& options);

  // Cuts the batch for attention. n_full: workgroups that keep the device busy.
  void cut(const forge_batch_v1& batch, std::uint32_t columns, std::uint32_t n_full);
  const std::vector<AttentionCut>& cuts() const { return cuts_; }

  // Everything into the buffer, and addresses into `x`.
  Status fill(const forge_batch_v1& batch, StepBuffer& buffer, Execution& x) const;

 private:
  std::uint64_t bytes(const forge_batch_v1& batch) const;
  void fill_rows(const forge_batch_v1& batch, StepBuffer& buffer, Execution& x) const;
  void fill_attention(StepBuffer& buffer, Execution& x) const;
  void fill_rope(const forge_batch_v1& batch, StepBuffer& buffer, Execution& x) const;
  void fill_embeddings(const forge_batch_v1& batch, StepBuffer& buffer, Execution& x) const;
  void fill_values(const forge_batch_v1& batch, StepBuffer& buffer, Execution& x) const;

  struct Table {
    Embedding embedding;
    const forge_codec_v1* codec;
    const forge_tensor_v1* weight;
  };

  const forge_graph_v1* graph_ = nullptr;
  std::vector<sdk::RopeAngles> angles_;
  std::vector<Table> tables_;
  std::vector<AttentionShape> shapes_;
  std::vector<AttentionCut> cuts_;
};

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_STEP_INPUTS_HPP_
