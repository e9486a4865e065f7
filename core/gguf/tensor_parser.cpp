#include "core/gguf/tensor_parser.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "core/base/quote.hpp"
#include "core/gguf/limits.hpp"

namespace forge::gguf {
namespace {

constexpr const char* kTensorItem = "tensor";
constexpr std::uint64_t kMaxElements = std::numeric_limits<std::int64_t>::max();

class TensorParser {
 public:
  TensorParser(Reader& reader, std::uint64_t alignment, const TypeLookup& types)
      : reader_(reader), alignment_(alignment), lookup_(types) {}

  Result<ParsedTensors> run(std::uint64_t count) {
    out_.rows.reserve(count);  // checked against the size of the file
    for (std::uint64_t i = 0; i < count; ++i) {
      reader_.begin_item(kTensorItem, i);
      FORGE_TRY(description());
    }
    reader_.end_item();
    out_.data_offset = align_up(reader_.position(), alignment_);
    for (std::size_t i = 0; i < out_.rows.size(); ++i) FORGE_TRY(place(i));
    reader_.end_item();
    FORGE_TRY(no_overlaps());
    return std::move(out_);
  }

 private:
  Status description();
  Status shape(forge_tensor_v1& tensor);
  Status size(forge_tensor_v1& tensor, std::uint64_t type_at);
  Status place(std::size_t index);
  Status no_overlaps() const;
  std::optional<TypeInfo> find_type(std::uint32_t type);

  // Where the description of a tensor is, for messages: its name's bytes.
  std::uint64_t described_at(const forge_tensor_v1& tensor) const {
    return static_cast<std::uint64_t>(reinterpret_cast<const std::byte*>(tensor.name.data) -
                                      reader_.begin());
  }

  Reader& reader_;
  std::uint64_t alignment_;
  const TypeLookup& lookup_;
  ParsedTensors out_;
};

// Name, dimensions, type, offset from the start of the data section.
Status TensorParser::description() {
  TensorTable::Row row{};
  forge_tensor_v1& tensor = row.tensor;
  tensor.struct_size = sizeof(tensor);
  std::string_view name;
  FORGE_TRY(reader_.name("the name of the tensor", kMaxTensorNameBytes, name));
  tensor.name = {name.data(), name.size()};
  reader_.name_item(name);
  FORGE_TRY(shape(tensor));
  const std::uint64_t type_at = reader_.position();
  FORGE_TRY(reader_.number("the type of the tensor", tensor.type));
  FORGE_TRY(size(tensor, type_at));
  const std::uint64_t offset_at = reader_.position();
  FORGE_TRY(reader_.number("the offset of the tensor", row.placement.offset));
  if (row.placement.offset % alignment_ != 0) {
    return reader_.invalid(offset_at, fmt::format("offset {} is not a multiple of the alignment {}",
                                                  row.placement.offset, alignment_));
  }
  out_.rows.push_back(row);
  return {};
}

Status TensorParser::shape(forge_tensor_v1& tensor) {
  const std::uint64_t n_dims_at = reader_.position();
  FORGE_TRY(reader_.number("the number of dimensions", tensor.n_dims));
  if (tensor.n_dims > FORGE_MAX_DIMS) {
    return reader_.invalid(n_dims_at, fmt::format("the tensor has {} dimensions; at most {} are "
                                                  "supported",
                                                  tensor.n_dims, FORGE_MAX_DIMS));
  }
  std::fill(std::begin(tensor.shape), std::end(tensor.shape), 1);
  std::uint64_t elements = 1;
  for (std::uint32_t i = 0; i < tensor.n_dims; ++i) {
    const std::uint64_t at = reader_.position();
    FORGE_TRY(reader_.number("a dimension", tensor.shape[i]));
    if (tensor.shape[i] == 0) return reader_.invalid(at, fmt::format("dimension {} is 0", i));
    if (tensor.shape[i] > kMaxElements / elements) {
      return reader_.invalid(
          at, fmt::format("dimension {} is {}, which makes more than 2^63 elements", i,
                          tensor.shape[i]));
    }
    elements *= tensor.shape[i];
  }
  tensor.n_dims = std::max(tensor.n_dims, 1u);  // a scalar is a vector of one element
  return {};
}

// n_bytes, which stays 0 for an unknown type.
Status TensorParser::size(forge_tensor_v1& tensor, std::uint64_t type_at) {
  const std::optional<TypeInfo> type = find_type(tensor.type);
  if (!type) return {};
  const std::uint64_t rows = tensor.shape[1] * tensor.shape[2] * tensor.shape[3];
  const Result<std::uint64_t> bytes = packed_bytes(*type, tensor.shape[0], rows);
  if (!bytes.ok()) {
    return reader_.invalid(
        type_at, fmt::format("shape {} does not fit type {}: {}", shape_text(tensor), type->name,
                             bytes.status().message()));
  }
  tensor.n_bytes = *bytes;
  return {};
}

std::optional<TypeInfo> TensorParser::find_type(std::uint32_t type) {
  for (const TensorTable::KnownType& known : out_.types) {
    if (known.type == type) return known.info;
  }
  std::optional<TypeInfo> info = lookup_ ? lookup_(type) : std::nullopt;
  if (!info) info = builtin_type(type);
  if (!info || info->block_elements == 0 || info->block_bytes == 0) return std::nullopt;
  out_.types.push_back({type, *info});
  return info;
}

// Turns the offset in the data section into one in the file, and into a pointer.
Status TensorParser::place(std::size_t index) {
  TensorTable::Row& row = out_.rows[index];
  reader_.begin_item(kTensorItem, index, name_of(row.tensor));
  const std::uint64_t data_size = reader_.size() - std::min(reader_.size(), out_.data_offset);
  const std::uint64_t in_section = row.placement.offset;
  const std::uint64_t need = std::max<std::uint64_t>(row.tensor.n_bytes, 1);
  if (in_section > data_size || need > data_size - in_section) {
    const std::string bytes = row.tensor.n_bytes == 0 ? "" : fmt::format("{} ", need);
    return reader_.fail(
        Code::kDataLoss, described_at(row.tensor),
        fmt::format("its {}bytes start at offset {} of the data section (byte {} of the file), "
                    "which ends at byte {}; the file is damaged or was not copied completely",
                    bytes, in_section, out_.data_offset, reader_.size()));
  }
  row.placement.offset += out_.data_offset;
  if (row.tensor.n_bytes != 0) row.tensor.data = reader_.begin() + row.placement.offset;
  return {};
}

Status TensorParser::no_overlaps() const {
  std::vector<std::uint32_t> order(out_.rows.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [this](std::uint32_t a, std::uint32_t b) {
    const std::uint64_t at_a = out_.rows[a].placement.offset;
    const std::uint64_t at_b = out_.rows[b].placement.offset;
    return at_a != at_b ? at_a < at_b : a < b;
  });
  for (std::size_t i = 1; i < order.size(); ++i) {
    const TensorTable::Row& before = out_.rows[order[i - 1]];
    const TensorTable::Row& row = out_.rows[order[i]];
    const std::uint64_t end =
        before.placement.offset + std::max<std::uint64_t>(before.tensor.n_bytes, 1);
    if (row.placement.offset >= end) continue;
    return reader_.invalid(
        described_at(row.tensor),
        fmt::format("tensor #{} {} starts at byte {}, inside tensor #{} {} (bytes {} to {})",
                    order[i], quote(name_of(row.tensor)), row.placement.offset, order[i - 1],
                    quote(name_of(before.tensor)), before.placement.offset, end - 1));
  }
  return {};
}

}  // namespace

Result<ParsedTensors> parse_tensors(Reader& reader, std::uint64_t count, std::uint64_t alignment,
                                    const TypeLookup& types) {
  return TensorParser(reader, alignment, types).run(count);
}

}  // namespace forge::gguf
