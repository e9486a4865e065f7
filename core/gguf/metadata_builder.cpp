#include "core/gguf/metadata_builder.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "core/base/guard.hpp"
#include "core/base/quote.hpp"
#include "core/gguf/append.hpp"
#include "core/gguf/limits.hpp"

namespace forge::gguf {
namespace {

constexpr std::string_view kAlignmentKey = "general.alignment";

void append_string(std::string& out, std::string_view text) {
  append(out, std::uint64_t{text.size()});
  out += text;
}

std::string_view bytes_of(const Value& value) {
  return {reinterpret_cast<const char*>(value.data()), value.encoded_size()};
}

Result<std::uint64_t> alignment_of(ValueType type, std::string_view bytes) {
  const Value value(type, reinterpret_cast<const std::byte*>(bytes.data()));
  const std::optional<std::uint64_t> alignment = value.to_u64();
  if (alignment && valid_alignment(*alignment)) return *alignment;
  return invalid_argument(
      fmt::format("metadata key '{}' is {}; a power of two from {} to {} is "
                  "expected",
                  kAlignmentKey, value.describe(), kMinAlignment, kMaxAlignment));
}

}  // namespace

std::size_t MetadataBuilder::find(std::string_view key) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [key](const Entry& entry) { return entry.key == key; });
  return static_cast<std::size_t>(found - entries_.begin());
}

Status MetadataBuilder::set(std::string_view key, ValueType type, std::string_view bytes) {
  return guarded([&]() -> Status {
    if (key.empty() || key.size() > kMaxKeyBytes) {
      return invalid_argument(fmt::format("metadata key {} is {} bytes long; 1 to {} are possible",
                                          quote(key), key.size(), kMaxKeyBytes));
    }
    if (key == kAlignmentKey) {
      FORGE_ASSIGN(alignment_, alignment_of(type, bytes));
    }
    const std::size_t index = find(key);
    Entry entry{std::string(key), type, std::string(bytes)};
    if (index == entries_.size()) {
      entries_.push_back(std::move(entry));
    } else {
      entries_[index] = std::move(entry);
    }
    return {};
  });
}

template <class T>
Status MetadataBuilder::set_number(std::string_view key, ValueType type, T value) {
  return set(key, type, {reinterpret_cast<const char*>(&value), sizeof(value)});
}

Status MetadataBuilder::set_u8(std::string_view key, std::uint8_t value) {
  return set_number(key, ValueType::kU8, value);
}
Status MetadataBuilder::set_i8(std::string_view key, std::int8_t value) {
  return set_number(key, ValueType::kI8, value);
}
Status MetadataBuilder::set_u16(std::string_view key, std::uint16_t value) {
  return set_number(key, ValueType::kU16, value);
}
Status MetadataBuilder::set_i16(std::string_view key, std::int16_t value) {
  return set_number(key, ValueType::kI16, value);
}
Status MetadataBuilder::set_u32(std::string_view key, std::uint32_t value) {
  return set_number(key, ValueType::kU32, value);
}
Status MetadataBuilder::set_i32(std::string_view key, std::int32_t value) {
  return set_number(key, ValueType::kI32, value);
}
Status MetadataBuilder::set_u64(std::string_view key, std::uint64_t value) {
  return set_number(key, ValueType::kU64, value);
}
Status MetadataBuilder::set_i64(std::string_view key, std::int64_t value) {
  return set_number(key, ValueType::kI64, value);
}
Status MetadataBuilder::set_f32(std::string_view key, float value) {
  return set_number(key, ValueType::kF32, value);
}
Status MetadataBuilder::set_f64(std::string_view key, double value) {
  return set_number(key, ValueType::kF64, value);
}
Status MetadataBuilder::set_bool(std::string_view key, bool value) {
  return set_number(key, ValueType::kBool, static_cast<std::uint8_t>(value ? 1 : 0));
}

Status MetadataBuilder::set_string(std::string_view key, std::string_view value) {
  return guarded([&]() -> Status {
    std::string bytes;
    append_string(bytes, value);
    return set(key, ValueType::kString, bytes);
  });
}

Status MetadataBuilder::set_array(std::string_view key, const ArrayEncoding& value) {
  if (value.depth > kMaxArrayDepth) {
    return invalid_argument(
        fmt::format("metadata key {}: arrays are nested {} deep; {} is the limit", quote(key),
                    value.depth, kMaxArrayDepth));
  }
  return set(key, ValueType::kArray, value.bytes);
}

Status MetadataBuilder::set_value(std::string_view key, const Value& value) {
  return set(key, value.type(), bytes_of(value));
}

Status MetadataBuilder::set_all(const Metadata& metadata) {
  for (const Metadata::Entry& entry : metadata.entries())
    FORGE_TRY(set_value(entry.key, entry.value));
  return {};
}

bool MetadataBuilder::remove(std::string_view key) {
  const std::size_t index = find(key);
  if (index == entries_.size()) return false;
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(index));
  if (key == kAlignmentKey) alignment_ = kDefaultAlignment;
  return true;
}

void MetadataBuilder::encode(std::string& out) const {
  for (const Entry& entry : entries_) {
    append_string(out, entry.key);
    append(out, static_cast<std::uint32_t>(entry.type));
    out += entry.bytes;
  }
}

}  // namespace forge::gguf
