// core/text/jinja/globals.hpp: the functions every template has: range, namespace, raise_exception
// and so on.
#ifndef FORGE_CORE_TEXT_JINJA_GLOBALS_HPP_
#define FORGE_CORE_TEXT_JINJA_GLOBALS_HPP_

#include <string_view>

#include "core/text/jinja/runtime.hpp"

namespace forge::jinja {

// The global of that name; missing when there is none.
Value find_global(Runtime& runtime, std::string_view name);

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_GLOBALS_HPP_
