// core/text/jinja/unicode.hpp: what Python's string methods know about characters.
//
// Text is UTF-8. A byte that belongs to no valid sequence counts as one character of its own, with
// a code point above kLastCodePoint, and is copied through unchanged: nothing here fails.
// Properties and case mappings equal those of Python's str for the Unicode version named in
// unicode_tables.inc. All functions are pure and thread-safe.
#ifndef FORGE_CORE_TEXT_JINJA_UNICODE_HPP_
#define FORGE_CORE_TEXT_JINJA_UNICODE_HPP_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace forge::jinja::unicode {

inline constexpr char32_t kLastCodePoint = 0x10FFFF;

// One character of a text: its code point and how many bytes it takes (at least 1).
struct Character {
  char32_t code = 0;
  std::size_t size = 0;
};

// The character that starts at `offset`, which must be less than text.size().
Character decode(std::string_view text, std::size_t offset);
// The character that ends just before `offset`, which must be in 1..text.size().
Character decode_before(std::string_view text, std::size_t offset);
// Appends a character as UTF-8; one that stands for a stray byte is appended as that byte.
void append(std::string& out, char32_t code);
// Number of characters.
std::size_t length(std::string_view text);
// Byte offset of character number `index`; text.size() when there are fewer.
std::size_t offset_of(std::string_view text, std::size_t index);
// Offset of the first byte that is not valid UTF-8; npos when all are.
std::size_t find_invalid(std::string_view text);

bool is_alpha(char32_t code);
bool is_decimal(char32_t code);
bool is_digit(char32_t code);
bool is_numeric(char32_t code);
bool is_alnum(char32_t code);
bool is_space(char32_t code);
bool is_upper(char32_t code);
bool is_lower(char32_t code);
bool is_title(char32_t code);
bool is_cased(char32_t code);
bool is_printable(char32_t code);
bool is_line_break(char32_t code);  // where str.splitlines splits
// Value 0..9 of a decimal digit in any script, -1 for other characters.
int decimal_value(char32_t code);

// Whole texts, with the mappings that change length ("ß" -> "SS") and the final sigma.
std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);
std::string capitalize(std::string_view text);
std::string title(std::string_view text);
std::string swap_case(std::string_view text);
std::string case_fold(std::string_view text);

}  // namespace forge::jinja::unicode

#endif  // FORGE_CORE_TEXT_JINJA_UNICODE_HPP_
