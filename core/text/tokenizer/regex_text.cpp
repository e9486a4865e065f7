#include "core/text/tokenizer/regex_text.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "core/text/tokenizer/hash.hpp"

namespace forge::text {
namespace {

constexpr std::uint32_t kInstead = 0xfffd;  // of a byte that starts no character

// Stand-ins, by length in bytes and general category.
constexpr std::uint32_t kOther1 = 0x01, kOther3 = 0xe000;
constexpr std::uint32_t kMark3 = 0x0901, kSymbol3 = 0x2190, kFormat3 = 0x200b;
constexpr std::uint32_t kLetter4 = 0x10000, kMark4 = 0x10a01, kNumber4 = 0x10107,
                        kPunctuation4 = 0x10100, kSymbol4 = 0x1f300;

struct StandIn {
  std::uint32_t first, last, instead;
};

// Unicode 15.0 and 15.1 (https://www.unicode.org/Public/15.1.0/ucd/, DerivedAge and
// DerivedGeneralCategory), adjacent rows of one category joined; and U+180E.
constexpr StandIn kStandIns[] = {
    {0x0cf3, 0x0cf3, kMark3},          {0x0ece, 0x0ece, kMark3},
    {0x180e, 0x180e, kFormat3},        {0x2ffc, 0x2fff, kSymbol3},
    {0x31ef, 0x31ef, kSymbol3},        {0x10efd, 0x10eff, kMark4},
    {0x1123f, 0x11240, kLetter4},      {0x11241, 0x11241, kMark4},
    {0x11b00, 0x11b09, kPunctuation4}, {0x11f00, 0x11f01, kMark4},
    {0x11f02, 0x11f02, kLetter4},      {0x11f03, 0x11f03, kMark4},
    {0x11f04, 0x11f10, kLetter4},      {0x11f12, 0x11f33, kLetter4},
    {0x11f34, 0x11f3a, kMark4},        {0x11f3e, 0x11f42, kMark4},
    {0x11f43, 0x11f4f, kPunctuation4}, {0x11f50, 0x11f59, kNumber4},
    {0x1342f, 0x1342f, kLetter4},      {0x13440, 0x13440, kMark4},
    {0x13441, 0x13446, kLetter4},      {0x13447, 0x13455, kMark4},
    {0x1b132, 0x1b132, kLetter4},      {0x1b155, 0x1b155, kLetter4},
    {0x1d2c0, 0x1d2d3, kNumber4},      {0x1df25, 0x1df2a, kLetter4},
    {0x1e030, 0x1e06d, kLetter4},      {0x1e08f, 0x1e08f, kMark4},
    {0x1e4d0, 0x1e4eb, kLetter4},      {0x1e4ec, 0x1e4ef, kMark4},
    {0x1e4f0, 0x1e4f9, kNumber4},      {0x1f6dc, 0x1f6dc, kSymbol4},
    {0x1f774, 0x1f776, kSymbol4},      {0x1f77b, 0x1f77f, kSymbol4},
    {0x1f7d9, 0x1f7d9, kSymbol4},      {0x1fa75, 0x1fa77, kSymbol4},
    {0x1fa87, 0x1fa88, kSymbol4},      {0x1faad, 0x1faaf, kSymbol4},
    {0x1fabb, 0x1fabd, kSymbol4},      {0x1fabf, 0x1fabf, kSymbol4},
    {0x1face, 0x1facf, kSymbol4},      {0x1fada, 0x1fadb, kSymbol4},
    {0x1fae8, 0x1fae8, kSymbol4},      {0x1faf7, 0x1faf8, kSymbol4},
    {0x2b739, 0x2b739, kLetter4},      {0x2ebf0, 0x2ee5d, kLetter4},
    {0x31350, 0x323af, kLetter4},
};
constexpr std::uint32_t kLastThreeByteStandIn = 0x31ef;

// The character that PCRE2 is shown for `c`, of the same UTF-8 length.
std::uint32_t shown(std::uint32_t c) {
  if (c < kStandIns[0].first) return c;
  if (c > kLastThreeByteStandIn && c < 0x10000) return c >= 0xd800 && c < 0xe000 ? kOther3 : c;
  const auto* row = std::lower_bound(
      std::begin(kStandIns), std::end(kStandIns), c,
      [](const StandIn& stand_in, std::uint32_t value) { return stand_in.last < value; });
  return row != std::end(kStandIns) && row->first <= c ? row->instead : c;
}

struct Character {
  std::uint32_t value;
  std::size_t length;  // bytes; 0: no character starts here
};

std::uint32_t byte_at(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

// By structure alone: a lead byte and as many continuation bytes as it announces, up to U+10FFFF.
Character read_character(std::string_view text, std::size_t at) {
  const std::uint32_t lead = byte_at(text, at);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead < 0xc0   ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf8 ? 4
                                           : 0;
  if (length == 0 || at + length > text.size()) return {0, 0};
  std::uint32_t value = lead & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const std::uint32_t byte = byte_at(text, at + i);
    if ((byte & 0xc0u) != 0x80u) return {0, 0};
    value = value << 6 | (byte & 0x3fu);
  }
  return value <= 0x10ffff ? Character{value, length} : Character{0, 0};
}

std::size_t utf8_size(std::uint32_t c) {
  return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

void append_utf8(std::uint32_t c, std::string& out) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0u | c >> 6);
    put(0x80u | (c & 0x3fu));
  } else if (c < 0x10000) {
    put(0xe0u | c >> 12);
    put(0x80u | (c >> 6 & 0x3fu));
    put(0x80u | (c & 0x3fu));
  } else {
    put(0xf0u | c >> 18);
    put(0x80u | (c >> 12 & 0x3fu));
    put(0x80u | (c >> 6 & 0x3fu));
    put(0x80u | (c & 0x3fu));
  }
}

// Length of the start of `text` that needs no change.
std::size_t plain_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (at + 8 <= text.size() && (load8(text.data() + at) & 0x8080808080808080u) == 0) {
      at += 8;
      continue;
    }
    const Character c = read_character(text, at);
    if (c.length == 0 || c.length != utf8_size(c.value) || shown(c.value) != c.value) return at;
    at += c.length;
  }
  return at;
}

}  // namespace

RegexText make_regex_text(std::string_view text, InvalidUtf8 invalid, std::string& bytes_buffer,
                          std::string& view_buffer) {
  std::size_t at = plain_prefix(text);
  if (at == text.size()) return {text, text};
  bytes_buffer.assign(text.substr(0, at));
  view_buffer.assign(text.substr(0, at));
  while (at < text.size()) {
    const Character c = read_character(text, at);
    const bool exact = c.length != 0 && c.length == utf8_size(c.value);
    const bool surrogate = c.value >= 0xd800 && c.value < 0xe000;
    if (invalid == InvalidUtf8::kKeep && (!exact || surrogate)) {
      bytes_buffer += text[at];
      append_utf8(kOther1, view_buffer);
      at += 1;
      continue;
    }
    append_utf8(c.length == 0 ? kInstead : c.value, bytes_buffer);
    append_utf8(c.length == 0 ? kInstead : shown(c.value), view_buffer);
    at += c.length == 0 ? 1 : c.length;
  }
  return {bytes_buffer, view_buffer};
}

}  // namespace forge::text
