// core/text/jinja/inspect.hpp: what a value is: its truth, length and type, and the errors that
// name them.
#ifndef FORGE_CORE_TEXT_JINJA_INSPECT_HPP_
#define FORGE_CORE_TEXT_JINJA_INSPECT_HPP_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/text/jinja/runtime.hpp"

namespace forge::jinja {

// Python's name of the value's type, as in its messages: "str", "NoneType".
std::string_view type_name(const Value& value);
// How messages call the object: "dict object", "None", "jinja2.utils.Namespace object".
std::string object_name(const Value& value);

// The message for using an undefined value.
std::string undefined_message(Runtime& runtime, const Undefined& why);
[[noreturn]] void fail_undefined(Runtime& runtime, const Value& value);
// Fails when the value is undefined.
inline void require_defined(Runtime& runtime, const Value& value) {
  if (value.is_undefined()) fail_undefined(runtime, value);
}
// An undefined value for a variable, for a missing attribute or item, with a message of its own.
Value undefined_variable(Runtime& runtime, const Value& name);
Value undefined_member(Runtime& runtime, const Value& owner, const Value& name);
Value undefined_because(Runtime& runtime, std::string_view message);

bool is_true(Runtime& runtime, const Value& value);
// len(value); nullopt when it has none.
std::optional<std::size_t> find_length(Runtime& runtime, const Value& value);
std::size_t length_of(Runtime& runtime, const Value& value);
bool is_callable(const Value& value);

// A whole number (Python's __index__); other types are an error.
std::int64_t to_index(Runtime& runtime, const Value& value);
// A number as double; needs is_number().
double to_real(Runtime& runtime, const Value& value);
// A whole number as BigInt; needs is_integer().
BigInt to_big(const Value& value);

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_INSPECT_HPP_
