#include <fmt/format.h>

#include "core/text/jinja/format.hpp"
#include "core/text/jinja/inspect.hpp"
#include "core/text/jinja/iterate.hpp"
#include "core/text/jinja/markup.hpp"
#include "core/text/jinja/methods_text.hpp"
#include "core/text/jinja/parameters.hpp"
#include "core/text/jinja/search.hpp"
#include "core/text/jinja/unicode.hpp"

namespace forge::jinja {
namespace {

constexpr std::int64_t kWidestField = std::int64_t{1} << 26;

using Transform = std::string (*)(std::string_view);

Value transformed(Runtime& rt, const Value& self, const Arguments& args, std::string_view method,
                  Transform transform) {
  expect_no_arguments(method, args);
  rt.step_bytes(self.as_text().size);
  return rt.heap.text(transform(self.as_view()), self.as_text().markup);
}

Value justified(Runtime& rt, const Value& self, const Arguments& args, std::string_view method,
                char align) {
  expect_positional(method, args, 1, 2);
  const std::int64_t width = to_index(rt, args.positional[0]);
  char32_t fill = ' ';
  if (args.positional_count > 1) {
    const Value& character = args.positional[1];
    if (!character.is_text()) {
      fail(fmt::format("The fill character must be a unicode character, not {}",
                       type_name(character)));
    }
    if (character.as_text().character_count() != 1) {
      fail("The fill character must be exactly one character long");
    }
    fill = unicode::decode(character.as_view(), 0).code;
  }
  return justify(rt, self.as_text(), width, fill, align);
}

}  // namespace

Value justify(Runtime& runtime, const Text& text, std::int64_t width, char32_t fill, char align) {
  const auto length = static_cast<std::int64_t>(text.character_count());
  if (width > kWidestField) fail_limit("a field is too wide");
  const std::int64_t missing = std::max<std::int64_t>(0, width - length);
  std::int64_t before = align == '<' ? 0 : missing;
  // An odd remainder goes to the left when the width is odd too.
  if (align == '^') before = missing / 2 + (missing & width & 1);
  std::string pad, out;
  unicode::append(pad, fill);
  for (std::int64_t i = 0; i < before; ++i) out += pad;
  out += text.view();
  for (std::int64_t i = before; i < missing; ++i) out += pad;
  runtime.step_bytes(out.size());
  return runtime.heap.text(out, text.markup);
}

Value replace_text(Runtime& runtime, const Text& text, std::string_view old, std::string_view with,
                   std::int64_t most, bool markup) {
  const std::string_view view = text.view();
  std::uint64_t left = most < 0 ? UINT64_MAX : static_cast<std::uint64_t>(most);
  std::string out;
  std::size_t begin = 0;
  const auto put = [&](std::string_view part) {
    runtime.step(1 + part.size() / 64);
    out += part;
    if (out.size() > runtime.options().limits.memory) fail_limit("a replaced text is too long");
  };
  if (old.empty()) {
    // Between all characters and at both ends.
    for (; left > 0; --left) {
      put(with);
      if (begin >= view.size()) break;
      const std::size_t size = unicode::decode(view, begin).size;
      put(view.substr(begin, size));
      begin += size;
    }
  } else {
    for (; left > 0; --left) {
      const std::size_t at = find_text(view, old, begin);
      if (at == std::string_view::npos) break;
      put(view.substr(begin, at - begin));
      put(with);
      begin = at + old.size();
    }
  }
  put(view.substr(std::min(begin, view.size())));
  return runtime.heap.text(out, markup);
}

Value join_items(Runtime& runtime, const Value& separator, const std::vector<Value>& items) {
  std::string out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += separator.as_view();
    out += items[i].as_view();
    if (out.size() > runtime.options().limits.memory) fail_limit("a joined text is too long");
  }
  runtime.step_bytes(out.size());
  return runtime.heap.text(out, separator.as_text().markup);
}

Value text_capitalize(Runtime& rt, const Value& self, const Arguments& args) {
  return transformed(rt, self, args, "capitalize", unicode::capitalize);
}
Value text_casefold(Runtime& rt, const Value& self, const Arguments& args) {
  const Value folded = transformed(rt, self, args, "casefold", unicode::case_fold);
  return rt.heap.borrow(folded.as_view());  // never marked
}
Value text_lower(Runtime& rt, const Value& self, const Arguments& args) {
  return transformed(rt, self, args, "lower", unicode::to_lower);
}
Value text_swapcase(Runtime& rt, const Value& self, const Arguments& args) {
  return transformed(rt, self, args, "swapcase", unicode::swap_case);
}
Value text_title(Runtime& rt, const Value& self, const Arguments& args) {
  return transformed(rt, self, args, "title", unicode::title);
}
Value text_upper(Runtime& rt, const Value& self, const Arguments& args) {
  return transformed(rt, self, args, "upper", unicode::to_upper);
}

Value text_center(Runtime& rt, const Value& self, const Arguments& args) {
  return justified(rt, self, args, "center", '^');
}
Value text_ljust(Runtime& rt, const Value& self, const Arguments& args) {
  return justified(rt, self, args, "ljust", '<');
}
Value text_rjust(Runtime& rt, const Value& self, const Arguments& args) {
  return justified(rt, self, args, "rjust", '>');
}

Value text_zfill(Runtime& rt, const Value& self, const Arguments& args) {
  expect_positional("zfill", args, 1, 1);
  const std::int64_t width = to_index(rt, args.positional[0]);
  const Value filled = justify(rt, self.as_text(), width, '0', '>');
  const std::size_t zeros = filled.as_text().size - self.as_text().size;
  const char sign = self.as_text().size > 0 ? self.as_view()[0] : '\0';
  if (zeros == 0 || (sign != '-' && sign != '+')) return filled;
  // The sign stays in front.
  std::string out(filled.as_view());
  out[0] = sign;
  out[zeros] = '0';
  return rt.heap.text(out, self.as_text().markup);
}

Value text_expandtabs(Runtime& rt, const Value& self, const Arguments& args) {
  const Parameters parameters("expandtabs", args, {"tabsize"}, 0);
  const std::int64_t size = parameters.has(0) ? to_index(rt, parameters[0]) : 8;
  if (size > kWidestField) fail_limit("a field is too wide");
  std::string out;
  std::int64_t column = 0;
  const std::string_view text = self.as_view();
  for (std::size_t at = 0; at < text.size();) {
    const unicode::Character c = unicode::decode(text, at);
    if (c.code == '\t') {
      const std::int64_t spaces = size > 0 ? size - column % size : 0;
      out.append(static_cast<std::size_t>(spaces), ' ');
      column += spaces;
      rt.step_bytes(static_cast<std::size_t>(spaces));
      if (out.size() > rt.options().limits.memory) fail_limit("an expanded text is too long");
    } else {
      out += text.substr(at, c.size);
      column = c.code == '\n' || c.code == '\r' ? 0 : column + 1;
    }
    at += c.size;
  }
  return rt.heap.text(out, self.as_text().markup);
}

Value text_format(Runtime& rt, const Value& self, const Arguments& args) {
  return format_braces(rt, self, args);
}

Value text_format_map(Runtime& rt, const Value& self, const Arguments& args) {
  expect_positional("format_map", args, 1, 1);
  require_defined(rt, args.positional[0]);
  std::vector<Keyword> keywords;
  if (args.positional[0].is_dict()) {
    for (const Dict::Entry& entry : args.positional[0].as_dict().entries()) {
      if (entry.key.is_text()) keywords.push_back({entry.key.as_view(), entry.value});
    }
  }
  return format_braces(rt, self, {nullptr, 0, keywords.data(), keywords.size()});
}

Value text_join(Runtime& rt, const Value& self, const Arguments& args) {
  expect_positional("join", args, 1, 1);
  if (!is_iterable(args.positional[0])) fail("can only join an iterable");
  std::vector<Value> items = items_of(rt, args.positional[0]);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!items[i].is_text()) {
      fail(
          fmt::format("sequence item {}: expected str instance, {} found", i, type_name(items[i])));
    }
    items[i] = escape_if(rt, self.as_text().markup, items[i]);
  }
  return join_items(rt, self, items);
}

Value text_replace(Runtime& rt, const Value& self, const Arguments& args) {
  expect_positional("replace", args, 2, 3);
  for (std::size_t i = 0; i < 2; ++i) {
    if (!args.positional[i].is_text()) {
      fail(fmt::format("replace() argument {} must be str, not {}", i + 1,
                       type_name(args.positional[i])));
    }
  }
  const std::int64_t most = args.positional_count > 2 ? to_index(rt, args.positional[2]) : -1;
  const bool markup = self.as_text().markup;
  const Value old = escape_if(rt, markup, args.positional[0]);
  const Value with = escape_if(rt, markup, args.positional[1]);
  return replace_text(rt, self.as_text(), old.as_view(), with.as_view(), most, markup);
}

}  // namespace forge::jinja
