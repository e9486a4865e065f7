// core/text/jinja/lexer.hpp: cuts a template into tokens.
//
// Whitespace control is done here, as with trim_blocks and lstrip_blocks both on: a line break
// right after a block or comment tag goes, and so do the spaces before such a tag when nothing
// else precedes it on its line. "-" inside a tag removes all whitespace on its side, "+" keeps it.
#ifndef FORGE_CORE_TEXT_JINJA_LEXER_HPP_
#define FORGE_CORE_TEXT_JINJA_LEXER_HPP_

#include <deque>
#include <string>
#include <string_view>

#include "core/text/jinja/token.hpp"

namespace forge::jinja {

// Hands out the tokens of one normalized source (see normalize_source), which must outlive the
// lexer and its tokens.
class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  // The next token; kEnd again and again at the end. Throws Error.
  Token next();

 private:
  enum class Mode { kText, kBlock, kVariable };

  bool at(std::string_view text) const { return source_.substr(position_).starts_with(text); }
  void lex_text();
  void lex_comment(std::size_t begin);
  bool lex_raw(std::size_t begin);
  void add_data(std::size_t begin, std::size_t end, char sign, bool variable);
  void finish_tag(std::size_t end);
  bool lex_tag_end();
  void lex_in_tag();
  Token lex_operator();
  std::size_t space_end(std::size_t begin) const;
  std::size_t number_end(TokenType& type) const;
  std::size_t name_end() const;
  std::size_t string_end() const;

  std::string_view source_;
  std::size_t position_ = 0;
  Mode mode_ = Mode::kText;
  bool line_starting_ = true;  // nothing but a line break precedes the text at position_
  std::string brackets_;       // closing brackets still to come inside this tag
  std::deque<Token> ready_;
};

// The value of a string literal written with its quotes: escapes resolved as Python's
// unicode_escape does, but that a pair of surrogates becomes the character they stand for and a
// lone one becomes U+FFFD. Throws Error at `offset`, where the literal begins.
std::string unescape(std::string_view literal, std::size_t offset);

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_LEXER_HPP_
