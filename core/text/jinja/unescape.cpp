#include <fmt/format.h>

#include "core/text/jinja/error.hpp"
#include "core/text/jinja/lexer.hpp"
#include "core/text/jinja/unicode.hpp"

namespace forge::jinja {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Reads the body of one literal. Every function leaves position_ behind what it read.
class Unescaper {
 public:
  Unescaper(std::string_view body, std::size_t offset) : body_(body), offset_(offset) {}

  std::string run() {
    out_.reserve(body_.size());
    while (position_ < body_.size()) {
      const char c = body_[position_++];
      if (c == '\\' && position_ < body_.size()) {
        escape(body_[position_++]);
      } else {
        flush_surrogate();
        out_ += c;
      }
    }
    flush_surrogate();
    return std::move(out_);
  }

 private:
  void escape(char c) {
    static constexpr std::string_view kLetters = "\\'\"abfnrtv";
    static constexpr std::string_view kValues = "\\'\"\a\b\f\n\r\t\v";
    if (c == 'u' || c == 'U' || c == 'x') return put(hex(c));
    if (c >= '0' && c <= '7') return put(octal(c));
    flush_surrogate();
    if (c == 'N') fail("\\N{...} escapes are not supported; write the character", offset_);
    if (c == '\n') return;  // the line goes on
    const std::size_t known = kLetters.find(c);
    if (known != std::string_view::npos) {
      out_ += kValues[known];
    } else {
      (out_ += '\\') += c;
    }
  }

  char32_t hex(char kind) {
    const std::size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : 8;
    char32_t code = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const int value = position_ < body_.size() ? hex_value(body_[position_]) : -1;
      if (value < 0) {
        fail(fmt::format("truncated \\{}{} escape", kind, std::string(digits, 'X')), offset_);
      }
      code = code * 16 + static_cast<char32_t>(value);
      ++position_;
    }
    if (code > unicode::kLastCodePoint) fail("illegal Unicode character", offset_);
    return code;
  }

  char32_t octal(char first) {
    auto code = static_cast<char32_t>(first - '0');
    for (int i = 0; i < 2 && position_ < body_.size(); ++i) {
      const char c = body_[position_];
      if (c < '0' || c > '7') break;
      code = code * 8 + static_cast<char32_t>(c - '0');
      ++position_;
    }
    return code;
  }

  void put(char32_t code) {
    if (code >= 0xDC00 && code <= 0xDFFF && high_ != 0) {
      unicode::append(out_, 0x10000 + ((high_ - 0xD800) << 10) + (code - 0xDC00));
      high_ = 0;
      return;
    }
    flush_surrogate();
    if (code >= 0xD800 && code <= 0xDBFF) {
      high_ = code;
    } else {
      unicode::append(out_, code >= 0xDC00 && code <= 0xDFFF ? kReplacement : code);
    }
  }

  void flush_surrogate() {
    if (high_ != 0) unicode::append(out_, kReplacement);
    high_ = 0;
  }

  std::string_view body_;
  std::size_t offset_;
  std::size_t position_ = 0;
  char32_t high_ = 0;  // first half of a surrogate pair, still waiting for the second
  std::string out_;
};

}  // namespace

std::string unescape(std::string_view literal, std::size_t offset) {
  return Unescaper(literal.substr(1, literal.size() - 2), offset).run();
}

}  // namespace forge::jinja
