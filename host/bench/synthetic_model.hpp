// host/bench/synthetic_model.hpp: models of known shapes with generated weights, to measure with.
#ifndef FORGE_HOST_BENCH_SYNTHETIC_MODEL_HPP_
#define FORGE_HOST_BENCH_SYNTHETIC_MODEL_HPP_

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/codec/registry.hpp"
#include "forge/sdk/status.hpp"

namespace forge::bench {

// A whole GGUF file in memory, without a tokenizer. Every weight is real bytes of its type, so that
// what reads them moves as much as with the model itself; the numbers are random, normal with a
// standard deviation of 0.02, and the same every time. Immutable.
class SyntheticModel {
 public:
  // "qwen2.5-7b:Q4_0": a shape of shape_names() and a type or mixture that `quantize` knows.
  // kNotFound suggests the nearest name; kResourceExhausted when it does not fit into memory.
  static Result<std::unique_ptr<SyntheticModel>> create(std::string_view name,
                                                        const CodecView& codecs);
  ~SyntheticModel();
  SyntheticModel(const SyntheticModel&) = delete;
  SyntheticModel& operator=(const SyntheticModel&) = delete;

  const std::string& name() const { return name_; }
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  SyntheticModel() = default;

  std::string name_;
  std::span<std::byte> bytes_;  // mapped
};

std::vector<std::string_view> shape_names();

}  // namespace forge::bench

#endif  // FORGE_HOST_BENCH_SYNTHETIC_MODEL_HPP_
