// core/text/tokenizer/byte_level.hpp: GPT-2's way to write bytes as printable characters.
//
// Byte-level BPE vocabularies name their tokens in an alphabet of 256 characters, one for each
// byte: the printable ones of Latin-1 (33..126, 161..172, 174..255) stand for themselves, the other
// 68 bytes, in ascending order, are U+0100, U+0101, ... U+0143. A space is U+0120 'Ġ'. Source:
// https://github.com/openai/gpt-2/blob/master/src/encoder.py (bytes_to_unicode).
#ifndef FORGE_CORE_TEXT_TOKENIZER_BYTE_LEVEL_HPP_
#define FORGE_CORE_TEXT_TOKENIZER_BYTE_LEVEL_HPP_

#include <string>
#include <string_view>

namespace forge::text {

// Appends each byte of `bytes` as its character (1 or 2 bytes of UTF-8).
void append_byte_level(std::string_view bytes, std::string& out);

// The way back. What is not in the alphabet is appended as it is.
void append_from_byte_level(std::string_view text, std::string& out);

}  // namespace forge::text

#endif  // FORGE_CORE_TEXT_TOKENIZER_BYTE_LEVEL_HPP_
