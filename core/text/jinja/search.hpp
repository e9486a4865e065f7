// core/text/jinja/search.hpp: finding a text in a text, in linear time whatever they hold.
//
// std::string_view::find takes quadratic time on texts made for that.
#ifndef FORGE_CORE_TEXT_JINJA_SEARCH_HPP_
#define FORGE_CORE_TEXT_JINJA_SEARCH_HPP_

#include <cstddef>
#include <string_view>

namespace forge::jinja {

// Byte offset of the first occurrence at or after `from`; npos when there is none.
std::size_t find_text(std::string_view text, std::string_view wanted, std::size_t from = 0);
// Byte offset of the last occurrence; npos when there is none.
std::size_t find_last_text(std::string_view text, std::string_view wanted);

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_SEARCH_HPP_
