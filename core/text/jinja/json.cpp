#include "core/text/jinja/json.hpp"

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "core/text/jinja/compare.hpp"
#include "core/text/jinja/inspect.hpp"
#include "core/text/jinja/number.hpp"
#include "core/text/jinja/unicode.hpp"

namespace forge::jinja {
namespace {

class JsonWriter {
 public:
  JsonWriter(Runtime& runtime, const JsonStyle& style) : runtime_(runtime), style_(style) {}

  std::string run(const Value& value) {
    write(value);
    return std::move(out_);
  }

 private:
  void write(const Value& value) {
    runtime_.step();
    if (out_.size() > runtime_.options().limits.output) {
      fail_limit("the JSON of a value is longer than the output may be");
    }
    const Runtime::Nesting nesting(runtime_);
    switch (value.type()) {
      case Type::kNone:
        out_ += "null";
        break;
      case Type::kBool:
        out_ += value.as_bool() ? "true" : "false";
        break;
      case Type::kInt:
        fmt::format_to(std::back_inserter(out_), "{}", value.as_integer());
        break;
      case Type::kBigInt:
        out_ += value.as_big().to_string();
        break;
      case Type::kFloat:
        out_ += number(value.as_real());
        break;
      case Type::kText:
        text(value.as_view());
        break;
      case Type::kList:
      case Type::kTuple:
        array(value.as_items());
        break;
      case Type::kDict:
        object(value.as_dict());
        break;
      default:
        fail(fmt::format("Object of type {} is not JSON serializable", type_name(value)));
    }
  }

  static std::string number(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
    return float_repr(value);
  }

  void text(std::string_view value) {
    runtime_.step_bytes(value.size());
    out_ += '"';
    for (std::size_t at = 0; at < value.size();) {
      const unicode::Character c = unicode::decode(value, at);
      character(c.code, value.substr(at, c.size));
      at += c.size;
    }
    out_ += '"';
  }

  void character(char32_t code, std::string_view bytes) {
    static constexpr std::string_view kPlain = "\"\\\n\r\t\f\b";
    static constexpr std::string_view kLetters = "\"\\nrtfb";
    const std::size_t known = code < 0x80 ? kPlain.find(static_cast<char>(code)) : kPlain.npos;
    if (known != kPlain.npos) {
      (out_ += '\\') += kLetters[known];
    } else if (must_escape(code)) {
      escape(code);
    } else {
      out_ += bytes;
    }
  }

  bool must_escape(char32_t code) const {
    if (code < 0x20) return true;
    return style_.ensure_ascii && code >= 0x7F && code <= unicode::kLastCodePoint;
  }

  // As UTF-16 has it.

  void escape(char32_t code) {
    if (code >= 0x10000) {
      escape(0xD800 + ((code - 0x10000) >> 10));
      code = 0xDC00 + ((code - 0x10000) & 0x3FF);
    }
    fmt::format_to(std::back_inserter(out_), "\\u{:04x}", static_cast<std::uint32_t>(code));
  }

  void new_line() {
    if (!style_.indent) return;
    out_ += '\n';
    for (int i = 0; i < level_; ++i) out_ += *style_.indent;
  }

  void array(const std::pmr::vector<Value>& items) {
    if (items.empty()) {
      out_ += "[]";
      return;
    }
    out_ += '[';
    ++level_;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += style_.item_separator;
      new_line();
      write(items[i]);
    }
    --level_;
    new_line();
    out_ += ']';
  }

  void key(const Value& value) {
    switch (value.type()) {
      case Type::kText:
        text(value.as_view());
        break;
      case Type::kNone:
        out_ += "\"null\"";
        break;
      case Type::kBool:
        out_ += value.as_bool() ? "\"true\"" : "\"false\"";
        break;
      case Type::kInt:
      case Type::kBigInt:
        out_ += fmt::format("\"{}\"", to_big(value).to_string());
        break;
      case Type::kFloat:
        out_ += fmt::format("\"{}\"", number(value.as_real()));
        break;
      default:
        fail(fmt::format("keys must be str, int, float, bool or None, not {}", type_name(value)));
    }
  }

  void object(const Dict& dict) {
    if (dict.size() == 0) {
      out_ += "{}";
      return;
    }
    std::vector<Keyed> members;
    for (const Dict::Entry& entry : dict.entries()) members.push_back({entry.key, entry.value});
    if (style_.sort_keys) sort(runtime_, members, false);
    out_ += '{';
    ++level_;
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i > 0) out_ += style_.item_separator;
      new_line();
      key(members[i].key);
      out_ += style_.key_separator;
      write(members[i].value);
    }
    --level_;
    new_line();
    out_ += '}';
  }

  Runtime& runtime_;
  const JsonStyle& style_;
  std::string out_;
  int level_ = 0;
};

}  // namespace

std::string to_json(Runtime& runtime, const Value& value, const JsonStyle& style) {
  return JsonWriter(runtime, style).run(value);
}

}  // namespace forge::jinja
