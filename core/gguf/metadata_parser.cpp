#include "core/gguf/metadata_parser.hpp"

#include <fmt/core.h>

#include <utility>
#include <vector>

#include "core/base/quote.hpp"
#include "core/gguf/limits.hpp"

namespace forge::gguf {
namespace {

constexpr const char* kKeyItem = "metadata key";

// The smallest an element of an array can be.
std::uint64_t min_element_size(ValueType type) {
  constexpr std::uint64_t kStringLength = 8;
  constexpr std::uint64_t kArrayHeader = 12;
  if (type == ValueType::kString) return kStringLength;
  if (type == ValueType::kArray) return kArrayHeader;
  return fixed_size(type);
}

Status read_type(Reader& reader, const char* what, ValueType& out) {
  const std::uint64_t at = reader.position();
  std::uint32_t type = 0;
  FORGE_TRY(reader.number(what, type));
  if (type >= kValueTypeCount) {
    return reader.invalid(
        at, fmt::format("{} is {}; known are 0 (u8) to {} (f64)", what, type, kValueTypeCount - 1));
  }
  out = static_cast<ValueType>(type);
  return {};
}

Status skip_bools(Reader& reader, std::uint64_t count) {
  const std::uint64_t at = reader.position();
  const std::byte* first = reader.here();
  FORGE_TRY(reader.skip("a bool", count));
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto byte = std::to_integer<unsigned>(first[i]);
    if (byte > 1)
      return reader.invalid(at + i,
                            fmt::format("a bool has the value {}; 0 or 1 is expected", byte));
  }
  return {};
}

Status skip_array(Reader& reader, std::uint32_t depth) {
  const std::uint64_t at = reader.position();
  if (depth > kMaxArrayDepth) {
    return reader.invalid(at, fmt::format("arrays are nested more than {} deep", kMaxArrayDepth));
  }
  ValueType type{};
  FORGE_TRY(read_type(reader, "the element type of the array", type));
  const std::uint64_t count_at = reader.position();
  std::uint64_t count = 0;
  FORGE_TRY(reader.number("the length of the array", count));
  FORGE_TRY(reader.check_count("the length of the array", count, min_element_size(type), count_at));
  if (type == ValueType::kBool) return skip_bools(reader, count);
  if (type == ValueType::kArray) {
    for (std::uint64_t i = 0; i < count; ++i) FORGE_TRY(skip_array(reader, depth + 1));
    return {};
  }
  if (type == ValueType::kString) {
    std::string_view text;
    for (std::uint64_t i = 0; i < count; ++i)
      FORGE_TRY(reader.string("a string of the array", text));
    return {};
  }
  return reader.skip("the array", count * fixed_size(type));
}

Status skip_value(Reader& reader, ValueType type) {
  std::string_view text;
  switch (type) {
    case ValueType::kString:
      return reader.string("the string", text);
    case ValueType::kArray:
      return skip_array(reader, 1);
    case ValueType::kBool:
      return skip_bools(reader, 1);
    default:
      return reader.skip("the value", fixed_size(type));
  }
}

Status no_duplicates(const Reader& reader, const Metadata& metadata) {
  const auto [first, second] = metadata.find_duplicate();
  if (first == metadata.size()) return {};
  const auto offset = [&](std::size_t i) {
    const auto* key = reinterpret_cast<const std::byte*>(metadata.entries()[i].key.data());
    return static_cast<std::uint64_t>(key - reader.begin());
  };
  return reader.invalid(
      offset(second),
      fmt::format("metadata key #{} {} is there already, as #{} at byte {}; keys must be unique",
                  second, quote(metadata.entries()[second].key), first, offset(first)));
}

}  // namespace

Result<Metadata> parse_metadata(Reader& reader, std::uint64_t count, const std::string& source) {
  std::vector<Metadata::Entry> entries;
  entries.reserve(count);  // checked against the size of the file
  for (std::uint64_t i = 0; i < count; ++i) {
    reader.begin_item(kKeyItem, i);
    std::string_view key;
    FORGE_TRY(reader.name("the name of the key", kMaxKeyBytes, key));
    reader.name_item(key);
    ValueType type{};
    FORGE_TRY(read_type(reader, "the type of the value", type));
    entries.push_back({key, Value(type, reader.here())});
    FORGE_TRY(skip_value(reader, type));
  }
  reader.end_item();
  Metadata metadata(source, reader.begin(), std::move(entries));
  FORGE_TRY(no_duplicates(reader, metadata));
  return metadata;
}

}  // namespace forge::gguf
