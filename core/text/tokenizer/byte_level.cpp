#include "core/text/tokenizer/byte_level.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace forge::text {
namespace {

constexpr bool is_own_character(unsigned byte) {
  return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

constexpr std::size_t kAlphabetEnd = 256 + 68;  // one past the last code point of the alphabet
constexpr std::uint16_t kNone = 0xffff;

struct Alphabet {
  std::array<std::uint16_t, 256> code_point{};     // of a byte
  std::array<std::uint16_t, kAlphabetEnd> byte{};  // of a code point, or kNone
};

constexpr Alphabet make_alphabet() {
  Alphabet alphabet;
  alphabet.byte.fill(kNone);
  std::uint16_t next = 256;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const auto code_point = is_own_character(byte) ? static_cast<std::uint16_t>(byte) : next++;
    alphabet.code_point[byte] = code_point;
    alphabet.byte[code_point] = static_cast<std::uint16_t>(byte);
  }
  return alphabet;
}

constexpr Alphabet kAlphabet = make_alphabet();

}  // namespace

void append_byte_level(std::string_view bytes, std::string& out) {
  for (const char c : bytes) {
    const unsigned code_point = kAlphabet.code_point[static_cast<unsigned char>(c)];
    if (code_point < 0x80) {
      out += static_cast<char>(code_point);
    } else {
      out += static_cast<char>(0xc0u | code_point >> 6);
      out += static_cast<char>(0x80u | (code_point & 0x3fu));
    }
  }
}

void append_from_byte_level(std::string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned code_point = static_cast<unsigned char>(text[i]);
    std::size_t length = 1;
    if (code_point >= 0xc2 && code_point <= 0xc5 && i + 1 < text.size()) {
      code_point = (code_point & 0x1fu) << 6 | (static_cast<unsigned char>(text[i + 1]) & 0x3fu);
      length = 2;
    }
    const bool encoded = code_point < 0x80 || length == 2;
    if (encoded && code_point < kAlphabetEnd && kAlphabet.byte[code_point] != kNone) {
      out += static_cast<char>(kAlphabet.byte[code_point]);
    } else {
      out += text.substr(i, length);
    }
    i += length - 1;
  }
}

}  // namespace forge::text
