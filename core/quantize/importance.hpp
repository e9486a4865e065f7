// core/quantize/importance.hpp: how much each column of a model's weights matters.
//
// An importance matrix, measured on calibration text, has for each weight matrix the sum of squares
// of each input column. Written by llama.cpp's llama-imatrix as GGUF: tensor "NAME.in_sum2" of F32,
// [columns, matrices], for the weight NAME
// (https://github.com/ggml-org/llama.cpp/blob/master/tools/imatrix/README.md).
#ifndef FORGE_CORE_QUANTIZE_IMPORTANCE_HPP_
#define FORGE_CORE_QUANTIZE_IMPORTANCE_HPP_

#include <cstddef>
#include <string>
#include <vector>

#include "core/gguf/file.hpp"
#include "forge/abi/tensor.h"
#include "forge/sdk/status.hpp"

namespace forge::quantize {

// Thread-safe.
class Importance {
 public:
  // kInvalidArgument: not an importance matrix.
  static Result<Importance> open(const std::string& path);

  // The sums for a weight: shape[0] numbers a matrix, for each of its shape[2] * shape[3] matrices;
  // empty when the file has none for it. kInvalidArgument when the sizes do not fit: the file is
  // for another model.
  Result<std::vector<float>> of(const forge_tensor_v1& weight) const;

  const std::string& path() const { return file_.path(); }
  std::size_t size() const { return n_entries_; }  // weights it has sums for

 private:
  explicit Importance(gguf::File file) : file_(std::move(file)) {}

  gguf::File file_;
  std::size_t n_entries_ = 0;
};

}  // namespace forge::quantize

#endif  // FORGE_CORE_QUANTIZE_IMPORTANCE_HPP_
