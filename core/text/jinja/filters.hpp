// core/text/jinja/filters.hpp: the functions behind value|name(arguments).
#ifndef FORGE_CORE_TEXT_JINJA_FILTERS_HPP_
#define FORGE_CORE_TEXT_JINJA_FILTERS_HPP_

#include <string_view>

#include "core/text/jinja/runtime.hpp"

namespace forge::jinja {

// A filter's function gets the filtered value as `self`.
struct Filter {
  std::string_view name;
  NativeCall call;
};

// Null when there is no filter of that name. All of Jinja's are here but pprint, random, urlize
// and wordwrap; tojson is the one of transformers: plain JSON, not escaped for HTML.
const Filter* find_filter(std::string_view name);

// For map and its like, which name a filter at run time.
Value call_filter(Runtime& runtime, std::string_view name, const Value& value,
                  const Arguments& arguments);

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_FILTERS_HPP_
