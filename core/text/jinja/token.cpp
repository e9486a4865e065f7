#include "core/text/jinja/token.hpp"

#include <array>

namespace forge::jinja {

std::string_view describe(TokenType type) {
  // In the order of TokenType.
  static constexpr auto kNames = std::to_array<std::string_view>({"template data / text",
                                                                  "begin of print statement",
                                                                  "end of print statement",
                                                                  "begin of statement block",
                                                                  "end of statement block",
                                                                  "name",
                                                                  "string",
                                                                  "integer",
                                                                  "float",
                                                                  "+",
                                                                  "-",
                                                                  "*",
                                                                  "**",
                                                                  "/",
                                                                  "//",
                                                                  "%",
                                                                  "~",
                                                                  "[",
                                                                  "]",
                                                                  "(",
                                                                  ")",
                                                                  "{",
                                                                  "}",
                                                                  "==",
                                                                  "!=",
                                                                  ">",
                                                                  ">=",
                                                                  "<",
                                                                  "<=",
                                                                  "=",
                                                                  ".",
                                                                  ":",
                                                                  "|",
                                                                  ",",
                                                                  ";",
                                                                  "end of template"});
  static_assert(kNames.size() == static_cast<std::size_t>(TokenType::kEnd) + 1);
  return kNames[static_cast<std::size_t>(type)];
}

std::string describe(const Token& token) {
  return std::string(token.type == TokenType::kName ? token.text : describe(token.type));
}

}  // namespace forge::jinja
