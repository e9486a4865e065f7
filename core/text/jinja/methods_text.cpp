// Methods of str that search text, and the table of all its methods.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text/jinja/attribute.hpp"
#include "core/text/jinja/inspect.hpp"
#include "core/text/jinja/iterate.hpp"
#include "core/text/jinja/methods_text.hpp"
#include "core/text/jinja/parameters.hpp"
#include "core/text/jinja/search.hpp"
#include "core/text/jinja/unicode.hpp"

namespace forge::jinja {
namespace {

const Value& argument(const Arguments& arguments, std::size_t index) {
  static const Value kMissing;
  return index < arguments.positional_count ? arguments.positional[index] : kMissing;
}

// An optional bound of a search: an index, or none.
std::int64_t bound(Runtime& runtime, const Value& value, std::int64_t otherwise) {
  if (value.is_missing() || value.is_none()) return otherwise;
  if (!value.is_integer()) {
    require_defined(runtime, value);
    fail("slice indices must be integers or None or have an __index__ method");
  }
  if (!value.is_small_integer()) return value.as_big().is_negative() ? INT64_MIN : INT64_MAX;
  return value.as_integer();
}

// Part of a text, as start and end of find() and its like choose it.
struct Part {
  bool valid = false;     // start is not beyond end
  std::size_t first = 0;  // bytes
  std::size_t last = 0;
};

std::size_t byte_offset(const Text& text, std::int64_t index) {
  const auto at = static_cast<std::size_t>(index);
  return text.is_bytewise() ? std::min(at, text.size) : unicode::offset_of(text.view(), at);
}

Part part_of(Runtime& runtime, const Text& text, const Value& start, const Value& end) {
  const auto size = static_cast<std::int64_t>(text.character_count());
  std::int64_t first = bound(runtime, start, 0), last = bound(runtime, end, size);
  last = last > size ? size : last < 0 ? std::max<std::int64_t>(0, last + size) : last;
  if (first < 0) first = std::max<std::int64_t>(0, first + size);
  if (first > last || first > size) return {};
  return {true, byte_offset(text, first), byte_offset(text, last)};
}

Value character_index(const Text& text, std::size_t offset) {
  const std::size_t index =
      text.is_bytewise() ? offset : unicode::length(text.view().substr(0, offset));
  return Value::integer(static_cast<std::int64_t>(index));
}

Value search(Runtime& runtime, const Value& self, const Arguments& arguments,
             std::string_view method, bool backwards, bool must_exist) {
  expect_positional(method, arguments, 1, 3);
  const Text& text = self.as_text();
  runtime.step_bytes(text.size);
  const Text& wanted = text_argument(argument(arguments, 0));
  const Part part = part_of(runtime, text, argument(arguments, 1), argument(arguments, 2));
  std::size_t found = std::string_view::npos;
  if (part.valid) {
    const std::string_view inside = text.view().substr(part.first, part.last - part.first);
    found = backwards ? find_last_text(inside, wanted.view()) : find_text(inside, wanted.view());
  }
  if (found != std::string_view::npos) return character_index(text, part.first + found);
  if (must_exist) fail("substring not found");
  return Value::integer(-1);
}

Value find(Runtime& rt, const Value& self, const Arguments& args) {
  return search(rt, self, args, "find", false, false);
}
Value rfind(Runtime& rt, const Value& self, const Arguments& args) {
  return search(rt, self, args, "rfind", true, false);
}
Value index(Runtime& rt, const Value& self, const Arguments& args) {
  return search(rt, self, args, "index", false, true);
}
Value rindex(Runtime& rt, const Value& self, const Arguments& args) {
  return search(rt, self, args, "rindex", true, true);
}

Value count(Runtime& rt, const Value& self, const Arguments& args) {
  expect_positional("count", args, 1, 3);
  const Text& text = self.as_text();
  rt.step_bytes(text.size);
  const std::string_view wanted = text_argument(argument(args, 0)).view();
  const Part part = part_of(rt, text, argument(args, 1), argument(args, 2));
  if (!part.valid) return Value::integer(0);
  const std::string_view inside = text.view().substr(part.first, part.last - part.first);
  if (wanted.empty()) {
    return Value::integer(static_cast<std::int64_t>(unicode::length(inside)) + 1);
  }
  std::int64_t found = 0;
  for (std::size_t at = find_text(inside, wanted); at != std::string_view::npos;
       at = find_text(inside, wanted, at + wanted.size())) {
    ++found;
  }
  return Value::integer(found);
}

Value matches_end(Runtime& rt, const Value& self, const Arguments& args, std::string_view method,
                  bool at_start) {
  expect_positional(method, args, 1, 3);
  const Value& wanted = args.positional[0];
  const Part part = part_of(rt, self.as_text(), argument(args, 1), argument(args, 2));
  const std::string_view inside =
      part.valid ? self.as_view().substr(part.first, part.last - part.first) : "";
  const auto matches = [&](const Value& text) {
    if (!part.valid) return false;
    return at_start ? inside.starts_with(text.as_view()) : inside.ends_with(text.as_view());
  };
  if (wanted.is_text()) return Value::boolean(matches(wanted));
  if (!wanted.is_tuple()) {
    fail(fmt::format("{} first arg must be str or a tuple of str, not {}", method,
                     type_name(wanted)));
  }
  for (const Value& one : wanted.as_items()) {
    if (!one.is_text()) {
      fail(fmt::format("tuple for {} must only contain str, not {}", method, type_name(one)));
    }
    if (matches(one)) return Value::boolean(true);
  }
  return Value::boolean(false);
}

Value startswith(Runtime& rt, const Value& self, const Arguments& args) {
  return matches_end(rt, self, args, "startswith", true);
}
Value endswith(Runtime& rt, const Value& self, const Arguments& args) {
  return matches_end(rt, self, args, "endswith", false);
}

Value strip_ends(Runtime& rt, const Value& self, const Arguments& args, std::string_view method,
                 bool left, bool right) {
  expect_positional(method, args, 0, 1);
  return strip_text(rt, self, argument(args, 0), method, left, right);
}

Value strip(Runtime& rt, const Value& self, const Arguments& args) {
  return strip_ends(rt, self, args, "strip", true, true);
}
Value lstrip(Runtime& rt, const Value& self, const Arguments& args) {
  return strip_ends(rt, self, args, "lstrip", true, false);
}
Value rstrip(Runtime& rt, const Value& self, const Arguments& args) {
  return strip_ends(rt, self, args, "rstrip", false, true);
}

// Sorted by name.
constexpr Method kMethods[] = {
    {"capitalize", text_capitalize},
    {"casefold", text_casefold},
    {"center", text_center},
    {"count", count},
    {"endswith", endswith},
    {"expandtabs", text_expandtabs},
    {"find", find},
    {"format", text_format},
    {"format_map", text_format_map},
    {"index", index},
    {"isalnum", text_isalnum},
    {"isalpha", text_isalpha},
    {"isascii", text_isascii},
    {"isdecimal", text_isdecimal},
    {"isdigit", text_isdigit},
    {"isidentifier", text_isidentifier},
    {"islower", text_islower},
    {"isnumeric", text_isnumeric},
    {"isprintable", text_isprintable},
    {"isspace", text_isspace},
    {"istitle", text_istitle},
    {"isupper", text_isupper},
    {"join", text_join},
    {"ljust", text_ljust},
    {"lower", text_lower},
    {"lstrip", lstrip},
    {"partition", text_partition},
    {"removeprefix", text_removeprefix},
    {"removesuffix", text_removesuffix},
    {"replace", text_replace},
    {"rfind", rfind},
    {"rindex", rindex},
    {"rjust", text_rjust},
    {"rpartition", text_rpartition},
    {"rsplit", text_rsplit},
    {"rstrip", rstrip},
    {"split", text_split},
    {"splitlines", text_splitlines},
    {"startswith", startswith},
    {"strip", strip},
    {"swapcase", text_swapcase},
    {"title", text_title},
    {"upper", text_upper},
    {"zfill", text_zfill},
};

}  // namespace

const Text& text_argument(const Value& value, std::string_view subject) {
  if (!value.is_text()) fail(fmt::format("{}must be str, not {}", subject, type_name(value)));
  return value.as_text();
}

Value strip_text(Runtime& runtime, const Value& self, const Value& characters,
                 std::string_view method, bool left, bool right) {
  const Text& text = self.as_text();
  const bool spaces = characters.is_missing() || characters.is_none();
  std::u32string set;
  if (!spaces) {
    if (!characters.is_text()) fail(fmt::format("{} arg must be None or str", method));
    for (std::size_t at = 0; at < characters.as_text().size;) {
      const unicode::Character c = unicode::decode(characters.as_view(), at);
      set += c.code;
      at += c.size;
    }
  }
  const auto strips = [&](char32_t c) {
    if (spaces) return unicode::is_space(c);
    runtime.step(1 + set.size() / 64);
    return set.find(c) != std::u32string::npos;
  };
  std::size_t first = 0, last = text.size;
  while (left && first < last) {
    const unicode::Character c = unicode::decode(text.view(), first);
    if (!strips(c.code)) break;
    first += c.size;
  }
  while (right && last > first) {
    const unicode::Character c = unicode::decode_before(text.view(), last);
    if (!strips(c.code)) break;
    last -= c.size;
  }
  runtime.step_bytes(text.size - (last - first));
  if (first == 0 && last == text.size) return self;
  return runtime.heap.slice(text, first, last - first);
}

const Method* find_text_method(std::string_view name) {
  const Method* found =
      std::lower_bound(std::begin(kMethods), std::end(kMethods), name,
                       [](const Method& m, std::string_view n) { return m.name < n; });
  return found != std::end(kMethods) && found->name == name ? found : nullptr;
}

}  // namespace forge::jinja
