#include "core/gguf/layout.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>

#include "core/base/guard.hpp"
#include "core/base/quote.hpp"
#include "core/gguf/append.hpp"
#include "core/gguf/limits.hpp"
#include "forge/abi/tensor.h"

namespace forge::gguf {
namespace {

constexpr std::uint32_t kVersion = 3;
constexpr std::uint64_t kMaxBytes = std::numeric_limits<std::int64_t>::max();

Status wrong(const TensorPlan& tensor, std::string_view text) {
  return invalid_argument(fmt::format("tensor {}: {}", quote(tensor.name), text));
}

Status check_name_and_shape(const TensorPlan& tensor) {
  if (tensor.name.empty() || tensor.name.size() > kMaxTensorNameBytes) {
    return wrong(tensor, fmt::format("its name is {} bytes long; 1 to {} are possible",
                                     tensor.name.size(), kMaxTensorNameBytes));
  }
  if (tensor.shape.empty() || tensor.shape.size() > FORGE_MAX_DIMS) {
    return wrong(tensor, fmt::format("it has {} dimensions; 1 to {} are possible",
                                     tensor.shape.size(), FORGE_MAX_DIMS));
  }
  if (std::find(tensor.shape.begin(), tensor.shape.end(), 0u) != tensor.shape.end())
    return wrong(tensor, "a dimension is 0");
  return {};
}

Result<std::uint64_t> bytes_of(const TensorPlan& tensor, const TypeLookup& types) {
  FORGE_TRY(check_name_and_shape(tensor));
  std::optional<TypeInfo> type = types ? types(tensor.type) : std::nullopt;
  if (!type) type = builtin_type(tensor.type);
  if (!type) return wrong(tensor, unknown_type_name(tensor.type) + " is not a type known here");
  std::uint64_t rows = 1;
  for (std::size_t i = 1; i < tensor.shape.size(); ++i) {
    if (tensor.shape[i] > kMaxBytes / rows) return wrong(tensor, "it has more than 2^63 rows");
    rows *= tensor.shape[i];
  }
  Result<std::uint64_t> bytes = packed_bytes(*type, tensor.shape[0], rows);
  if (!bytes.ok()) return wrong(tensor, bytes.status().message());
  return bytes;
}

Status unique_names(std::span<const TensorPlan> tensors) {
  std::vector<std::string_view> names;
  names.reserve(tensors.size());
  for (const TensorPlan& tensor : tensors) names.push_back(tensor.name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice == names.end()) return {};
  return invalid_argument(fmt::format("two tensors are named {}", quote(*twice)));
}

void append_description(std::string& out, const TensorPlan& tensor, std::uint64_t offset) {
  append(out, std::uint64_t{tensor.name.size()});
  out += tensor.name;
  append(out, static_cast<std::uint32_t>(tensor.shape.size()));
  for (const std::uint64_t extent : tensor.shape) append(out, extent);
  append(out, tensor.type);
  append(out, offset);
}

}  // namespace

Result<Layout> plan_layout(const MetadataBuilder& metadata, std::span<const TensorPlan> tensors,
                           const TypeLookup& types) {
  return guarded([&]() -> Result<Layout> {
    FORGE_TRY(unique_names(tensors));
    Layout layout;
    layout.header = "GGUF";
    append(layout.header, kVersion);
    append(layout.header, std::uint64_t{tensors.size()});
    append(layout.header, std::uint64_t{metadata.size()});
    metadata.encode(layout.header);
    std::uint64_t offset = 0;  // in the data section
    for (const TensorPlan& tensor : tensors) {
      FORGE_ASSIGN(const std::uint64_t n_bytes, bytes_of(tensor, types));
      append_description(layout.header, tensor, offset);
      layout.tensors.push_back({offset, n_bytes});
      if (n_bytes > kMaxBytes / 2 - offset)
        return wrong(tensor, "the file is larger than 2^62 bytes");
      offset = align_up(offset + n_bytes, metadata.alignment());
    }
    layout.header.resize(align_up(layout.header.size(), metadata.alignment()));
    for (Layout::Placement& tensor : layout.tensors) tensor.offset += layout.header.size();
    layout.file_bytes = layout.header.size() + offset;
    return layout;
  });
}

}  // namespace forge::gguf
