// core/text/jinja/path.hpp: "address.city.0" as an argument of map, sort, groupby and others.
#ifndef FORGE_CORE_TEXT_JINJA_PATH_HPP_
#define FORGE_CORE_TEXT_JINJA_PATH_HPP_

#include "core/text/jinja/runtime.hpp"

namespace forge::jinja {

// What to look up in an item, step by step: names and numbers, as a tuple. No attribute (missing
// or none) is a path without steps, which leads to the item itself.
Value parse_path(Runtime& runtime, const Value& attribute);

// Follows a path; a step that leads nowhere gives `otherwise`, unless that is missing or none.
Value follow_path(Runtime& runtime, const Value& path, const Value& item,
                  const Value& otherwise = Value());

// A text in lower case, other values as they are: what filters compare by.
Value ignore_case(Runtime& runtime, const Value& value);

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_PATH_HPP_
