// core/config/value.hpp: values of configuration keys out of text, and back.
#ifndef FORGE_CORE_CONFIG_VALUE_HPP_
#define FORGE_CORE_CONFIG_VALUE_HPP_

#include <span>
#include <string>
#include <string_view>

#include "core/config/schema.hpp"
#include "forge/sdk/status.hpp"

namespace forge::config {

// Range, choices, empty list items, NULs. `subject` begins the message: "'sampling.top_p'",
// "--top-p". [any-thread]
Status check(const Key& key, const Value& value, std::string_view subject);

// The value that a flag (given once or more) or an environment variable spells out; checked.
// Lists: one item a text. Tables: "name=value" items, also several in one text with commas.
// [any-thread]
Result<Value> parse_text(const Key& key, std::span<const std::string> texts,
                         std::string_view subject);

// The value as TOML writes it: 0.8, "text", ["a", "b"], { 13 = -1.0 }.
std::string to_toml(const Value& value);

}  // namespace forge::config

#endif  // FORGE_CORE_CONFIG_VALUE_HPP_
