#include "core/gguf/value.hpp"

#include <fmt/core.h>

#include <cstring>
#include <limits>

#include "core/base/quote.hpp"

namespace forge::gguf {
namespace {

// Bytes in front of a string (its length) and of an array (element type, count).
constexpr std::size_t kStringHeader = 8;
constexpr std::size_t kArrayHeader = 12;

template <class T>
T load(const std::byte* data) {
  T value;
  std::memcpy(&value, data, sizeof(value));
  return value;
}

}  // namespace

std::string_view value_type_name(ValueType type) {
  constexpr std::string_view kNames[] = {"u8",   "i8",     "u16",   "i16", "u32", "i32", "f32",
                                         "bool", "string", "array", "u64", "i64", "f64"};
  static_assert(std::size(kNames) == kValueTypeCount);
  const auto index = static_cast<std::uint32_t>(type);
  return index < kValueTypeCount ? kNames[index] : "unknown";
}

std::string_view value_type_plural(ValueType type) {
  switch (type) {
    case ValueType::kBool:
      return "bools";
    case ValueType::kString:
      return "strings";
    case ValueType::kArray:
      return "arrays";
    default:
      return value_type_name(type);
  }
}

std::size_t fixed_size(ValueType type) {
  switch (type) {
    case ValueType::kU8:
    case ValueType::kI8:
    case ValueType::kBool:
      return 1;
    case ValueType::kU16:
    case ValueType::kI16:
      return 2;
    case ValueType::kU32:
    case ValueType::kI32:
    case ValueType::kF32:
      return 4;
    case ValueType::kU64:
    case ValueType::kI64:
    case ValueType::kF64:
      return 8;
    case ValueType::kString:
    case ValueType::kArray:
      break;
  }
  return 0;
}

std::size_t Value::encoded_size() const {
  if (type_ == ValueType::kString) return kStringHeader + load<std::uint64_t>(data_);
  if (type_ != ValueType::kArray) return fixed_size(type_);
  const Array array = *to_array();
  const std::size_t element = fixed_size(array.element_type());
  if (element != 0) return kArrayHeader + array.size() * element;
  std::size_t total = kArrayHeader;
  for (const Value value : array) total += value.encoded_size();
  return total;
}

std::optional<std::uint64_t> Value::to_u64() const {
  if (type_ == ValueType::kU64) return load<std::uint64_t>(data_);
  const std::optional<std::int64_t> value = to_i64();
  if (!value || *value < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

std::optional<std::int64_t> Value::to_i64() const {
  switch (type_) {
    case ValueType::kU8:
      return load<std::uint8_t>(data_);
    case ValueType::kI8:
      return load<std::int8_t>(data_);
    case ValueType::kU16:
      return load<std::uint16_t>(data_);
    case ValueType::kI16:
      return load<std::int16_t>(data_);
    case ValueType::kU32:
      return load<std::uint32_t>(data_);
    case ValueType::kI32:
      return load<std::int32_t>(data_);
    case ValueType::kI64:
      return load<std::int64_t>(data_);
    case ValueType::kU64: {
      const auto value = load<std::uint64_t>(data_);
      if (value > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
      return static_cast<std::int64_t>(value);
    }
    default:
      return std::nullopt;
  }
}

std::optional<double> Value::to_f64() const {
  if (type_ == ValueType::kF64) return load<double>(data_);
  if (type_ == ValueType::kF32) return static_cast<double>(load<float>(data_));
  if (type_ == ValueType::kU64) return static_cast<double>(load<std::uint64_t>(data_));
  const std::optional<std::int64_t> value = to_i64();
  if (!value) return std::nullopt;
  return static_cast<double>(*value);
}

std::optional<bool> Value::to_bool() const {
  if (type_ != ValueType::kBool) return std::nullopt;
  return load<std::uint8_t>(data_) != 0;
}

std::optional<std::string_view> Value::to_string() const {
  if (type_ != ValueType::kString) return std::nullopt;
  return std::string_view(reinterpret_cast<const char*>(data_ + kStringHeader),
                          load<std::uint64_t>(data_));
}

std::optional<Array> Value::to_array() const {
  if (type_ != ValueType::kArray) return std::nullopt;
  return Array(static_cast<ValueType>(load<std::uint32_t>(data_)),
               load<std::uint64_t>(data_ + sizeof(std::uint32_t)), data_ + kArrayHeader);
}

std::string Value::describe() const {
  if (const auto text = to_string()) return fmt::format("string {}", quote(*text, 60));
  if (const auto array = to_array())
    return fmt::format("array of {} {}", array->size(), value_type_plural(array->element_type()));
  if (const auto flag = to_bool()) return *flag ? "bool true" : "bool false";
  if (type_ == ValueType::kF32) return fmt::format("f32 {}", load<float>(data_));
  if (type_ == ValueType::kF64) return fmt::format("f64 {}", load<double>(data_));
  if (type_ == ValueType::kU64) return fmt::format("u64 {}", load<std::uint64_t>(data_));
  return fmt::format("{} {}", value_type_name(type_), to_i64().value_or(0));
}

Array::Iterator& Array::Iterator::operator++() {
  data_ += Value(type_, data_).encoded_size();
  ++index_;
  return *this;
}

Array::Iterator Array::Iterator::operator++(int) {
  Iterator before = *this;
  ++*this;
  return before;
}

}  // namespace forge::gguf
