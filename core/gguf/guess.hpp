// core/gguf/guess.hpp: what a file is that is not a GGUF file.
#ifndef FORGE_CORE_GGUF_GUESS_HPP_
#define FORGE_CORE_GGUF_GUESS_HPP_

#include <cstddef>
#include <span>
#include <string>

namespace forge::gguf {

// A clause for the error message, saying what the file seems to be and what to do about it, for the
// mistakes people make with downloads; "" without an idea.
std::string guess_format(std::span<const std::byte> bytes);

}  // namespace forge::gguf

#endif  // FORGE_CORE_GGUF_GUESS_HPP_
