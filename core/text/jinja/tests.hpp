// core/text/jinja/tests.hpp: the functions behind `value is name(arguments)`.
#ifndef FORGE_CORE_TEXT_JINJA_TESTS_HPP_
#define FORGE_CORE_TEXT_JINJA_TESTS_HPP_

#include <string_view>

#include "core/text/jinja/runtime.hpp"

namespace forge::jinja {

struct Test {
  std::string_view name;
  bool (*call)(Runtime& runtime, const Value& value, const Arguments& arguments);
};

// Null when there is no test of that name. All of Jinja's are here.
const Test* find_test(std::string_view name);

// For select and its like, which name a test at run time.
bool call_test(Runtime& runtime, std::string_view name, const Value& value,
               const Arguments& arguments);

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_TESTS_HPP_
