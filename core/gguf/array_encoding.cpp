#include "core/gguf/array_encoding.hpp"

#include <algorithm>
#include <type_traits>

#include "core/gguf/append.hpp"
#include "core/gguf/value.hpp"

namespace forge::gguf {
namespace {

template <class T>
constexpr ValueType value_type_of() {
  if constexpr (std::is_same_v<T, std::uint8_t>) return ValueType::kU8;
  if constexpr (std::is_same_v<T, std::int8_t>) return ValueType::kI8;
  if constexpr (std::is_same_v<T, std::uint16_t>) return ValueType::kU16;
  if constexpr (std::is_same_v<T, std::int16_t>) return ValueType::kI16;
  if constexpr (std::is_same_v<T, std::uint32_t>) return ValueType::kU32;
  if constexpr (std::is_same_v<T, std::int32_t>) return ValueType::kI32;
  if constexpr (std::is_same_v<T, std::uint64_t>) return ValueType::kU64;
  if constexpr (std::is_same_v<T, std::int64_t>) return ValueType::kI64;
  if constexpr (std::is_same_v<T, float>) return ValueType::kF32;
  if constexpr (std::is_same_v<T, double>) return ValueType::kF64;
  if constexpr (std::is_same_v<T, bool>) return ValueType::kBool;
}

void append_header(std::string& out, ValueType type, std::uint64_t count) {
  append(out, static_cast<std::uint32_t>(type));
  append(out, count);
}

}  // namespace

template <class T>
ArrayEncoding encode_array(std::span<const T> numbers) {
  static_assert(sizeof(bool) == 1, "booleans are stored as bytes 0 and 1");
  ArrayEncoding out;
  append_header(out.bytes, value_type_of<T>(), numbers.size());
  out.bytes.append(reinterpret_cast<const char*>(numbers.data()), numbers.size_bytes());
  return out;
}

template ArrayEncoding encode_array(std::span<const std::uint8_t>);
template ArrayEncoding encode_array(std::span<const std::int8_t>);
template ArrayEncoding encode_array(std::span<const std::uint16_t>);
template ArrayEncoding encode_array(std::span<const std::int16_t>);
template ArrayEncoding encode_array(std::span<const std::uint32_t>);
template ArrayEncoding encode_array(std::span<const std::int32_t>);
template ArrayEncoding encode_array(std::span<const std::uint64_t>);
template ArrayEncoding encode_array(std::span<const std::int64_t>);
template ArrayEncoding encode_array(std::span<const float>);
template ArrayEncoding encode_array(std::span<const double>);
template ArrayEncoding encode_array(std::span<const bool>);

ArrayEncoding encode_strings(std::span<const std::string_view> strings) {
  ArrayEncoding out;
  append_header(out.bytes, ValueType::kString, strings.size());
  for (const std::string_view string : strings) {
    append(out.bytes, std::uint64_t{string.size()});
    out.bytes += string;
  }
  return out;
}

ArrayEncoding encode_nested(std::span<const ArrayEncoding> arrays) {
  ArrayEncoding out;
  append_header(out.bytes, ValueType::kArray, arrays.size());
  for (const ArrayEncoding& array : arrays) {
    out.bytes += array.bytes;
    out.depth = std::max(out.depth, array.depth + 1);
  }
  return out;
}

}  // namespace forge::gguf
