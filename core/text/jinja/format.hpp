// core/text/jinja/format.hpp: the two ways of Python to format text: "%s" % x and "{}".format(x).
#ifndef FORGE_CORE_TEXT_JINJA_FORMAT_HPP_
#define FORGE_CORE_TEXT_JINJA_FORMAT_HPP_

#include <optional>
#include <string>
#include <string_view>

#include "core/text/jinja/runtime.hpp"

namespace forge::jinja {

// text % arguments; a tuple holds several arguments, a dict named ones.
Value format_percent(Runtime& runtime, const Value& text, const Value& arguments);

// text.format(arguments)
Value format_braces(Runtime& runtime, const Value& text, const Arguments& arguments);

// What stands behind the colon in "{:>10.2f}".
struct FormatSpec {
  char32_t fill = ' ';
  char align = '\0';  // one of < > ^ =, or none
  char sign = '-';    // or '+' or ' '
  bool alternate = false;
  char grouping = '\0';  // ',' or '_'
  std::size_t width = 0;
  std::optional<int> precision;
  char type = '\0';
};

// Formats of the types that have one. `spec` must fit the type; where not, an error.
std::string format_integer(const BigInt& value, const FormatSpec& spec);
std::string format_real(double value, const FormatSpec& spec);
std::string format_text(std::string_view value, const FormatSpec& spec);

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_FORMAT_HPP_
