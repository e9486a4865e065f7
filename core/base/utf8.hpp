// core/base/utf8.hpp: the code point at the front of a byte string, strictly.
#ifndef FORGE_CORE_BASE_UTF8_HPP_
#define FORGE_CORE_BASE_UTF8_HPP_

#include <cstddef>
#include <string_view>

namespace forge {

// size: bytes it takes, at least 1. valid: false when these bytes are no UTF-8 (a lone or missing
// continuation byte, an overlong form, a surrogate, beyond U+10FFFF): then size is 1 and value is
// U+FFFD.
struct CodePoint {
  char32_t value = 0xfffd;
  std::size_t size = 1;
  bool valid = false;
};

// Decodes the front of `text`, which must not be empty (RFC 3629, section 4). Thread-safe.
constexpr CodePoint decode_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return {};
  char32_t value = lead & (0x7fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0u) != 0x80) return {};
    value = (value << 6) | (byte(i) & 0x3fu);
  }
  const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (overlong || surrogate || value > 0x10ffff) return {};
  return {value, size, true};
}

}  // namespace forge

#endif  // FORGE_CORE_BASE_UTF8_HPP_
