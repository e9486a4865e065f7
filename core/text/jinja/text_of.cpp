#include "core/text/jinja/text_of.hpp"

#include <fmt/format.h>

#include "core/text/jinja/inspect.hpp"
#include "core/text/jinja/loop.hpp"
#include "core/text/jinja/macro.hpp"
#include "core/text/jinja/number.hpp"
#include "core/text/jinja/unicode.hpp"

namespace forge::jinja {
namespace {

void append_escape(std::string& out, char32_t code) {
  if (code > unicode::kLastCodePoint) {
    out += fmt::format("\\x{:02x}", code & 0xFF);
  } else if (code < 0x100) {
    out += fmt::format("\\x{:02x}", static_cast<std::uint32_t>(code));
  } else if (code < 0x10000) {
    out += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(code));
  } else {
    out += fmt::format("\\U{:08x}", static_cast<std::uint32_t>(code));
  }
}

class Printer {
 public:
  Printer(Runtime& runtime, std::string& out) : runtime_(runtime), out_(out) {}

  void repr(const Value& value) {
    runtime_.step();
    if (out_.size() > runtime_.options().limits.output) {
      fail_limit("a printed value is longer than the output may be");
    }
    const Runtime::Nesting nesting(runtime_);
    switch (value.type()) {
      case Type::kMissing:
      case Type::kUndefined:
        out_ += "Undefined";
        break;
      case Type::kNone:
        out_ += "None";
        break;
      case Type::kBool:
        out_ += value.as_bool() ? "True" : "False";
        break;
      case Type::kInt:
        fmt::format_to(std::back_inserter(out_), "{}", value.as_integer());
        break;
      case Type::kBigInt:
        out_ += value.as_big().to_string();
        break;
      case Type::kFloat:
        out_ += float_repr(value.as_real());
        break;
      case Type::kText:
        text(value.as_text());
        break;
      case Type::kList:
        items(value.as_items(), "[", "]");
        break;
      case Type::kTuple:
        items(value.as_items(), "(", value.as_items().size() == 1 ? ",)" : ")");
        break;
      case Type::kDict:
        dict(value.as_dict());
        break;
      default:
        object(value);
    }
  }

 private:
  void text(const Text& value) {
    runtime_.step_bytes(value.size);
    if (value.markup) out_ += "Markup(";
    append_quoted(out_, value.view());
    if (value.markup) out_ += ')';
  }

  void items(const std::pmr::vector<Value>& values, std::string_view open, std::string_view close) {
    out_ += open;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out_ += ", ";
      repr(values[i]);
    }
    out_ += close;
  }

  void dict(const Dict& value) {
    out_ += '{';
    for (std::size_t i = 0; i < value.entries().size(); ++i) {
      if (i > 0) out_ += ", ";
      repr(value.entries()[i].key);
      out_ += ": ";
      repr(value.entries()[i].value);
    }
    out_ += '}';
  }

  void view(const Value& value) {
    const View& view = value.as_dict_view();
    out_ += type_name(value);
    out_ += "([";
    for (std::size_t i = 0; i < view.dict->size(); ++i) {
      const Dict::Entry& entry = view.dict->entries()[i];
      if (i > 0) out_ += ", ";
      if (view.kind == View::Kind::kItems) {
        out_ += '(';
        repr(entry.key);
        out_ += ", ";
        repr(entry.value);
        out_ += ')';
      } else {
        repr(view.kind == View::Kind::kKeys ? entry.key : entry.value);
      }
    }
    out_ += "])";
  }

  void object(const Value& value) {
    switch (value.type()) {
      case Type::kView:
        view(value);
        break;
      case Type::kRange: {
        const Range& range = value.as_range();
        out_ += range.step == 1
                    ? fmt::format("range({}, {})", range.start, range.stop)
                    : fmt::format("range({}, {}, {})", range.start, range.stop, range.step);
        break;
      }
      case Type::kNamespace:
        out_ += "<Namespace ";
        dict(value.as_namespace().attributes);
        out_ += '>';
        break;
      case Type::kMacro:
        if (value.as_macro().name.empty()) {
          out_ += "<Macro anonymous>";
        } else {
          out_ += "<Macro ";
          append_quoted(out_, value.as_macro().name);
          out_ += '>';
        }
        break;
      case Type::kLoop:
        out_ += fmt::format("<LoopContext {}/{}>", value.as_loop().index(),
                            value.as_loop().length(runtime_));
        break;
      case Type::kFunction:
        out_ += fmt::format("<function {}>", value.as_function().name);
        break;
      default:
        // Python prints an address here, different every time.
        out_ += fmt::format("<{} object>", type_name(value));
    }
  }

  Runtime& runtime_;
  std::string& out_;
};

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  const bool single = text.find('\'') == std::string_view::npos;
  const char quote = single || text.find('"') != std::string_view::npos ? '\'' : '"';
  out += quote;
  for (std::size_t at = 0; at < text.size();) {
    const unicode::Character c = unicode::decode(text, at);
    if (c.code == '\\' || c.code == static_cast<char32_t>(quote)) {
      (out += '\\') += static_cast<char>(c.code);
    } else if (c.code == '\n') {
      out += "\\n";
    } else if (c.code == '\r') {
      out += "\\r";
    } else if (c.code == '\t') {
      out += "\\t";
    } else if (unicode::is_printable(c.code)) {
      out += text.substr(at, c.size);
    } else {
      append_escape(out, c.code);
    }
    at += c.size;
  }
  out += quote;
}

void append_repr(Runtime& runtime, std::string& out, const Value& value) {
  Printer(runtime, out).repr(value);
}

void append_str(Runtime& runtime, std::string& out, const Value& value) {
  if (value.is_text()) {
    out += value.as_view();
  } else if (!value.is_undefined()) {
    append_repr(runtime, out, value);
  }
}

std::string repr_of(Runtime& runtime, const Value& value) {
  std::string out;
  append_repr(runtime, out, value);
  return out;
}

std::string ascii_of(Runtime& runtime, const Value& value) {
  const std::string repr = repr_of(runtime, value);
  std::string out;
  for (std::size_t at = 0; at < repr.size();) {
    const unicode::Character c = unicode::decode(repr, at);
    if (c.code < 0x80) {
      out += static_cast<char>(c.code);
    } else {
      append_escape(out, c.code);
    }
    at += c.size;
  }
  return out;
}

Value soft_str_of(Runtime& runtime, const Value& value) {
  if (value.is_text()) return value;
  std::string out;
  append_str(runtime, out, value);
  return runtime.heap.text(out);
}

Value str_of(Runtime& runtime, const Value& value) {
  if (!value.is_text()) return soft_str_of(runtime, value);
  return value.as_text().markup ? runtime.heap.borrow(value.as_view()) : value;
}

}  // namespace forge::jinja
