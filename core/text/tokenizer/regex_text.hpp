// core/text/tokenizer/regex_text.hpp: text as the regular expressions may see it.
#ifndef FORGE_CORE_TEXT_TOKENIZER_REGEX_TEXT_HPP_
#define FORGE_CORE_TEXT_TOKENIZER_REGEX_TEXT_HPP_

#include <string>
#include <string_view>

namespace forge::text {

// What becomes of bytes that are not UTF-8.
enum class InvalidUtf8 {
  // As llama.cpp: every byte that starts no character becomes U+FFFD; overlong forms become the
  // character they spell, surrogates (U+D800..U+DFFF) stay what they are. Default.
  kReplace,
  // Every byte is kept and tokenized as it is: decoding gives the same bytes.
  kKeep,
};

// Two texts of the same length: `bytes` is tokenized, `view` is what PCRE2 is given to find the
// words' borders. They differ where PCRE2 would refuse a character or class it differently:
// - what is not valid UTF-8 in `bytes` (surrogates; anything with kKeep),
// - characters newer than the Unicode 14 of PCRE2 10.42, up to Unicode 15.1, and U+180E, which
// PCRE2
//   takes for whitespace against Unicode >= 6.3.
// There `view` has a stand-in of the same length and general category.
struct RegexText {
  std::string_view bytes;
  std::string_view view;
};

// Result and buffers: the views point into `text` when nothing had to be changed, else into the
// buffers, which are overwritten.
RegexText make_regex_text(std::string_view text, InvalidUtf8 invalid, std::string& bytes_buffer,
                          std::string& view_buffer);

}  // namespace forge::text

#endif  // FORGE_CORE_TEXT_TOKENIZER_REGEX_TEXT_HPP_
