// core/text/jinja/markup.hpp: HTML-safe text, as the escape and safe filters make it.
#ifndef FORGE_CORE_TEXT_JINJA_MARKUP_HPP_
#define FORGE_CORE_TEXT_JINJA_MARKUP_HPP_

#include <string>
#include <string_view>

#include "core/text/jinja/runtime.hpp"

namespace forge::jinja {

std::string escape_html(std::string_view text);

// markupsafe.escape: marked text stays, everything else is printed and escaped.
Value escape(Runtime& runtime, const Value& value);

// The value as a part of marked text when `markup`, else as it is. Only texts are escaped.
inline Value escape_if(Runtime& runtime, bool markup, const Value& value) {
  return markup && value.is_text() ? escape(runtime, value) : value;
}

// Text without tags, comments and entities; runs of whitespace become one space.
std::string strip_tags(std::string_view html);

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_MARKUP_HPP_
