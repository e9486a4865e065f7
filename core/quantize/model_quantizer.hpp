// core/quantize/model_quantizer.hpp: a whole model file into another type.
#ifndef FORGE_CORE_QUANTIZE_MODEL_QUANTIZER_HPP_
#define FORGE_CORE_QUANTIZE_MODEL_QUANTIZER_HPP_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/codec/registry.hpp"
#include "core/gguf/file.hpp"
#include "core/quantize/importance.hpp"
#include "core/quantize/mixture.hpp"
#include "core/quantize/tensor_encoder.hpp"
#include "forge/sdk/status.hpp"

namespace forge::quantize {

// What will be done with one tensor. Names are views into the source file.
struct TensorStep {
  const forge_tensor_v1* tensor = nullptr;
  std::uint32_t type = 0;       // that it gets
  std::uint64_t new_bytes = 0;  // its size then
};

struct ModelPlan {
  Mixture mixture;
  std::vector<TensorStep> steps;  // in the order of the file
  std::uint64_t n_elements = 0;   // of all tensors
  std::uint64_t old_bytes = 0;    // of all tensors' data
  std::uint64_t new_bytes = 0;
  std::uint64_t n_requantized = 0;  // tensors that go from one quantized type to another
};

// The facts of a model that mixtures ask for; what the file does not say stays 0.
ModelShape shape_of(const gguf::Metadata& metadata);

// Chooses the types and checks that every tensor can be converted: kUnimplemented names one whose
// type no codec decodes. `file` and `codecs` must outlive the plan.
Result<ModelPlan> plan_model(const gguf::File& file, const Mixture& mixture, const Wishes& wishes,
                             const CodecView& codecs);

struct RunOptions {
  unsigned n_threads = 1;
  bool replace = false;                    // an existing file
  const Importance* importance = nullptr;  // borrowed
  StopRequested stop;                      // asked often, by every thread
  // Numbers converted so far, of plan.n_elements. Called by the calling thread.
  std::function<void(std::uint64_t done)> progress;
  // After each tensor, on the calling thread.
  std::function<void(const TensorStep& step, bool with_importance)> finished;
};

// Writes the quantized model. The file appears complete or not at all; its bytes do not depend on
// the number of threads. Errors name the tensor.
Status quantize_model(const gguf::File& file, const ModelPlan& plan, const CodecView& codecs,
                      const std::string& out, const RunOptions& options);

}  // namespace forge::quantize

#endif  // FORGE_CORE_QUANTIZE_MODEL_QUANTIZER_HPP_
