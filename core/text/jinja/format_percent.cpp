#include <fmt/format.h>

#include <cmath>

#include "core/text/jinja/attribute.hpp"
#include "core/text/jinja/format.hpp"
#include "core/text/jinja/inspect.hpp"
#include "core/text/jinja/markup.hpp"
#include "core/text/jinja/text_of.hpp"
#include "core/text/jinja/unicode.hpp"

namespace forge::jinja {
namespace {

constexpr std::int64_t kWidest = 1'000'000;
constexpr std::int64_t kMostDigits = 1000;

// One formatting of one text.
class PercentFormatter {
 public:
  PercentFormatter(Runtime& runtime, const Value& text, const Value& arguments)
      : runtime_(runtime),
        text_(text.as_view()),
        markup_(text.as_text().markup),
        arguments_(arguments) {}

  Value run() {
    while (at_ < text_.size()) {
      if (text_[at_] != '%') {
        out_ += text_[at_++];
        continue;
      }
      ++at_;
      directive();
      if (out_.size() > runtime_.options().limits.output)
        fail_limit("a formatted text is too long");
    }
    const bool unused = arguments_.is_tuple() ? used_ < arguments_.as_items().size()
                                              : used_ == 0 && !subscriptable();
    if (unused) fail("not all arguments converted during string formatting");
    return runtime_.heap.text(out_, markup_);
  }

 private:
  bool subscriptable() const {
    return arguments_.is_dict() || arguments_.is_list() || arguments_.is_undefined() ||
           arguments_.type() == Type::kRange;
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  Value next_argument() {
    if (named_) return *named_;
    const bool several = arguments_.is_tuple();
    if (used_ >= (several ? arguments_.as_items().size() : 1)) {
      fail("not enough arguments for format string");
    }
    return several ? arguments_.as_items()[used_++] : (++used_, arguments_);
  }

  std::int64_t number(std::int64_t most) {
    if (peek() == '*') {
      ++at_;
      const Value value = next_argument();
      if (!value.is_small_integer()) fail("* wants int");
      const std::int64_t wanted = value.as_integer();
      if (wanted > most || wanted < -most) fail_limit("a format's width or precision is too large");
      return wanted;
    }
    std::int64_t out = 0;
    for (; peek() >= '0' && peek() <= '9'; ++at_) {
      out = out * 10 + (peek() - '0');
      if (out > most) fail_limit("a format's width or precision is too large");
    }
    return out;
  }

  void name() {
    int depth = 1;
    const std::size_t begin = ++at_;
    for (; at_ < text_.size() && depth > 0; ++at_) {
      depth += text_[at_] == '(' ? 1 : text_[at_] == ')' ? -1 : 0;
    }
    if (depth > 0) fail("incomplete format key");
    if (!arguments_.is_dict() && !arguments_.is_undefined()) fail("format requires a mapping");
    require_defined(runtime_, arguments_);
    const std::string_view key = text_.substr(begin, at_ - begin - 1);
    const Value* found = arguments_.as_dict().find(key);
    if (found == nullptr) {
      std::string quoted;
      append_quoted(quoted, key);
      fail(quoted);
    }
    named_ = *found;
    used_ = 1;
  }

  void directive() {
    FormatSpec spec;
    bool left = false, zero = false;
    named_.reset();
    if (peek() == '(') name();
    for (;; ++at_) {
      const char c = peek();
      if (c == '-') {
        left = true;
      } else if (c == '+') {
        spec.sign = '+';
      } else if (c == ' ') {
        if (spec.sign != '+') spec.sign = ' ';
      } else if (c == '#') {
        spec.alternate = true;
      } else if (c == '0') {
        zero = true;
      } else {
        break;
      }
    }
    const std::int64_t width = number(kWidest);
    left = left || width < 0;
    spec.width = static_cast<std::size_t>(std::abs(width));
    if (peek() == '.') {
      ++at_;
      spec.precision = static_cast<int>(std::max<std::int64_t>(0, number(kMostDigits)));
    }
    if (peek() == 'l' || peek() == 'h' || peek() == 'L') ++at_;
    if (at_ >= text_.size()) fail("incomplete format");
    spec.align = left ? '<' : '>';
    convert(spec, zero && !left);
  }

  void convert(FormatSpec spec, bool zero) {
    const unicode::Character c = unicode::decode(text_, at_);
    const std::size_t index = unicode::length(text_.substr(0, at_));
    at_ += c.size;
    if (c.code == '%') {
      out_ += '%';
      return;
    }
    const std::string_view kinds = "sradiuoxXeEfFgGc";
    if (c.code > 0x7F || kinds.find(static_cast<char>(c.code)) == std::string_view::npos) {
      fail(fmt::format("unsupported format character '{}' (0x{:x}) at index {}",
                       c.code > 31 && c.code < 127 ? static_cast<char>(c.code) : '?',
                       static_cast<std::uint32_t>(c.code), index));
    }
    const char kind = static_cast<char>(c.code);
    const Value value = next_argument();
    if (kind == 's' || kind == 'r' || kind == 'a') {
      out_ += format_text(printed(value, kind), spec);
      return;
    }
    if (zero && kind != 'c') {
      spec.align = '=';
      spec.fill = '0';
    }
    convert_number(value, kind, spec);
  }

  std::string printed(const Value& value, char kind) {
    std::string out;
    if (kind == 'r') {
      append_repr(runtime_, out, value);
    } else if (kind == 'a') {
      out = ascii_of(runtime_, value);
    } else if (markup_) {
      return std::string(escape(runtime_, value).as_view());
    } else {
      append_str(runtime_, out, value);
    }
    return markup_ ? escape_html(out) : out;
  }

  void convert_number(const Value& value, char kind, FormatSpec spec) {
    spec.type = kind == 'i' || kind == 'u' ? 'd' : kind;
    switch (kind) {
      case 'c':
        character(value, spec);
        return;
      case 'd':
      case 'i':
      case 'u':
        integer(value, kind, spec, true);
        return;
      case 'o':
      case 'x':
      case 'X':
        integer(value, kind, spec, false);
        return;
      default:
        require_defined(runtime_, value);
        if (!value.is_number()) {
          fail(fmt::format("must be real number, not {}", type_name(value)));
        }
        out_ += format_real(to_real(runtime_, value), spec);
    }
  }

  void character(const Value& value, FormatSpec spec) {
    if (value.is_text() && value.as_text().character_count() == 1) {
      out_ += format_text(value.as_view(), spec);
    } else if (value.is_integer()) {
      spec.precision.reset();
      out_ += format_integer(to_big(value), spec);
    } else {
      fail("%c requires int or char");
    }
  }

  void integer(const Value& value, char kind, FormatSpec spec, bool truncates) {
    if (!value.is_integer() && !(truncates && value.is_float())) {
      if (truncates) {
        fail(fmt::format("%{} format: a real number is required, not {}", kind, type_name(value)));
      }
      fail(fmt::format("%{} format: an integer is required, not {}", kind, type_name(value)));
    }
    if (value.is_float() && !std::isfinite(value.as_real())) {
      fail(std::isnan(value.as_real()) ? "cannot convert float NaN to integer"
                                       : "cannot convert float infinity to integer");
    }
    const BigInt number = value.is_float() ? BigInt::truncate(value.as_real()) : to_big(value);
    if (spec.precision) {
      // A precision is the least number of digits.
      FormatSpec digits = spec;
      digits.precision.reset();
      digits.align = '=';
      digits.fill = '0';
      const bool signed_text = number.is_negative() || spec.sign != '-';
      const std::size_t prefix = spec.alternate && spec.type != 'd' ? 2 : 0;
      digits.width = static_cast<std::size_t>(*spec.precision) + (signed_text ? 1 : 0) + prefix;
      FormatSpec outer;
      outer.align = spec.align == '=' ? '>' : spec.align;
      outer.width = spec.width;
      if (spec.align == '=') digits.width = std::max(digits.width, spec.width);
      out_ += format_text(format_integer(number, digits), outer);
      return;
    }
    out_ += format_integer(number, spec);
  }

  Runtime& runtime_;
  std::string_view text_;
  bool markup_;
  Value arguments_;
  std::size_t at_ = 0;
  std::size_t used_ = 0;
  std::optional<Value> named_;
  std::string out_;
};

}  // namespace

Value format_percent(Runtime& runtime, const Value& text, const Value& arguments) {
  runtime.step_bytes(text.as_text().size);
  return PercentFormatter(runtime, text, arguments).run();
}

}  // namespace forge::jinja
