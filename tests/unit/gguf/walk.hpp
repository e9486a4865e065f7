// tests/unit/gguf/walk.hpp: reads everything an open file gives out, for a sanitizer to watch.
#ifndef FORGE_TESTS_UNIT_GGUF_WALK_HPP_
#define FORGE_TESTS_UNIT_GGUF_WALK_HPP_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/gguf/file.hpp"
#include "core/gguf/summary.hpp"

namespace forge::gguf::testing {

// Sums every reachable byte, so that none of the reads can be left out.
class Walk {
 public:
  std::uint64_t file(const File& file) {
    for (const Metadata::Entry& entry : file.metadata().entries()) {
      text(entry.key);
      value(entry.value);
      text(entry.value.describe());
      getters(file.metadata(), entry.key);
      add(file.metadata().find(entry.key) == &entry.value ? 1 : 0);
    }
    for (const forge_tensor_v1& tensor : file.tensors()) {
      text(name_of(tensor));
      text(file.tensors().type_name(tensor.type));
      text(shape_text(tensor));
      add(element_count(tensor));
      if (const auto data = file.tensors().data(tensor); data.ok()) bytes(*data);
      add(file.tensors().find(name_of(tensor)) == &tensor ? 1 : 0);
    }
    if (const auto summary = summarize(file); summary.ok()) {
      add(summary->n_parameters + summary->types.size());
      for (const SpecialToken& token : summary->tokenizer.special) text(token.text);
    }
    return sum_;
  }

 private:
  void add(std::uint64_t number) { sum_ = sum_ * 31 + number; }
  void text(std::string_view text) {
    for (const char c : text) add(static_cast<unsigned char>(c));
  }
  void bytes(std::span<const std::byte> bytes) {
    for (const std::byte b : bytes) add(std::to_integer<std::uint64_t>(b));
  }
  void value(const Value& value) {
    add(value.encoded_size());
    bytes({value.data(), value.encoded_size()});
    add(value.to_u64().value_or(1));
    if (const auto string = value.to_string()) text(*string);
    if (const auto array = value.to_array()) {
      for (const Value element : *array) this->value(element);
    }
  }
  void getters(const Metadata& metadata, std::string_view key) {
    add(metadata.get_u64(key).ok() + metadata.get_i64(key).ok() + metadata.get_f64(key).ok() +
        metadata.get_bool(key).ok() + metadata.get_string(key).ok());
    if (const auto numbers = metadata.get_numbers<float>(key); numbers.ok()) add(numbers->size());
    if (const auto numbers = metadata.get_numbers<std::int32_t>(key); numbers.ok())
      add(numbers->size());
    if (const auto strings = metadata.get_strings(key); strings.ok()) {
      for (const std::string_view string : *strings) text(string);
    }
  }

  std::uint64_t sum_ = 0;
};

}  // namespace forge::gguf::testing

#endif  // FORGE_TESTS_UNIT_GGUF_WALK_HPP_
