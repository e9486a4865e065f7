// plugins/cpu/runtime/steps.hpp: what a compiled plan consists of.
//
// A plan is a list of steps; one begins when all items of the one before are done. A step is cut
// into items that threads take in chunks; what an item computes does not depend on which thread
// takes it or in what order.
#ifndef FORGE_PLUGINS_CPU_RUNTIME_STEPS_HPP_
#define FORGE_PLUGINS_CPU_RUNTIME_STEPS_HPP_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "forge/abi/kernel_pack.h"
#include "forge/sdk/rope.hpp"
#include "plugins/cpu/kernels/api.hpp"
#include "plugins/cpu/runtime/attention_work.hpp"
#include "plugins/cpu/runtime/state.hpp"

namespace forge::cpu {

// Where a value lies during one step.
struct Place {
  float* base = nullptr;
  std::size_t stride = 0;  // elements from row to row
  float* row(std::size_t r) const { return base + r * stride; }
};

// The rows of the matmul that comes next, quantized or rounded; one at a time is alive.
struct QuantizedRows {
  std::int8_t* q = nullptr;
  float* scale = nullptr;
  std::int32_t* aux = nullptr;
  std::uint16_t* bf16 = nullptr;
};

// Of attention between segments: row r and head h at r * stride + h.
struct SoftmaxState {
  float* largest = nullptr;
  float* sum = nullptr;
  std::size_t stride = 0;
};

// A row's sequence and position.
struct RowInfo {
  const forge_sequence_v1* sequence;
  std::uint32_t position;
};

// Everything a step may look at while the batch runs. Built by the calling thread, read by all.
struct Execution {
  const KernelTable* kernels = nullptr;
  WeightsAhead ahead;
  const forge_batch_v1* batch = nullptr;
  CpuState* state = nullptr;
  std::vector<Place> values;
  std::vector<RowInfo> rows;
  QuantizedRows quantized;
  std::vector<float*> rope_tables;     // per set of parameters: [rows][cos n_pairs, sin n_pairs]
  std::vector<float*> thread_scratch;  // per thread
  std::vector<AttentionWork> attention_work;
  SoftmaxState softmax;
  std::atomic<std::uint32_t>* turns = nullptr;  // [blocks of rows, KV heads]: see AttentionStep
};

// Cost of one call, for counters.
struct StepCost {
  std::uint64_t rows = 0, bytes = 0, operations = 0;
};

class Step {
 public:
  virtual ~Step() = default;
  virtual std::size_t n_items(const Execution& x) const = 0;
  // Items a thread takes at a time, given the number of threads.
  virtual std::size_t chunk(std::size_t n_items, std::size_t n_threads) const;
  virtual bool in_order() const { return false; }  // see Phase
  virtual void run(const Execution& x, std::size_t begin, std::size_t end,
                   std::uint32_t thread) const = 0;
  virtual StepCost cost(const Execution& x) const = 0;

  std::uint32_t op = 0;
  std::string name;    // node names
  std::string kernel;  // for logs and profiles
};

// ---------------------------------------------------------------- row by row

// Work on rows, each of which needs nothing but the same row of its inputs.
class RowOp {
 public:
  virtual ~RowOp() = default;
  virtual void run(const Execution& x, std::uint32_t begin, std::uint32_t end) const = 0;
};

// Consecutive row ops, done by a few rows at a time without a barrier between them.
class RowChain final : public Step {
 public:
  explicit RowChain(std::uint32_t row_kind) : row_kind_(row_kind) {}
  void add(std::unique_ptr<RowOp> row_op) { ops_.push_back(std::move(row_op)); }
  std::uint32_t row_kind() const { return row_kind_; }

  std::size_t n_items(const Execution& x) const override;
  std::size_t chunk(std::size_t n_items, std::size_t n_threads) const override;
  void run(const Execution& x, std::size_t begin, std::size_t end,
           std::uint32_t thread) const override;
  StepCost cost(const Execution& x) const override { return {n_items(x), 0, 0}; }

 private:
  std::uint32_t row_kind_;  // FORGE_ROWS_*
  std::vector<std::unique_ptr<RowOp>> ops_;
};

// ---------------------------------------------------------------- matmul

// One matrix of a linear node, ready to run.
struct PackedMatrix {
  const MatmulKernel* kernel = nullptr;
  MatmulWeight weight;
  MatmulWeight up;  // with an activation
  std::uint32_t activation = 0;
  std::uint32_t n_in = 0, n_out = 0;
  std::uint32_t input = 0, output = 0;  // values
  std::uint32_t residual = FORGE_NONE;  // value
  std::size_t aux_offset = 0;           // of its aux data within the row's, elements
  std::uint32_t n_tiles() const {
    return (n_out + kernel->format.tile_rows - 1) / kernel->format.tile_rows;
  }
  // Bytes of weights read once.
  std::uint64_t bytes() const {
    return std::uint64_t{n_tiles()} * kernel->format.tile_size(n_in) * (activation != 0 ? 2 : 1);
  }
};

// Strides of the rows of one linear node; 0: nobody reads them so.
struct QuantizedShape {
  std::size_t k = 0, pitch = 0;  // elements; bytes from row to row
  std::size_t bf16 = 0;
  std::size_t aux_stride = 0;  // elements of all aux kinds together
  std::vector<AuxKind> kinds;
  std::vector<std::size_t> offsets;  // of each kind within a row's aux data
};

class MatmulStep final : public Step {
 public:
  MatmulStep(std::vector<PackedMatrix> matrices, QuantizedShape shape, std::uint32_t row_kind)
      : matrices_(std::move(matrices)), shape_(std::move(shape)), row_kind_(row_kind) {}

  std::size_t n_items(const Execution& x) const override;
  std::size_t chunk(std::size_t n_items, std::size_t n_threads) const override;
  void run(const Execution& x, std::size_t begin, std::size_t end,
           std::uint32_t thread) const override;
  StepCost cost(const Execution& x) const override;

 private:
  std::vector<PackedMatrix> matrices_;
  QuantizedShape shape_;
  std::uint32_t row_kind_;
};

// ---------------------------------------------------------------- rotary angles

// cos and sin of every row, once per batch and set of parameters.
class RopeTableStep final : public Step {
 public:
  RopeTableStep(sdk::RopeAngles angles, std::size_t table)
      : angles_(std::move(angles)), table_(table) {}
  std::size_t n_items(const Execution& x) const override { return x.batch->n_rows; }
  void run(const Execution& x, std::size_t begin, std::size_t end,
           std::uint32_t thread) const override;
  StepCost cost(const Execution& x) const override { return {x.batch->n_rows, 0, 0}; }

 private:
  sdk::RopeAngles angles_;
  std::size_t table_;  // index into Execution::rope_tables
};

inline std::uint32_t row_count(const Execution& x, std::uint32_t row_kind) {
  return row_kind == FORGE_ROWS_TOKENS ? x.batch->n_rows : x.batch->n_output_rows;
}

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_RUNTIME_STEPS_HPP_
