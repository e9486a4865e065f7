#include "core/gguf/tensor_table.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/base/quote.hpp"
#include "core/gguf/limits.hpp"

namespace forge::gguf {

TensorTable::TensorTable(std::string source, std::span<const Row> rows,
                         std::vector<KnownType> types)
    : source_(std::move(source)), types_(std::move(types)) {
  tensors_.reserve(rows.size());
  placements_.reserve(rows.size());
  for (const Row& row : rows) {
    tensors_.push_back(row.tensor);
    placements_.push_back(row.placement);
  }
  by_name_.resize(rows.size());
  std::iota(by_name_.begin(), by_name_.end(), 0u);
  std::sort(by_name_.begin(), by_name_.end(), [this](std::uint32_t a, std::uint32_t b) {
    const int order = name_of(tensors_[a]).compare(name_of(tensors_[b]));
    return order != 0 ? order < 0 : a < b;
  });
}

std::optional<std::uint32_t> TensorTable::index_of(std::string_view name) const {
  const auto found = std::lower_bound(
      by_name_.begin(), by_name_.end(), name,
      [this](std::uint32_t index, std::string_view n) { return name_of(tensors_[index]) < n; });
  if (found == by_name_.end() || name_of(tensors_[*found]) != name) return std::nullopt;
  return *found;
}

const forge_tensor_v1* TensorTable::find(std::string_view name) const {
  const std::optional<std::uint32_t> index = index_of(name);
  return index ? &tensors_[*index] : nullptr;
}

Result<const forge_tensor_v1*> TensorTable::get(std::string_view name) const {
  if (const forge_tensor_v1* tensor = find(name)) return tensor;
  return not_found(fmt::format("{}: no tensor is named {} (the file has {} tensors)",
                               quote(source_, kPathBytes), quote(name), size()));
}

Result<std::span<const std::byte>> TensorTable::data(const forge_tensor_v1& tensor) const {
  if (tensor.data == nullptr) {
    return unimplemented(fmt::format(
        "{}: tensor {} has type {}, which no codec here describes; load the plugin that has it",
        quote(source_, kPathBytes), quote(name_of(tensor)), type_name(tensor.type)));
  }
  return std::span(static_cast<const std::byte*>(tensor.data), tensor.n_bytes);
}

const TypeInfo* TensorTable::type_info(std::uint32_t type) const {
  const auto found = std::find_if(types_.begin(), types_.end(),
                                  [type](const KnownType& known) { return known.type == type; });
  return found == types_.end() ? nullptr : &found->info;
}

std::string TensorTable::type_name(std::uint32_t type) const {
  const TypeInfo* info = type_info(type);
  return info ? std::string(info->name) : unknown_type_name(type);
}

std::optional<std::pair<std::uint32_t, std::uint32_t>> TensorTable::find_duplicate() const {
  const auto found = std::adjacent_find(by_name_.begin(), by_name_.end(),
                                        [this](std::uint32_t a, std::uint32_t b) {
                                          return name_of(tensors_[a]) == name_of(tensors_[b]);
                                        });
  if (found == by_name_.end()) return std::nullopt;
  return std::pair(*found, *(found + 1));
}

std::uint64_t element_count(const forge_tensor_v1& tensor) {
  std::uint64_t count = 1;
  for (const std::uint64_t extent : tensor.shape) count *= extent;
  return count;
}

std::string shape_text(const forge_tensor_v1& tensor) {
  std::string text = "[";
  for (std::uint32_t i = 0; i < tensor.n_dims; ++i)
    text += fmt::format("{}{}", i == 0 ? "" : ", ", tensor.shape[i]);
  return text + "]";
}

}  // namespace forge::gguf
