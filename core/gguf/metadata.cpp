#include "core/gguf/metadata.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <type_traits>

#include "core/base/guard.hpp"
#include "core/base/quote.hpp"
#include "core/gguf/limits.hpp"

namespace forge::gguf {
namespace {

// The value as a T, or nullopt when it is no number or does not fit.
template <class T>
std::optional<T> to_number(const Value& value) {
  if (const std::optional<bool> flag = value.to_bool()) return static_cast<T>(*flag ? 1 : 0);
  if constexpr (std::is_floating_point_v<T>) {
    const std::optional<double> number = value.to_f64();
    if (!number) return std::nullopt;
    return static_cast<T>(*number);
  } else {
    using Wide = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;
    const auto number = [&] {
      if constexpr (std::is_signed_v<T>)
        return value.to_i64();
      else
        return value.to_u64();
    }();
    if (!number || *number > Wide{std::numeric_limits<T>::max()} ||
        *number < Wide{std::numeric_limits<T>::min()})
      return std::nullopt;
    return static_cast<T>(*number);
  }
}

// What a T is called in messages.
template <class T>
std::string number_name() {
  if constexpr (std::is_floating_point_v<T>) return "numbers";
  return fmt::format("integers in [{}, {}]", std::numeric_limits<T>::min(),
                     std::numeric_limits<T>::max());
}

}  // namespace

Metadata::Metadata(std::string source, const std::byte* base, std::vector<Entry> entries)
    : source_(std::move(source)), base_(base), entries_(std::move(entries)) {
  by_key_.resize(entries_.size());
  std::iota(by_key_.begin(), by_key_.end(), 0u);
  std::sort(by_key_.begin(), by_key_.end(), [this](std::uint32_t a, std::uint32_t b) {
    const int order = entries_[a].key.compare(entries_[b].key);
    return order != 0 ? order < 0 : a < b;
  });
}

const Value* Metadata::find(std::string_view key) const {
  const auto found = std::lower_bound(
      by_key_.begin(), by_key_.end(), key,
      [this](std::uint32_t index, std::string_view k) { return entries_[index].key < k; });
  if (found == by_key_.end() || entries_[*found].key != key) return nullptr;
  return &entries_[*found].value;
}

Metadata::Duplicate Metadata::find_duplicate() const {
  const auto found = std::adjacent_find(
      by_key_.begin(), by_key_.end(),
      [this](std::uint32_t a, std::uint32_t b) { return entries_[a].key == entries_[b].key; });
  if (found == by_key_.end()) return {entries_.size(), entries_.size()};
  return {*found, *(found + 1)};
}

Result<const Value*> Metadata::require(std::string_view key) const {
  if (const Value* value = find(key)) return value;
  return not_found(
      fmt::format("{}: metadata key {} is missing", quote(source_, kPathBytes), quote(key)));
}

Status Metadata::wrong_type(std::string_view key, const Value& value,
                            std::string_view expected) const {
  return invalid_argument(fmt::format("{}: metadata key {} (value at byte {}) is {}; expected {}",
                                      quote(source_, kPathBytes), quote(key), offset_of(value),
                                      value.describe(), expected));
}

Result<std::uint64_t> Metadata::get_u64(std::string_view key) const {
  FORGE_ASSIGN(const Value* value, require(key));
  if (const auto number = value->to_u64()) return *number;
  return wrong_type(key, *value, "an integer that is not negative");
}

Result<std::int64_t> Metadata::get_i64(std::string_view key) const {
  FORGE_ASSIGN(const Value* value, require(key));
  if (const auto number = value->to_i64()) return *number;
  return wrong_type(key, *value, "an integer below 2^63");
}

Result<double> Metadata::get_f64(std::string_view key) const {
  FORGE_ASSIGN(const Value* value, require(key));
  if (const auto number = value->to_f64()) return *number;
  return wrong_type(key, *value, "a number");
}

Result<bool> Metadata::get_bool(std::string_view key) const {
  FORGE_ASSIGN(const Value* value, require(key));
  if (const auto flag = value->to_bool()) return *flag;
  return wrong_type(key, *value, "a bool");
}

Result<std::string_view> Metadata::get_string(std::string_view key) const {
  FORGE_ASSIGN(const Value* value, require(key));
  if (const auto text = value->to_string()) return *text;
  return wrong_type(key, *value, "a string");
}

Result<Array> Metadata::get_array(std::string_view key) const {
  FORGE_ASSIGN(const Value* value, require(key));
  if (const auto array = value->to_array()) return *array;
  return wrong_type(key, *value, "an array");
}

Result<StringArray> Metadata::get_strings(std::string_view key) const {
  FORGE_ASSIGN(const Value* value, require(key));
  const std::optional<Array> array = value->to_array();
  // Writers give an empty array any element type.
  if (array && (array->empty() || array->element_type() == ValueType::kString))
    return StringArray(*array);
  return wrong_type(key, *value, "an array of strings");
}

Result<std::uint64_t> Metadata::get_u64_or(std::string_view key, std::uint64_t fallback) const {
  return contains(key) ? get_u64(key) : fallback;
}

Result<std::int64_t> Metadata::get_i64_or(std::string_view key, std::int64_t fallback) const {
  return contains(key) ? get_i64(key) : fallback;
}

Result<double> Metadata::get_f64_or(std::string_view key, double fallback) const {
  return contains(key) ? get_f64(key) : fallback;
}

Result<bool> Metadata::get_bool_or(std::string_view key, bool fallback) const {
  return contains(key) ? get_bool(key) : fallback;
}

Result<std::string_view> Metadata::get_string_or(std::string_view key,
                                                 std::string_view fallback) const {
  return contains(key) ? get_string(key) : fallback;
}

template <class T>
Result<std::vector<T>> Metadata::get_numbers(std::string_view key) const {
  return guarded([&]() -> Result<std::vector<T>> {
    FORGE_ASSIGN(const Value* value, require(key));
    const std::optional<Array> array = value->to_array();
    if (!array) {
      if (const std::optional<T> number = to_number<T>(*value)) return std::vector<T>{*number};
      return wrong_type(key, *value, "an array of " + number_name<T>());
    }
    if (!array->empty() && fixed_size(array->element_type()) == 0)
      return wrong_type(key, *value, "an array of " + number_name<T>());
    std::vector<T> numbers;
    numbers.reserve(array->size());
    for (std::uint64_t i = 0; i < array->size(); ++i) {
      const std::optional<T> number = to_number<T>((*array)[i]);
      if (!number)
        return wrong_type(key, *value,
                          fmt::format("an array of {}, but element {} is {}", number_name<T>(), i,
                                      (*array)[i].describe()));
      numbers.push_back(*number);
    }
    return numbers;
  });
}

template Result<std::vector<std::int32_t>> Metadata::get_numbers(std::string_view) const;
template Result<std::vector<std::uint32_t>> Metadata::get_numbers(std::string_view) const;
template Result<std::vector<std::int64_t>> Metadata::get_numbers(std::string_view) const;
template Result<std::vector<std::uint64_t>> Metadata::get_numbers(std::string_view) const;
template Result<std::vector<float>> Metadata::get_numbers(std::string_view) const;
template Result<std::vector<double>> Metadata::get_numbers(std::string_view) const;

}  // namespace forge::gguf
