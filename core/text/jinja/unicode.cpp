#include "core/text/jinja/unicode.hpp"

#include <algorithm>
#include <iterator>

namespace forge::jinja::unicode {
namespace {

struct Range {
  char32_t first, last;
  std::uint8_t stride;  // 2: every other code point
};
struct Mapping {
  char32_t first, last;
  std::uint8_t stride;
  std::int32_t delta;
};
struct Expansion {
  char32_t code;
  char32_t to[3];  // ends at 0
};

#include "core/text/jinja/unicode_tables.inc"

// Stray bytes live above Unicode, so that they differ from every character.
constexpr char32_t kStrayByte = 0x110000;

template <class Row, std::size_t N>
const Row* find_row(const Row (&table)[N], char32_t code) {
  const Row* row = std::upper_bound(std::begin(table), std::end(table), code,
                                    [](char32_t c, const Row& r) { return c < r.first; });
  if (row == std::begin(table)) return nullptr;
  --row;
  return code <= row->last && (code - row->first) % row->stride == 0 ? row : nullptr;
}

template <std::size_t N>
bool contains(const Range (&table)[N], char32_t code) {
  return find_row(table, code) != nullptr;
}

template <std::size_t N>
const Expansion* find_expansion(const Expansion (&table)[N], char32_t code) {
  const Expansion* row =
      std::lower_bound(std::begin(table), std::end(table), code,
                       [](const Expansion& e, char32_t c) { return e.code < c; });
  return row != std::end(table) && row->code == code ? row : nullptr;
}

char32_t shift(char32_t code, std::int32_t delta) {
  return static_cast<char32_t>(static_cast<std::int64_t>(code) + delta);
}

void append_expansion(std::string& out, const Expansion& expansion) {
  for (const char32_t c : expansion.to) {
    if (c != 0) append(out, c);
  }
}

void append_upper(std::string& out, char32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code >= 'a' && code <= 'z' ? code - 32 : code);
  } else if (const Expansion* expansion = find_expansion(kUpperExpansions, code)) {
    append_expansion(out, *expansion);
  } else {
    const Mapping* row = find_row(kToUpper, code);
    append(out, row != nullptr ? shift(code, row->delta) : code);
  }
}

void append_title(std::string& out, char32_t code) {
  if (const Expansion* expansion = find_expansion(kTitleExpansions, code)) {
    append_expansion(out, *expansion);
  } else if (const Mapping* row = find_row(kToTitle, code)) {
    append(out, shift(code, row->delta));
  } else {
    append_upper(out, code);
  }
}

constexpr char32_t kCapitalSigma = 0x3A3, kSigma = 0x3C3, kFinalSigma = 0x3C2;

// Characters that do not separate a sigma from its word: the common ones of Unicode's
// Case_Ignorable.
bool is_case_ignorable(char32_t code) {
  switch (code) {
    case '\'':
    case '.':
    case ':':
    case '^':
    case '`':
    case 0xA8:
    case 0xAD:
    case 0xAF:
    case 0xB4:
    case 0xB7:
    case 0xB8:
    case 0x2018:
    case 0x2019:
      return true;
    default:
      return (code >= 0x2B0 && code <= 0x36F) || (code >= 0x200B && code <= 0x200F);
  }
}

// A capital sigma at `offset` ends a word: a cased letter before it and none after it.
bool is_final_sigma(std::string_view text, std::size_t offset) {
  bool cased_before = false;
  for (std::size_t at = offset; at > 0;) {
    const Character c = decode_before(text, at);
    at -= c.size;
    if (is_case_ignorable(c.code)) continue;
    cased_before = is_cased(c.code);
    break;
  }
  if (!cased_before) return false;
  for (std::size_t at = offset + 2; at < text.size();) {
    const Character c = decode(text, at);
    at += c.size;
    if (!is_case_ignorable(c.code)) return !is_cased(c.code);
  }
  return true;
}

void append_lower(std::string& out, std::string_view text, std::size_t offset, char32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code >= 'A' && code <= 'Z' ? code + 32 : code);
  } else if (code == kCapitalSigma) {
    append(out, is_final_sigma(text, offset) ? kFinalSigma : kSigma);
  } else if (const Expansion* expansion = find_expansion(kLowerExpansions, code)) {
    append_expansion(out, *expansion);
  } else {
    const Mapping* row = find_row(kToLower, code);
    append(out, row != nullptr ? shift(code, row->delta) : code);
  }
}

// Calls visit(character, offset) for every character.
template <class Visit>
void for_each(std::string_view text, const Visit& visit) {
  for (std::size_t at = 0; at < text.size();) {
    const Character c = decode(text, at);
    visit(c, at);
    at += c.size;
  }
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace

Character decode(std::string_view text, std::size_t offset) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[offset + i]); };
  const char32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  std::size_t size = 0;
  char32_t code = 0, least = 0;
  if (lead >= 0xC2 && lead <= 0xDF) {
    size = 2, code = lead & 0x1FU, least = 0x80;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    size = 3, code = lead & 0x0FU, least = 0x800;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    size = 4, code = lead & 0x07U, least = 0x10000;
  }
  if (size == 0 || offset + size > text.size()) return {kStrayByte + lead, 1};
  for (std::size_t i = 1; i < size; ++i) {
    if (!is_continuation(text[offset + i])) return {kStrayByte + lead, 1};
    code = (code << 6) | (byte(i) & 0x3FU);
  }
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < least || code > kLastCodePoint || surrogate) return {kStrayByte + lead, 1};
  return {code, size};
}

Character decode_before(std::string_view text, std::size_t offset) {
  std::size_t start = offset - 1;
  while (start > 0 && offset - start < 4 && is_continuation(text[start])) --start;
  const Character c = decode(text, start);
  if (start + c.size == offset) return c;
  return {kStrayByte + static_cast<unsigned char>(text[offset - 1]), 1};
}

void append(std::string& out, char32_t code) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else if (code <= kLastCodePoint) {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(code - kStrayByte);
  }
}

std::size_t length(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) {
    at += static_cast<unsigned char>(text[at]) < 0x80 ? 1 : decode(text, at).size;
  }
  return count;
}

std::size_t offset_of(std::string_view text, std::size_t index) {
  std::size_t at = 0;
  while (at < text.size() && index > 0) {
    at += decode(text, at).size;
    --index;
  }
  return at;
}

std::size_t find_invalid(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Character c = decode(text, at);
    if (c.code > kLastCodePoint) return at;
    at += c.size;
  }
  return std::string_view::npos;
}

bool is_alpha(char32_t code) { return contains(kAlpha, code); }
bool is_decimal(char32_t code) { return contains(kDecimal, code); }
bool is_digit(char32_t code) { return is_decimal(code) || contains(kDigitNotDecimal, code); }
bool is_numeric(char32_t code) { return is_digit(code) || contains(kNumericNotDigit, code); }
bool is_alnum(char32_t code) { return is_alpha(code) || is_numeric(code); }
bool is_space(char32_t code) {
  if (code < 0x80) return code == ' ' || (code >= 9 && code <= 13) || (code >= 28 && code <= 31);
  return contains(kSpace, code);
}
bool is_upper(char32_t code) { return contains(kUpper, code); }
bool is_lower(char32_t code) { return contains(kLower, code); }
bool is_title(char32_t code) { return contains(kTitle, code); }
bool is_cased(char32_t code) { return contains(kCased, code); }
bool is_printable(char32_t code) {
  if (code < 0x80) return code >= 0x20 && code != 0x7F;
  return code <= kLastCodePoint && !contains(kUnprintable, code);
}

bool is_line_break(char32_t code) {
  return (code >= 10 && code <= 13) || (code >= 28 && code <= 30) || code == 0x85 ||
         code == 0x2028 || code == 0x2029;
}

int decimal_value(char32_t code) {
  if (code >= '0' && code <= '9') return static_cast<int>(code - '0');
  // Every run of decimal digits in Unicode starts with a zero and is a multiple of ten long.
  const Range* row = find_row(kDecimal, code);
  return row != nullptr ? static_cast<int>((code - row->first) % 10) : -1;
}

std::string to_upper(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for_each(text, [&](Character c, std::size_t) { append_upper(out, c.code); });
  return out;
}

std::string to_lower(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for_each(text, [&](Character c, std::size_t at) { append_lower(out, text, at, c.code); });
  return out;
}

std::string capitalize(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for_each(text, [&](Character c, std::size_t at) {
    if (at == 0) {
      append_title(out, c.code);
    } else {
      append_lower(out, text, at, c.code);
    }
  });
  return out;
}

std::string title(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool inside_word = false;
  for_each(text, [&](Character c, std::size_t at) {
    if (inside_word) {
      append_lower(out, text, at, c.code);
    } else {
      append_title(out, c.code);
    }
    inside_word = is_cased(c.code);
  });
  return out;
}

std::string swap_case(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for_each(text, [&](Character c, std::size_t at) {
    if (is_upper(c.code)) {
      append_lower(out, text, at, c.code);
    } else if (is_lower(c.code)) {
      append_upper(out, c.code);
    } else {
      append(out, c.code);
    }
  });
  return out;
}

std::string case_fold(std::string_view text) {
  std::string out, upper;
  for_each(text, [&](Character c, std::size_t) {
    // Full case folding is "lower of upper" but for the dotless i, the capital sharp s and
    // Cherokee, which folds to its capitals.
    if (c.code == 0x131 || (c.code >= 0x13A0 && c.code <= 0x13F5)) {
      append(out, c.code);
    } else if ((c.code >= 0x13F8 && c.code <= 0x13FD) || (c.code >= 0xAB70 && c.code <= 0xABBF)) {
      append_upper(out, c.code);
    } else if (c.code == 0x1E9E) {
      out += "ss";
    } else {
      upper.clear();
      append_upper(upper, c.code);
      // One character at a time: no word around it, so no final sigma.
      for_each(upper, [&](Character u, std::size_t at) {
        append_lower(out, std::string_view(upper).substr(at, u.size), 0, u.code);
      });
    }
  });
  return out;
}

}  // namespace forge::jinja::unicode
