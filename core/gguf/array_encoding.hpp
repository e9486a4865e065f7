// core/gguf/array_encoding.hpp: arrays as the format stores them.
#ifndef FORGE_CORE_GGUF_ARRAY_ENCODING_HPP_
#define FORGE_CORE_GGUF_ARRAY_ENCODING_HPP_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace forge::gguf {

// Element type, count and elements; what MetadataBuilder::set_array takes.
struct ArrayEncoding {
  std::string bytes;
  std::uint32_t depth = 1;  // 1: not nested
};

// T: bool, float, double or an integer type of <cstdint>. May throw std::bad_alloc.
template <class T>
ArrayEncoding encode_array(std::span<const T> numbers);
ArrayEncoding encode_strings(std::span<const std::string_view> strings);
// An array of arrays, which may differ in type and length.
ArrayEncoding encode_nested(std::span<const ArrayEncoding> arrays);

}  // namespace forge::gguf

#endif  // FORGE_CORE_GGUF_ARRAY_ENCODING_HPP_
