// core/gguf/value.hpp: views of metadata values, where the file has them.
//
// A view is a type and a pointer into the file; nothing is copied or allocated. The parser has
// checked every byte a view can reach, so reading one cannot fail. Views are valid as long as the
// File they come from. Values in a file have no alignment. All are immutable: any thread.
#ifndef FORGE_CORE_GGUF_VALUE_HPP_
#define FORGE_CORE_GGUF_VALUE_HPP_

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace forge::gguf {

// Numbers as the file stores them (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
enum class ValueType : std::uint32_t {
  kU8 = 0,
  kI8 = 1,
  kU16 = 2,
  kI16 = 3,
  kU32 = 4,
  kI32 = 5,
  kF32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9,
  kU64 = 10,
  kI64 = 11,
  kF64 = 12,
};
inline constexpr std::uint32_t kValueTypeCount = 13;

// "u8", "f32", "bool", "string", "array"; "unknown" for a number that is none of the above.
std::string_view value_type_name(ValueType type);

// What several of them are called: "strings", "u8".
std::string_view value_type_plural(ValueType type);

// Bytes of a number or boolean; 0 for strings, arrays and unknown types.
std::size_t fixed_size(ValueType type);

class Array;

// One value.
class Value {
 public:
  // `data`: the first byte of the encoded value (of a string: its length). Checked by the caller.
  Value(ValueType type, const std::byte* data) : type_(type), data_(data) {}

  ValueType type() const { return type_; }
  // The encoded bytes, as in the file.
  const std::byte* data() const { return data_; }
  std::size_t encoded_size() const;

  // The value as another type; nullopt when it has no such meaning. Integers of every width
  // convert into each other when in range, integers and f32 into f64 (rounded above 2^53).
  // Booleans are no integers, floating-point numbers neither.
  std::optional<std::uint64_t> to_u64() const;
  std::optional<std::int64_t> to_i64() const;
  std::optional<double> to_f64() const;
  std::optional<bool> to_bool() const;
  std::optional<std::string_view> to_string() const;
  std::optional<Array> to_array() const;

  // For messages: `u32 7`, `string "llama"`, `array of 32000 strings`, `array of 3 i32`. Long
  // strings are cut.
  std::string describe() const;

 private:
  ValueType type_;
  const std::byte* data_;
};

// Elements of one type, in a row.
class Array {
 public:
  // Forward iteration in O(1) a step, whatever the element type.
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = Value;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = Value;

    Iterator() = default;
    Iterator(ValueType type, const std::byte* data, std::uint64_t index)
        : type_(type), data_(data), index_(index) {}
    Value operator*() const { return {type_, data_}; }
    Iterator& operator++();
    Iterator operator++(int);
    bool operator==(const Iterator& other) const { return index_ == other.index_; }

   private:
    ValueType type_ = ValueType::kU8;
    const std::byte* data_ = nullptr;
    std::uint64_t index_ = 0;
  };

  Array(ValueType element_type, std::uint64_t size, const std::byte* first)
      : element_type_(element_type), size_(size), first_(first) {}

  ValueType element_type() const { return element_type_; }
  std::uint64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Iterator begin() const { return {element_type_, first_, 0}; }
  Iterator end() const { return {element_type_, nullptr, size_}; }

  // Element i < size(). Numbers and booleans only: strings and arrays have no fixed place.
  Value operator[](std::uint64_t i) const {
    return {element_type_, first_ + i * fixed_size(element_type_)};
  }

 private:
  ValueType element_type_;
  std::uint64_t size_;
  const std::byte* first_;
};

// An array of strings as views: no allocation, forward iteration.
class StringArray {
 public:
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = std::string_view;

    Iterator() = default;
    explicit Iterator(Array::Iterator at) : at_(at) {}
    std::string_view operator*() const { return (*at_).to_string().value_or(std::string_view()); }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++at_;
      return before;
    }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    Array::Iterator at_;
  };

  // `array` must have strings as elements (or be empty).
  explicit StringArray(Array array) : array_(array) {}

  std::uint64_t size() const { return array_.size(); }
  bool empty() const { return array_.empty(); }
  Iterator begin() const { return Iterator(array_.begin()); }
  Iterator end() const { return Iterator(array_.end()); }

 private:
  Array array_;
};

}  // namespace forge::gguf

#endif  // FORGE_CORE_GGUF_VALUE_HPP_
