// core/conformance/case.hpp: one thing to try: a small graph, what goes in, and how far what comes
// out may be from the reference.
#ifndef FORGE_CORE_CONFORMANCE_CASE_HPP_
#define FORGE_CORE_CONFORMANCE_CASE_HPP_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/conformance/weight.hpp"
#include "core/graph/graph.hpp"
#include "core/graph/pack_device.hpp"

namespace forge::conformance {

// A row of a case: position `position` of its sequence. What goes in depends on nothing else, so
// that the same row can be run in any company.
struct RowId {
  std::uint32_t sequence = 0;
  std::uint32_t position = 0;
};

// A row with what went in, for tolerances.
struct RowView {
  RowId id;
  std::vector<std::span<const float>> inputs;            // by number of the graph's input
  graph::PromptType prompts = graph::PromptType::kInt8;  // what LINEAR may round to
};

struct Case {
  std::uint32_t op = 0;
  std::string type;   // of weights or KV state: "q4_k"; "f32" where there is none
  std::string shape;  // for people: "96 -> 17, 4 rows, gelu"

  graph::Graph graph;  // inputs come and outputs go with the batch; memory is planned
  std::vector<std::shared_ptr<const Weight>> weights;  // that the graph's tensors point to
  std::vector<std::uint32_t> lengths;                  // rows of each sequence
  std::uint32_t n_vocab = 1;                           // tokens are below

  // Input number `input` of a row; I32 inputs as their bits.
  std::function<void(std::uint32_t input, RowId row, std::span<float> out)> fill;
  // What ROPE turns by, [pos_dims]; empty: the row's position in all components.
  std::uint32_t pos_dims = 1;
  std::function<void(RowId row, std::span<std::int32_t> out)> place;
  // How far each element of output number `output` may be from `expected`. Empty: equal bits. I32
  // outputs are always compared exactly.
  std::function<void(const RowView& row, std::uint32_t output, std::span<const float> expected,
                     std::span<double> tolerance)>
      tolerate;
};

// The token of a row.
std::int32_t token_of(const Case& c, RowId row);

// Builds the graph of a case. Thread-compatible.
class CaseBuilder {
 public:
  CaseBuilder(std::uint32_t op, std::string type, std::string shape);

  std::uint32_t value(std::uint32_t width, std::uint32_t rows = FORGE_ROWS_TOKENS,
                      std::uint32_t type = FORGE_TYPE_F32);
  // A value that comes with the batch.
  std::uint32_t input(std::uint32_t width, std::uint32_t rows = FORGE_ROWS_TOKENS,
                      std::uint32_t type = FORGE_TYPE_F32);
  // A value that goes with the batch.
  std::uint32_t output(std::uint32_t width, std::uint32_t rows = FORGE_ROWS_TOKENS,
                       std::uint32_t type = FORGE_TYPE_F32);
  std::uint32_t weight(std::shared_ptr<const Weight> weight);
  std::uint32_t kv_state(const forge_attention_params_v1& params, std::uint32_t type_k,
                         std::uint32_t type_v);
  std::uint32_t recurrent_state(std::uint32_t n_elements);
  template <class Params>
  void node(std::uint32_t op, std::vector<std::uint32_t> inputs, std::vector<std::uint32_t> outputs,
            std::vector<std::uint32_t> weights, const Params& params,
            std::uint32_t state = FORGE_NONE) {
    add_node(op, std::move(inputs), std::move(outputs), std::move(weights), graph::Params(params),
             state);
  }
  void node(std::uint32_t op, std::vector<std::uint32_t> inputs,
            std::vector<std::uint32_t> outputs) {
    add_node(op, std::move(inputs), std::move(outputs), {}, {}, FORGE_NONE);
  }

  // Checks the graph, as the host does with a model's, and plans its memory.
  Result<Case> finish();

  Case& get() { return case_; }

 private:
  void add_node(std::uint32_t op, std::vector<std::uint32_t> inputs,
                std::vector<std::uint32_t> outputs, std::vector<std::uint32_t> weights,
                graph::Params params, std::uint32_t state);

  Case case_;
};

}  // namespace forge::conformance

#endif  // FORGE_CORE_CONFORMANCE_CASE_HPP_
