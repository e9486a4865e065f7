// core/gguf/append.hpp: numbers as GGUF stores them, little-endian, which is how they lie in memory
// (reader.hpp).
#ifndef FORGE_CORE_GGUF_APPEND_HPP_
#define FORGE_CORE_GGUF_APPEND_HPP_

#include <string>
#include <type_traits>

namespace forge::gguf {

template <class T>
void append(std::string& out, T number) {
  static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
  out.append(reinterpret_cast<const char*>(&number), sizeof(number));
}

}  // namespace forge::gguf

#endif  // FORGE_CORE_GGUF_APPEND_HPP_
