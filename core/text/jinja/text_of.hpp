// core/text/jinja/text_of.hpp: Python's str() and repr() of values.
#ifndef FORGE_CORE_TEXT_JINJA_TEXT_OF_HPP_
#define FORGE_CORE_TEXT_JINJA_TEXT_OF_HPP_

#include <string>
#include <string_view>

#include "core/text/jinja/runtime.hpp"

namespace forge::jinja {

// Appends str(value), which is what a template prints.
void append_str(Runtime& runtime, std::string& out, const Value& value);
void append_repr(Runtime& runtime, std::string& out, const Value& value);
// repr of a str: quoted, unprintable characters escaped.
void append_quoted(std::string& out, std::string_view text);
// Like repr, but everything beyond ASCII escaped.
std::string ascii_of(Runtime& runtime, const Value& value);

std::string repr_of(Runtime& runtime, const Value& value);
// str(value) as plain text on the heap; a text is not copied.
Value str_of(Runtime& runtime, const Value& value);
// Like str_of, but a text stays what it is, marked or not.
Value soft_str_of(Runtime& runtime, const Value& value);

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_TEXT_OF_HPP_
