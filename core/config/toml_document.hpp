// core/config/toml_document.hpp: TOML text to a tree, whatever the text is.
//
// Includes toml++: for .cpp files only.
#ifndef FORGE_CORE_CONFIG_TOML_DOCUMENT_HPP_
#define FORGE_CORE_CONFIG_TOML_DOCUMENT_HPP_

#include <toml++/toml.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "core/config/text_file.hpp"
#include "forge/sdk/status.hpp"

namespace forge::config {

// The limit on hostile text. Rationale: trees are built and freed by recursion, and every part of a
// dotted key is a level; ours have three.
inline constexpr std::size_t kMaxTomlDepth = 32;

// Parses `text`. Errors are kInvalidArgument and start with "NAME:LINE:COLUMN: ". Never throws.
// [any-thread]
Result<toml::table> parse_toml(std::string_view text, std::string_view name);

// "my.toml:3:1: "
std::string position_prefix(std::string_view name, const toml::source_position& position);

// What a node is, for messages: "the text 'forty'", "the number 1.5", "a list", "a date".
std::string describe(const toml::node& node);

}  // namespace forge::config

#endif  // FORGE_CORE_CONFIG_TOML_DOCUMENT_HPP_
