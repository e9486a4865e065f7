// Filters on text.
#include <fmt/format.h>

#include "core/text/jinja/filter_functions.hpp"
#include "core/text/jinja/format.hpp"
#include "core/text/jinja/inspect.hpp"
#include "core/text/jinja/iterate.hpp"
#include "core/text/jinja/markup.hpp"
#include "core/text/jinja/methods_text.hpp"
#include "core/text/jinja/parameters.hpp"
#include "core/text/jinja/search.hpp"
#include "core/text/jinja/text_of.hpp"
#include "core/text/jinja/unicode.hpp"

namespace forge::jinja::filters {
namespace {

using Transform = std::string (*)(std::string_view);

Value transformed(Runtime& rt, const Value& self, const Arguments& args, std::string_view name,
                  Transform transform) {
  expect_no_arguments(name, args);
  const Value text = soft_str_of(rt, self);
  rt.step_bytes(text.as_text().size);
  return rt.heap.text(transform(text.as_view()), text.as_text().markup);
}

std::string url_quote(std::string_view text, bool for_query) {
  std::string out;
  for (const char c : text) {
    const char lower = static_cast<char>(c | 0x20);
    const bool plain = (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
                       std::string_view("_.-~").find(c) != std::string_view::npos ||
                       (c == '/' && !for_query);
    if (plain) {
      out += c;
    } else if (c == ' ' && for_query) {
      out += '+';
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

bool starts_word(char32_t c) {
  return c == '-' || c == '(' || c == '{' || c == '[' || c == '<' || unicode::is_space(c);
}

// Every run of separators and every run of other characters: first character upper case, the rest
// lower case.
std::string title_case(std::string_view text) {
  std::string out;
  for (std::size_t begin = 0; begin < text.size();) {
    const unicode::Character first = unicode::decode(text, begin);
    std::size_t end = begin + first.size;
    while (end < text.size()) {
      const unicode::Character c = unicode::decode(text, end);
      if (starts_word(c.code) != starts_word(first.code)) break;
      end += c.size;
    }
    out += unicode::to_upper(text.substr(begin, first.size));
    out += unicode::to_lower(text.substr(begin + first.size, end - begin - first.size));
    begin = end;
  }
  return out;
}

}  // namespace

Value capitalize(Runtime& rt, const Value& self, const Arguments& args) {
  return transformed(rt, self, args, "capitalize", unicode::capitalize);
}
Value lower(Runtime& rt, const Value& self, const Arguments& args) {
  return transformed(rt, self, args, "lower", unicode::to_lower);
}
Value upper(Runtime& rt, const Value& self, const Arguments& args) {
  return transformed(rt, self, args, "upper", unicode::to_upper);
}

Value title(Runtime& rt, const Value& self, const Arguments& args) {
  expect_no_arguments("title", args);
  const Value text = str_of(rt, self);
  rt.step_bytes(text.as_text().size);
  return rt.heap.text(title_case(text.as_view()));
}

Value center(Runtime& rt, const Value& self, const Arguments& args) {
  const Parameters parameters("do_center", args, {"width"}, 0);
  const std::int64_t width = parameters.has(0) ? to_index(rt, parameters[0]) : 80;
  return justify(rt, soft_str_of(rt, self).as_text(), width, ' ', '^');
}

Value escape(Runtime& rt, const Value& self, const Arguments& args) {
  expect_no_arguments("escape", args);
  return jinja::escape(rt, self);
}

Value force_escape(Runtime& rt, const Value& self, const Arguments& args) {
  expect_no_arguments("forceescape", args);
  return jinja::escape(rt, str_of(rt, self));
}

Value safe(Runtime& rt, const Value& self, const Arguments& args) {
  expect_no_arguments("safe", args);
  return rt.heap.borrow(str_of(rt, self).as_view(), true);
}

Value string(Runtime& rt, const Value& self, const Arguments& args) {
  expect_no_arguments("string", args);
  return soft_str_of(rt, self);
}

Value strip_tags(Runtime& rt, const Value& self, const Arguments& args) {
  expect_no_arguments("striptags", args);
  const Value text = str_of(rt, self);
  rt.step_bytes(text.as_text().size);
  return rt.heap.text(jinja::strip_tags(text.as_view()));
}

Value trim(Runtime& rt, const Value& self, const Arguments& args) {
  const Parameters parameters("do_trim", args, {"chars"}, 0);
  return strip_text(rt, soft_str_of(rt, self), parameters[0], "strip", true, true);
}

Value replace(Runtime& rt, const Value& self, const Arguments& args) {
  const Parameters parameters("do_replace", args, {"old", "new", "count"}, 2);
  const std::int64_t most = parameters.is_set(2) ? to_index(rt, parameters[2]) : -1;
  const Value text = str_of(rt, self);
  return replace_text(rt, text.as_text(), str_of(rt, parameters[0]).as_view(),
                      str_of(rt, parameters[1]).as_view(), most, false);
}

Value format(Runtime& rt, const Value& self, const Arguments& args) {
  if (args.positional_count > 0 && args.keyword_count > 0) {
    fail("can't handle positional and keyword arguments at the same time");
  }
  const Value text = soft_str_of(rt, self);
  if (args.keyword_count == 0) {
    const Value values = rt.heap.tuple();
    values.as_items().assign(args.positional, args.positional + args.positional_count);
    return format_percent(rt, text, values);
  }
  const Value named = rt.heap.dict();
  for (std::size_t i = 0; i < args.keyword_count; ++i) {
    named.as_dict().set(rt, rt.heap.text(args.keywords[i].name), args.keywords[i].value);
  }
  return format_percent(rt, text, named);
}

Value indent(Runtime& rt, const Value& self, const Arguments& args) {
  const Parameters parameters("do_indent", args, {"width", "first", "blank"}, 0);
  require_defined(rt, self);
  // Python gets as far as adding a line break, which it can to a list.
  if (self.is_list()) fail("'list' object has no attribute 'splitlines'");
  if (self.is_tuple()) fail("can only concatenate tuple (not \"str\") to tuple");
  if (!self.is_text()) {
    fail(fmt::format("unsupported operand type(s) for +=: '{}' and 'str'", type_name(self)));
  }
  std::string indention(4, ' ');
  if (parameters.has(0) && parameters[0].is_text()) {
    indention = parameters[0].as_view();
  } else if (parameters.has(0)) {
    const std::int64_t width = std::max<std::int64_t>(0, to_index(rt, parameters[0]));
    if (width > 1'000'000) fail_limit("an indentation is too wide");
    indention.assign(static_cast<std::size_t>(width), ' ');
  }
  const bool first = parameters.has(1) && is_true(rt, parameters[1]);
  const bool blank = parameters.has(2) && is_true(rt, parameters[2]);
  // The added break makes an empty last line count.
  const std::string text = std::string(self.as_view()) + "\n";
  std::string out = first ? indention : "";
  bool is_first = true;
  for (const Line& line : lines_of(text)) {
    if (!is_first) out += '\n';
    if (!is_first && (blank || line.end > line.begin)) out += indention;
    out.append(text, line.begin, line.end - line.begin);
    is_first = false;
    rt.step(1 + indention.size() / 64);
    if (out.size() > rt.options().limits.memory) fail_limit("an indented text is too long");
  }
  return rt.heap.text(out, self.as_text().markup);
}

Value truncate(Runtime& rt, const Value& self, const Arguments& args) {
  const Parameters parameters("do_truncate", args, {"length", "killwords", "end", "leeway"}, 0);
  const std::int64_t length = parameters.has(0) ? to_index(rt, parameters[0]) : 255;
  const bool kill_words = parameters.has(1) && is_true(rt, parameters[1]);
  const Value end = parameters.has(2) ? parameters[2] : rt.heap.borrow("...");
  const std::int64_t leeway = parameters.is_set(3) ? to_index(rt, parameters[3]) : 5;
  const auto end_length = static_cast<std::int64_t>(length_of(rt, end));
  if (length < end_length) fail(fmt::format("expected length >= {}, got {}", end_length, length));
  if (leeway < 0) fail(fmt::format("expected leeway >= 0, got {}", leeway));
  if (static_cast<std::int64_t>(length_of(rt, self)) <= length + leeway) return self;
  if (!self.is_text()) fail(fmt::format("'{}' object has no attribute 'rsplit'", type_name(self)));
  if (!end.is_text()) fail("truncate() ends with a text");
  const std::string_view text = self.as_view();
  std::string_view kept =
      text.substr(0, unicode::offset_of(text, static_cast<std::size_t>(length - end_length)));
  if (!kill_words) kept = kept.substr(0, kept.rfind(' '));
  return rt.heap.text(std::string(kept).append(end.as_view()), self.as_text().markup);
}

Value url_encode(Runtime& rt, const Value& self, const Arguments& args) {
  expect_no_arguments("urlencode", args);
  if (self.is_text() || !is_iterable(self)) {
    return rt.heap.text(url_quote(str_of(rt, self).as_view(), false));
  }
  std::string out;
  const auto add = [&](const Value& key, const Value& value) {
    if (!out.empty()) out += '&';
    out += url_quote(str_of(rt, key).as_view(), true) + "=" +
           url_quote(str_of(rt, value).as_view(), true);
  };
  if (self.is_dict()) {
    for (const Dict::Entry& entry : self.as_dict().entries()) add(entry.key, entry.value);
  } else {
    for (const Value& pair : items_of(rt, self)) {
      const std::vector<Value> parts = unpack(rt, pair, 2);
      add(parts[0], parts[1]);
    }
  }
  return rt.heap.text(out);
}

Value word_count(Runtime& rt, const Value& self, const Arguments& args) {
  expect_no_arguments("wordcount", args);
  const Value text = soft_str_of(rt, self);
  rt.step_bytes(text.as_text().size);
  std::int64_t words = 0;
  bool inside = false;
  for (std::size_t at = 0; at < text.as_text().size;) {
    const unicode::Character c = unicode::decode(text.as_view(), at);
    const bool word = c.code == '_' || unicode::is_alnum(c.code);
    if (word && !inside) ++words;
    inside = word;
    at += c.size;
  }
  return Value::integer(words);
}

Value xml_attributes(Runtime& rt, const Value& self, const Arguments& args) {
  const Parameters parameters("do_xmlattr", args, {"autospace"}, 0);
  require_defined(rt, self);
  if (!self.is_dict()) {
    fail(fmt::format("'{}' object has no attribute 'items'", type_name(self)));
  }
  std::string out;
  for (const Dict::Entry& entry : self.as_dict().entries()) {
    if (entry.value.is_none() || entry.value.is_undefined()) continue;
    if (!entry.key.is_text()) {
      fail(fmt::format("expected string or bytes-like object, got '{}'", type_name(entry.key)));
    }
    if (entry.key.as_view().find_first_of(" \t\n\r\f\v/>=") != std::string_view::npos) {
      fail("Invalid character in attribute name: " + repr_of(rt, entry.key));
    }
    if (!out.empty()) out += ' ';
    out += fmt::format("{}=\"{}\"", jinja::escape(rt, entry.key).as_view(),
                       jinja::escape(rt, entry.value).as_view());
  }
  const bool space = !parameters.has(0) || is_true(rt, parameters[0]);
  return rt.heap.text(space && !out.empty() ? fmt::format(" {}", out) : out);
}

}  // namespace forge::jinja::filters
