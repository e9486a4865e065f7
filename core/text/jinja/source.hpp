// core/text/jinja/source.hpp: a template's text, and positions in it for people.
#ifndef FORGE_CORE_TEXT_JINJA_SOURCE_HPP_
#define FORGE_CORE_TEXT_JINJA_SOURCE_HPP_

#include <cstddef>
#include <string>
#include <string_view>

namespace forge::jinja {

// A place in a text: both count from 1, columns in characters.
struct Position {
  std::size_t line = 1;
  std::size_t column = 1;
};

Position position_of(std::string_view text, std::size_t offset);

// Two lines: the source line around `offset` (shortened when long) and a caret under the place.
std::string excerpt(std::string_view text, std::size_t offset);

// What Jinja makes of a file before it looks for tags: every line break becomes "\n", and one line
// break at the very end is dropped.
std::string normalize_source(std::string_view text);

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_SOURCE_HPP_
