#include "core/text/jinja/lexer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/text/jinja/error.hpp"
#include "core/text/jinja/unicode.hpp"

namespace forge::jinja {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// End of a run of digits of `base` from `begin`, single underscores between them allowed.
std::size_t digits_end(std::string_view text, std::size_t begin, int base = 10) {
  const auto is_one = [&](std::size_t i) {
    if (i >= text.size()) return false;
    const char c = text[i];
    const char lower = static_cast<char>(c | 0x20);
    if (base == 16 && lower >= 'a' && lower <= 'f') return true;
    return is_digit(c) && c - '0' < base;
  };
  std::size_t end = begin;
  while (is_one(end) || (end > begin && end < text.size() && text[end] == '_' && is_one(end + 1))) {
    ++end;
  }
  return end;
}

std::string quoted(std::string_view character) {
  return character == "'" ? "\"'\"" : fmt::format("'{}'", character);
}

std::string_view without_trailing_space(std::string_view text) {
  while (!text.empty()) {
    const unicode::Character c = unicode::decode_before(text, text.size());
    if (!unicode::is_space(c.code)) break;
    text.remove_suffix(c.size);
  }
  return text;
}

}  // namespace

Token Lexer::next() {
  while (ready_.empty()) {
    if (position_ >= source_.size()) return {TokenType::kEnd, source_.size(), {}};
    if (mode_ == Mode::kText) {
      lex_text();
    } else {
      lex_in_tag();
    }
  }
  const Token token = ready_.front();
  ready_.pop_front();
  return token;
}

std::size_t Lexer::space_end(std::size_t begin) const {
  while (begin < source_.size()) {
    const unicode::Character c = unicode::decode(source_, begin);
    if (!unicode::is_space(c.code)) break;
    begin += c.size;
  }
  return begin;
}

// Leaves a tag or raw block that ends at `end`.
void Lexer::finish_tag(std::size_t end) {
  position_ = end;
  line_starting_ = end > 0 && source_[end - 1] == '\n';
}

// The text from begin to end, before a tag with this whitespace sign.
void Lexer::add_data(std::size_t begin, std::size_t end, char sign, bool variable) {
  std::string_view text = source_.substr(begin, end - begin);
  if (sign == '-') {
    text = without_trailing_space(text);
  } else if (sign != '+' && !variable) {
    const std::size_t line_break = text.rfind('\n');
    const std::size_t line = line_break == std::string_view::npos ? 0 : line_break + 1;
    if ((line > 0 || line_starting_) && space_end(begin + line) >= end) text = text.substr(0, line);
  }
  if (!text.empty()) ready_.push_back({TokenType::kData, begin, text});
}

void Lexer::lex_text() {
  std::size_t begin = source_.find('{', position_);
  while (begin != std::string_view::npos && begin + 1 < source_.size()) {
    const char kind = source_[begin + 1];
    if (kind == '{' || kind == '%' || kind == '#') break;
    begin = source_.find('{', begin + 1);
  }
  if (begin == std::string_view::npos || begin + 1 >= source_.size()) {
    ready_.push_back({TokenType::kData, position_, source_.substr(position_)});
    position_ = source_.size();
    return;
  }
  const char kind = source_[begin + 1];
  const char sign = begin + 2 < source_.size() ? source_[begin + 2] : '\0';
  add_data(position_, begin, sign, kind == '{');
  position_ = begin + (sign == '-' || sign == '+' ? 3 : 2);
  line_starting_ = false;
  if (kind == '#') {
    lex_comment(begin);
  } else if (kind == '{') {
    ready_.push_back({TokenType::kVariableBegin, begin, source_.substr(begin, 2)});
    mode_ = Mode::kVariable;
  } else if (!lex_raw(begin)) {
    ready_.push_back({TokenType::kBlockBegin, begin, source_.substr(begin, 2)});
    mode_ = Mode::kBlock;
  }
}

// A comment whose tag began at `begin`; position_ is behind the tag and its sign.
void Lexer::lex_comment(std::size_t begin) {
  const std::size_t close = source_.find("#}", position_);
  if (close == std::string_view::npos) fail("Missing end of comment tag", begin);
  const char sign = close > position_ ? source_[close - 1] : '\0';
  std::size_t end = close + 2;
  if (sign == '-') {
    end = space_end(end);
  } else if (sign != '+' && end < source_.size() && source_[end] == '\n') {
    ++end;
  }
  finish_tag(end);
}

// A whole raw block, when the tag that began at `begin` opens one.
bool Lexer::lex_raw(std::size_t begin) {
  std::size_t at = space_end(position_);
  if (!source_.substr(at).starts_with("raw")) return false;
  at = space_end(at + 3);
  if (source_.substr(at).starts_with("-%}")) {
    at = space_end(at + 3);
  } else if (source_.substr(at).starts_with("%}")) {
    at += 2;
  } else {
    return false;
  }
  finish_tag(at);
  for (std::size_t tag = at;; ++tag) {
    tag = source_.find("{%", tag);
    if (tag == std::string_view::npos) fail("Missing end of raw directive", begin);
    std::size_t end = tag + 2;
    const char sign = end < source_.size() ? source_[end] : '\0';
    end = space_end(sign == '-' || sign == '+' ? end + 1 : end);
    if (!source_.substr(end).starts_with("endraw")) continue;
    end = space_end(end + 6);
    const std::string_view rest = source_.substr(end);
    if (rest.starts_with("-%}")) {
      end = space_end(end + 3);
    } else if (rest.starts_with("+%}")) {
      end += 3;
    } else if (rest.starts_with("%}")) {
      end += rest.starts_with("%}\n") ? 3 : 2;
    } else {
      continue;
    }
    add_data(at, tag, sign, false);
    finish_tag(end);
    return true;
  }
}

// The end of this tag at position_, unless a bracket is open: then "}}" is two brackets.
bool Lexer::lex_tag_end() {
  if (!brackets_.empty()) return false;
  const bool block = mode_ == Mode::kBlock;
  const std::size_t begin = position_;
  std::size_t end = 0;
  if (at(block ? "-%}" : "-}}")) {
    end = space_end(begin + 3);
  } else if (block && at("+%}")) {
    end = begin + 3;
  } else if (at(block ? "%}" : "}}")) {
    end = begin + (block && at("%}\n") ? 3 : 2);
  } else {
    return false;
  }
  ready_.push_back({block ? TokenType::kBlockEnd : TokenType::kVariableEnd, begin,
                    source_.substr(begin, end - begin)});
  mode_ = Mode::kText;
  finish_tag(end);
  return true;
}

void Lexer::lex_in_tag() {
  if (lex_tag_end()) return;
  const std::size_t space = space_end(position_);
  if (space > position_) {
    position_ = space;
    return;
  }
  TokenType type = TokenType::kName;
  std::size_t end = number_end(type);
  if (end == position_) {
    type = TokenType::kName;
    end = name_end();
  }
  if (end == position_) {
    type = TokenType::kString;
    end = string_end();
  }
  if (end == position_) {
    ready_.push_back(lex_operator());
    return;
  }
  ready_.push_back({type, position_, source_.substr(position_, end - position_)});
  position_ = end;
}

// End of the number at position_, or position_ when there is none.
std::size_t Lexer::number_end(TokenType& type) const {
  const std::size_t begin = position_;
  const auto char_at = [&](std::size_t i) { return i < source_.size() ? source_[i] : '\0'; };
  const std::size_t whole = digits_end(source_, begin);
  if (whole == begin) return begin;
  if (begin == 0 || source_[begin - 1] != '.') {
    const std::size_t fraction = char_at(whole) == '.' ? digits_end(source_, whole + 1) : whole + 1;
    const std::size_t mantissa = fraction > whole + 1 ? fraction : whole;
    std::size_t exponent = mantissa;
    if ((char_at(mantissa) | 0x20) == 'e') {
      const char sign = char_at(mantissa + 1);
      const std::size_t first = mantissa + (sign == '+' || sign == '-' ? 2 : 1);
      const std::size_t last = digits_end(source_, first);
      if (last > first) exponent = last;
    }
    type = TokenType::kFloat;
    if (exponent > mantissa) return exponent;
    if (mantissa > whole) return mantissa;
  }
  type = TokenType::kInteger;
  if (source_[begin] != '0') return whole;
  const char prefix = static_cast<char>(char_at(begin + 1) | 0x20);
  const int base = prefix == 'b' ? 2 : prefix == 'o' ? 8 : prefix == 'x' ? 16 : 0;
  if (base != 0) {
    const std::size_t first = begin + (char_at(begin + 2) == '_' ? 3 : 2);
    const std::size_t last = digits_end(source_, first, base);
    if (last > first) return last;
  }
  return digits_end(source_, begin, 1);  // only zeros may follow a zero
}

std::size_t Lexer::name_end() const {
  std::size_t end = position_;
  bool valid = true;
  while (end < source_.size()) {
    const unicode::Character c = unicode::decode(source_, end);
    if (c.code != '_' && !unicode::is_alnum(c.code)) break;
    // Letters, and decimal digits after the first; "²" is numeric, but nothing for a name.
    const bool fits = c.code == '_' || unicode::is_alpha(c.code) ||
                      (end > position_ && unicode::is_decimal(c.code));
    valid = valid && fits;
    end += c.size;
  }
  if (!valid) fail("Invalid character in identifier", position_);
  return end;
}

std::size_t Lexer::string_end() const {
  const char quote = source_[position_];
  if (quote != '\'' && quote != '"') return position_;
  for (std::size_t i = position_ + 1; i < source_.size(); ++i) {
    if (source_[i] == '\\') {
      ++i;
    } else if (source_[i] == quote) {
      return i + 1;
    }
  }
  return position_;
}

Token Lexer::lex_operator() {
  struct Spelling {
    std::string_view text;
    TokenType type;
  };
  static constexpr Spelling kOperators[] = {
      {"//", TokenType::kFloorDiv},     {"**", TokenType::kPow},
      {"==", TokenType::kEqual},        {"!=", TokenType::kNotEqual},
      {">=", TokenType::kGreaterEqual}, {"<=", TokenType::kLessEqual},
      {"+", TokenType::kAdd},           {"-", TokenType::kSub},
      {"/", TokenType::kDiv},           {"*", TokenType::kMul},
      {"%", TokenType::kMod},           {"~", TokenType::kTilde},
      {"[", TokenType::kLeftBracket},   {"]", TokenType::kRightBracket},
      {"(", TokenType::kLeftParen},     {")", TokenType::kRightParen},
      {"{", TokenType::kLeftBrace},     {"}", TokenType::kRightBrace},
      {">", TokenType::kGreater},       {"<", TokenType::kLess},
      {"=", TokenType::kAssign},        {".", TokenType::kDot},
      {":", TokenType::kColon},         {"|", TokenType::kPipe},
      {",", TokenType::kComma},         {";", TokenType::kSemicolon},
  };
  const auto* found = std::find_if(std::begin(kOperators), std::end(kOperators),
                                   [&](const Spelling& o) { return at(o.text); });
  if (found == std::end(kOperators)) {
    const std::size_t size = unicode::decode(source_, position_).size;
    fail(fmt::format("unexpected char {} at {}", quoted(source_.substr(position_, size)),
                     unicode::length(source_.substr(0, position_))),
         position_);
  }
  const char c = found->text[0];
  if (c == '(' || c == '[' || c == '{') {
    brackets_ += c == '(' ? ')' : c == '[' ? ']' : '}';
  } else if (c == ')' || c == ']' || c == '}') {
    if (brackets_.empty()) fail(fmt::format("unexpected '{}'", c), position_);
    const char expected = brackets_.back();
    brackets_.pop_back();
    if (expected != c) fail(fmt::format("unexpected '{}', expected '{}'", c, expected), position_);
  }
  const Token token{found->type, position_, source_.substr(position_, found->text.size())};
  position_ += found->text.size();
  return token;
}

}  // namespace forge::jinja
