#include <fmt/format.h>

#include "core/text/jinja/attribute.hpp"
#include "core/text/jinja/format.hpp"
#include "core/text/jinja/inspect.hpp"
#include "core/text/jinja/markup.hpp"
#include "core/text/jinja/number.hpp"
#include "core/text/jinja/text_of.hpp"
#include "core/text/jinja/unicode.hpp"

namespace forge::jinja {
namespace {

constexpr std::size_t kMaxWidth = 1'000'000;
constexpr std::size_t kMaxPrecision = 1000;

// Reads "[[fill]align][sign][#][0][width][grouping][.precision][type]".
class SpecParser {
 public:
  SpecParser(std::string_view text, std::string_view type) : text_(text), type_(type) {}

  FormatSpec parse(bool& zero) {
    FormatSpec spec;
    fill_and_align(spec);
    if (peek() == '+' || peek() == '-' || peek() == ' ') spec.sign = text_[at_++];
    if (take('#')) spec.alternate = true;
    zero = take('0');
    if (zero && spec.align == '\0') {
      spec.align = '=';
      spec.fill = '0';
    }
    spec.width = number(kMaxWidth);
    if (peek() == ',' || peek() == '_') spec.grouping = text_[at_++];
    if (take('.')) {
      const std::size_t begin = at_;
      spec.precision = static_cast<int>(number(kMaxPrecision));
      if (at_ == begin) fail("Format specifier missing precision");
    }
    if (at_ + 1 == text_.size()) spec.type = text_[at_++];
    if (at_ < text_.size()) {
      fail(fmt::format("Invalid format specifier '{}' for object of type '{}'", text_, type_));
    }
    return spec;
  }

 private:
  static bool is_align(char c) { return c == '<' || c == '>' || c == '^' || c == '='; }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void fill_and_align(FormatSpec& spec) {
    if (text_.empty()) return;
    const unicode::Character first = unicode::decode(text_, 0);
    if (is_align(peek(first.size))) {
      spec.fill = first.code;
      spec.align = peek(first.size);
      at_ = first.size + 1;
    } else if (is_align(peek())) {
      spec.align = text_[at_++];
    }
  }
  std::size_t number(std::size_t most) {
    std::size_t out = 0;
    for (; peek() >= '0' && peek() <= '9'; ++at_) {
      out = out * 10 + static_cast<std::size_t>(peek() - '0');
      if (out > most) fail_limit("a format's width or precision is too large");
    }
    return out;
  }

  std::string_view text_;
  std::string_view type_;
  std::size_t at_ = 0;
};

[[noreturn]] void fail_code(const FormatSpec& spec, const Value& value) {
  fail(fmt::format("Unknown format code '{}' for object of type '{}'", spec.type,
                   value.is_text() ? "str" : type_name(value)));
}

std::string with_spec_integer(Runtime& runtime, const Value& value, const FormatSpec& spec) {
  const std::string_view kinds = "bcdoxXn";
  if (spec.type != '\0' && kinds.find(spec.type) == std::string_view::npos) {
    if (std::string_view("eEfFgG%").find(spec.type) == std::string_view::npos) {
      fail_code(spec, value);
    }
    return format_real(to_real(runtime, value), spec);
  }
  if (spec.precision) fail("Precision not allowed in integer format specifier");
  return format_integer(to_big(value), spec);
}

std::string with_spec_text(const Value& value, FormatSpec spec, bool zero) {
  if (spec.type != '\0' && spec.type != 's') fail_code(spec, value);
  if (spec.sign != '-') fail("Sign not allowed in string format specifier");
  if (spec.alternate) fail("Alternate form (#) not allowed in string format specifier");
  if (spec.align == '=') {
    if (!zero) fail("'=' alignment not allowed in string format specifier");
    spec.align = '<';
  }
  if (spec.grouping != '\0') fail(fmt::format("Cannot specify '{}' with 's'.", spec.grouping));
  return format_text(value.as_view(), spec);
}

// format(value, spec)
std::string format_value(Runtime& runtime, const Value& value, std::string_view spec_text) {
  if (spec_text.empty()) {
    std::string out;
    append_str(runtime, out, value);
    return out;
  }
  if (!value.is_text() && !value.is_number()) {
    fail(fmt::format("unsupported format string passed to {}.__format__", type_name(value)));
  }
  bool zero = false;
  const FormatSpec spec = SpecParser(spec_text, type_name(value)).parse(zero);
  if (value.is_text()) return with_spec_text(value, spec, zero);
  if (value.is_integer()) return with_spec_integer(runtime, value, spec);
  const std::string_view kinds = "eEfFgGn%";
  if (spec.type != '\0' && kinds.find(spec.type) == std::string_view::npos) fail_code(spec, value);
  return format_real(value.as_real(), spec);
}

// One formatting of one text.
class BraceFormatter {
 public:
  BraceFormatter(Runtime& runtime, bool markup, const Arguments& arguments)
      : runtime_(runtime), markup_(markup), arguments_(arguments) {}

  // `depth` counts down: fields may stand in the format of a field, no deeper.
  std::string run(std::string_view text, int depth) {
    if (depth < 0) fail("Max string recursion exceeded");
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
      const char c = text[at];
      if (c != '{' && c != '}') {
        out += c;
      } else if (at + 1 < text.size() && text[at + 1] == c) {
        out += text[at++];
      } else if (c == '}') {
        fail("Single '}' encountered in format string");
      } else {
        at = field(out, text, at + 1, depth);
        if (out.size() > runtime_.options().limits.output) {
          fail_limit("a formatted text is too long");
        }
      }
    }
    return out;
  }

 private:
  // The field that begins at `begin`, behind its brace. Returns where its closing brace is.
  std::size_t field(std::string& out, std::string_view text, std::size_t begin, int depth) {
    if (begin >= text.size()) fail("Single '{' encountered in format string");
    int open = 1;
    std::size_t end = begin;
    for (; end < text.size(); ++end) {
      open += text[end] == '{' ? 1 : text[end] == '}' ? -1 : 0;
      if (open == 0) break;
    }
    if (open > 0) fail("expected '}' before end of string");
    const std::string_view whole = text.substr(begin, end - begin);
    std::size_t name_end = 0;
    for (bool subscript = false; name_end < whole.size(); ++name_end) {
      const char c = whole[name_end];
      if (c == '{') fail("unexpected '{' in field name");
      if (c == '[') subscript = true;
      if (c == ']') subscript = false;
      if (!subscript && (c == ':' || c == '!')) break;
    }
    char conversion = '\0';
    std::size_t at = name_end;
    if (at < whole.size() && whole[at] == '!') {
      if (at + 1 >= whole.size()) fail("end of string while looking for conversion specifier");
      conversion = whole[at + 1];
      at += 2;
      if (at < whole.size() && whole[at] != ':') fail("expected ':' after conversion specifier");
    }
    const std::string_view spec = at < whole.size() ? whole.substr(at + 1) : "";
    Value value = convert(lookup(whole.substr(0, name_end)), conversion);
    const std::string wanted = run(spec, depth - 1);
    // Marked text escapes what is put into it.
    if (markup_ && !(value.is_text() && value.as_text().markup)) {
      out += escape_html(format_value(runtime_, value, wanted));
    } else {
      out += format_value(runtime_, value, wanted);
    }
    return end;
  }

  Value convert(const Value& value, char conversion) {
    if (conversion == '\0') return value;
    std::string out;
    if (conversion == 's') {
      append_str(runtime_, out, value);
    } else if (conversion == 'r') {
      append_repr(runtime_, out, value);
    } else if (conversion == 'a') {
      out = ascii_of(runtime_, value);
    } else {
      fail(fmt::format("Unknown conversion specifier {}", conversion));
    }
    return runtime_.heap.text(out);
  }

  // "0", "name" or nothing, and then ".attribute" and "[item]" again and again.
  Value lookup(std::string_view name) {
    std::size_t end = std::min(name.find_first_of(".["), name.size());
    Value value = argument(name.substr(0, end));
    while (end < name.size()) {
      if (name[end] == '.') {
        const std::size_t begin = end + 1;
        end = std::min(name.find_first_of(".[", begin), name.size());
        if (end == begin) fail("Empty attribute in format string");
        value = get_attribute(runtime_, value, runtime_.heap.text(name.substr(begin, end - begin)));
        continue;
      }
      const std::size_t close = name.find(']', end);
      if (close == std::string_view::npos) fail("Missing ']' in format string");
      const std::string_view key = name.substr(end + 1, close - end - 1);
      if (key.empty()) fail("Empty attribute in format string");
      end = close + 1;
      if (end < name.size() && name[end] != '.' && name[end] != '[') {
        fail("Only '.' or '[' may follow ']' in format field specifier");
      }
      value = get_item(runtime_, value, number_or_text(key));
    }
    return value;
  }

  static bool is_number(std::string_view text) {
    return !text.empty() && text.size() < 10 &&
           text.find_first_not_of("0123456789") == std::string_view::npos;
  }

  Value number_or_text(std::string_view key) {
    if (is_number(key)) return Value::integer(std::stoll(std::string(key)));
    return runtime_.heap.text(key);
  }

  Value argument(std::string_view name) {
    if (name.empty() || is_number(name)) {
      if (name.empty() && numbered_) {
        fail("cannot switch from manual field specification to automatic field numbering");
      }
      if (!name.empty() && next_ > 0) {
        fail("cannot switch from manual field specification to automatic field numbering");
      }
      numbered_ = numbered_ || !name.empty();
      const std::size_t index = name.empty() ? next_++ : std::stoull(std::string(name));
      if (index >= arguments_.positional_count) {
        fail(fmt::format("Replacement index {} out of range for positional args tuple", index));
      }
      return arguments_.positional[index];
    }
    for (std::size_t i = 0; i < arguments_.keyword_count; ++i) {
      if (arguments_.keywords[i].name == name) return arguments_.keywords[i].value;
    }
    std::string quoted;
    append_quoted(quoted, name);
    fail(quoted);
  }

  Runtime& runtime_;
  bool markup_;
  const Arguments& arguments_;
  std::size_t next_ = 0;
  bool numbered_ = false;
};

}  // namespace

Value format_braces(Runtime& runtime, const Value& text, const Arguments& arguments) {
  runtime.step_bytes(text.as_text().size);
  const bool markup = text.as_text().markup;
  return runtime.heap.text(BraceFormatter(runtime, markup, arguments).run(text.as_view(), 2),
                           markup);
}

}  // namespace forge::jinja
