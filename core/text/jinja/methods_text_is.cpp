// Methods of str that ask what its characters are.
#include "core/text/jinja/methods_text.hpp"
#include "core/text/jinja/parameters.hpp"
#include "core/text/jinja/unicode.hpp"

namespace forge::jinja {
namespace {

using Predicate = bool (*)(char32_t);

// True when there are characters and each of them fits.
Value all_characters(Runtime& rt, const Value& self, const Arguments& args, std::string_view method,
                     Predicate fits, bool empty = false) {
  expect_no_arguments(method, args);
  rt.step_bytes(self.as_text().size);
  const std::string_view text = self.as_view();
  for (std::size_t at = 0; at < text.size();) {
    const unicode::Character c = unicode::decode(text, at);
    if (!fits(c.code)) return Value::boolean(false);
    at += c.size;
  }
  return Value::boolean(empty || !text.empty());
}

template <class Fits>
bool is_case(std::string_view text, const Fits& fits, Predicate other) {
  bool cased = false;
  for (std::size_t at = 0; at < text.size();) {
    const unicode::Character c = unicode::decode(text, at);
    at += c.size;
    if (other(c.code) || unicode::is_title(c.code)) return false;
    cased = cased || fits(c.code);
  }
  return cased;
}

}  // namespace

Value text_isalnum(Runtime& rt, const Value& self, const Arguments& args) {
  return all_characters(rt, self, args, "isalnum", unicode::is_alnum);
}

Value text_isalpha(Runtime& rt, const Value& self, const Arguments& args) {
  return all_characters(rt, self, args, "isalpha", unicode::is_alpha);
}

Value text_isascii(Runtime& rt, const Value& self, const Arguments& args) {
  return all_characters(rt, self, args, "isascii", [](char32_t c) { return c < 0x80; }, true);
}

Value text_isdecimal(Runtime& rt, const Value& self, const Arguments& args) {
  return all_characters(rt, self, args, "isdecimal", unicode::is_decimal);
}

Value text_isdigit(Runtime& rt, const Value& self, const Arguments& args) {
  return all_characters(rt, self, args, "isdigit", unicode::is_digit);
}

Value text_isnumeric(Runtime& rt, const Value& self, const Arguments& args) {
  return all_characters(rt, self, args, "isnumeric", unicode::is_numeric);
}

Value text_isprintable(Runtime& rt, const Value& self, const Arguments& args) {
  return all_characters(rt, self, args, "isprintable", unicode::is_printable, true);
}

Value text_isspace(Runtime& rt, const Value& self, const Arguments& args) {
  return all_characters(rt, self, args, "isspace", unicode::is_space);
}

// A letter or underscore, then letters, digits and underscores.
Value text_isidentifier(Runtime& rt, const Value& self, const Arguments& args) {
  const Value named = all_characters(rt, self, args, "isidentifier", [](char32_t c) {
    return c == '_' || unicode::is_alpha(c) || unicode::is_decimal(c);
  });
  return Value::boolean(named.as_bool() &&
                        !unicode::is_decimal(unicode::decode(self.as_view(), 0).code));
}

Value text_islower(Runtime& rt, const Value& self, const Arguments& args) {
  expect_no_arguments("islower", args);
  rt.step_bytes(self.as_text().size);
  return Value::boolean(is_lower_text(self.as_view()));
}

Value text_isupper(Runtime& rt, const Value& self, const Arguments& args) {
  expect_no_arguments("isupper", args);
  rt.step_bytes(self.as_text().size);
  return Value::boolean(is_upper_text(self.as_view()));
}

Value text_istitle(Runtime& rt, const Value& self, const Arguments& args) {
  expect_no_arguments("istitle", args);
  rt.step_bytes(self.as_text().size);
  bool cased = false, inside = false;
  const std::string_view text = self.as_view();
  for (std::size_t at = 0; at < text.size();) {
    const unicode::Character c = unicode::decode(text, at);
    at += c.size;
    if (unicode::is_upper(c.code) || unicode::is_title(c.code)) {
      if (inside) return Value::boolean(false);
      inside = cased = true;
    } else if (unicode::is_lower(c.code)) {
      if (!inside) return Value::boolean(false);
      cased = true;
    } else {
      inside = false;
    }
  }
  return Value::boolean(cased);
}

bool is_lower_text(std::string_view text) {
  return is_case(text, unicode::is_lower, unicode::is_upper);
}

bool is_upper_text(std::string_view text) {
  return is_case(text, unicode::is_upper, unicode::is_lower);
}

}  // namespace forge::jinja
