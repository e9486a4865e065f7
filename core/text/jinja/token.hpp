// core/text/jinja/token.hpp: what the lexer makes of a template's source.
#ifndef FORGE_CORE_TEXT_JINJA_TOKEN_HPP_
#define FORGE_CORE_TEXT_JINJA_TOKEN_HPP_

#include <cstddef>
#include <string>
#include <string_view>

namespace forge::jinja {

enum class TokenType {
  kData,  // text between tags
  kVariableBegin,
  kVariableEnd,
  kBlockBegin,
  kBlockEnd,
  kName,
  kString,
  kInteger,
  kFloat,
  kAdd,
  kSub,
  kMul,
  kPow,
  kDiv,
  kFloorDiv,
  kMod,
  kTilde,
  kLeftBracket,
  kRightBracket,
  kLeftParen,
  kRightParen,
  kLeftBrace,
  kRightBrace,
  kEqual,
  kNotEqual,
  kGreater,
  kGreaterEqual,
  kLess,
  kLessEqual,
  kAssign,
  kDot,
  kColon,
  kPipe,
  kComma,
  kSemicolon,
  kEnd,  // of the template
};

struct Token {
  TokenType type = TokenType::kEnd;
  std::size_t offset = 0;  // of its first byte in the normalized source
  // Data: the text to print. Name, operator, number: as written. String: with quotes.
  std::string_view text;
};

// How a token or a type of token is called in messages: "name 'x'" is just x, kAdd is '+'.
std::string describe(const Token& token);
std::string_view describe(TokenType type);

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_TOKEN_HPP_
