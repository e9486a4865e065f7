// core/text/jinja/json.hpp: values as JSON, byte for byte what Python's json.dumps writes.
#ifndef FORGE_CORE_TEXT_JINJA_JSON_HPP_
#define FORGE_CORE_TEXT_JINJA_JSON_HPP_

#include <optional>
#include <string>

#include "core/text/jinja/runtime.hpp"

namespace forge::jinja {

struct JsonStyle {
  std::optional<std::string> indent;  // of one level; with it every item has its own line
  std::string item_separator = ", ";
  std::string key_separator = ": ";
  bool ensure_ascii = false;  // everything beyond ASCII as \uXXXX
  bool sort_keys = false;
};

// Values that JSON does not know (undefined, a namespace) are an error.
std::string to_json(Runtime& runtime, const Value& value, const JsonStyle& style);

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_JSON_HPP_
