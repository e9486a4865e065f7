// forge/sdk/model.hpp: the open model file, as an architecture reads it.
//
// Views: valid during the build() call that was given the record. [load-thread]
#ifndef FORGE_SDK_MODEL_HPP_
#define FORGE_SDK_MODEL_HPP_

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "forge/abi/arch.h"
#include "forge/sdk/host.hpp"
#include "forge/sdk/status.hpp"

namespace forge::sdk {

// Metadata and tensors. Keys are given without the architecture's name: "block_count" is looked up
// as "llama.block_count".
class Model {
 public:
  Model(const forge_host_model_v1& record, forge_message* message)
      : record_(&record), message_(message) {
    forge_string name = {};
    if (record.get_string(record.self, to_abi("general.architecture"), &name, nullptr) == FORGE_OK)
      architecture_ = view(name);
  }

  // "llama", "qwen3": general.architecture.
  const std::string& architecture() const { return architecture_; }
  std::string key(std::string_view name) const { return architecture_ + "." + std::string(name); }

  // A number that must be there, within [low, high].
  Result<std::uint32_t> u32(std::string_view name, std::uint32_t low, std::uint32_t high) const {
    std::uint64_t value = 0;
    const std::string full = key(name);
    FORGE_TRY(passed(record_->get_u64(record_->self, to_abi(full), &value, message_)));
    if (value < low || value > high)
      return invalid_argument("metadata key '" + full + "' is " + std::to_string(value) +
                              "; it must be between " + std::to_string(low) + " and " +
                              std::to_string(high));
    return static_cast<std::uint32_t>(value);
  }

  // The same with a value for when the key is absent.
  Result<std::uint32_t> u32_or(std::string_view name, std::uint32_t fallback, std::uint32_t low,
                               std::uint32_t high) const {
    return has(name) ? u32(name, low, high) : Result<std::uint32_t>(fallback);
  }

  // A finite number, or the fallback when the key is absent.
  Result<float> f32_or(std::string_view name, float fallback) const {
    if (!has(name)) return fallback;
    FORGE_ASSIGN(const float value, f32(name));
    return value;
  }

  Result<float> f32(std::string_view name) const {
    double value = 0;
    const std::string full = key(name);
    FORGE_TRY(passed(record_->get_f64(record_->self, to_abi(full), &value, message_)));
    if (!std::isfinite(value) || std::abs(value) > double{std::numeric_limits<float>::max()})
      return invalid_argument("metadata key '" + full + "' is not a finite number");
    return static_cast<float>(value);
  }

  // A string, or the fallback when the key is absent.
  Result<std::string> string_or(std::string_view name, std::string_view fallback) const {
    if (!has(name)) return std::string(fallback);
    forge_string value = {};
    FORGE_TRY(passed(record_->get_string(record_->self, to_abi(key(name)), &value, message_)));
    return std::string(view(value));
  }

  // Numbers of an array; a scalar is an array of one. Empty when the key is absent.
  Result<std::vector<double>> numbers(std::string_view name) const {
    const std::string full = key(name);
    std::uint64_t length = 0;
    std::vector<double> values;
    if (!has(name)) return values;
    FORGE_TRY(
        passed(record_->get_f64_array(record_->self, to_abi(full), nullptr, 0, &length, message_)));
    constexpr std::uint64_t kMaxLength = 65536;  // layers, sections: far above any model
    if (length > kMaxLength)
      return invalid_argument("metadata key '" + full + "' has " + std::to_string(length) +
                              " elements; at most " + std::to_string(kMaxLength) + " make sense");
    values.resize(length);
    FORGE_TRY(passed(record_->get_f64_array(record_->self, to_abi(full), values.data(), length,
                                            &length, message_)));
    return values;
  }

  // Whether the key is there, of whatever type.
  bool has(std::string_view name) const {
    std::uint64_t length = 0;
    forge_string text = {};
    const std::string full = key(name);
    return record_->get_f64_array(record_->self, to_abi(full), nullptr, 0, &length, nullptr) !=
               FORGE_NOT_FOUND ||
           record_->get_string(record_->self, to_abi(full), &text, nullptr) != FORGE_NOT_FOUND;
  }

  // Index of a tensor by its whole name, or FORGE_NONE.
  std::uint32_t find_tensor(std::string_view name) const {
    return record_->find_tensor(record_->self, to_abi(name));
  }
  const forge_tensor_v1& tensor(std::uint32_t index) const {
    return *record_->tensor(record_->self, index);
  }
  std::uint32_t n_tensors() const { return record_->n_tensors; }

  forge_message* message() const { return message_; }

 private:
  const forge_host_model_v1* record_;
  forge_message* message_;
  std::string architecture_;
};

}  // namespace forge::sdk

#endif  // FORGE_SDK_MODEL_HPP_
