// core/config/reference.hpp: the table of keys and a Config's values, written out for people.
#ifndef FORGE_CORE_CONFIG_REFERENCE_HPP_
#define FORGE_CORE_CONFIG_REFERENCE_HPP_

#include <span>
#include <string>

#include "core/config/config.hpp"

namespace forge::config {

// A configuration file that says what is the default anyway, with a comment at every key. Reading
// it back gives Config{}.
std::string commented_defaults();

// The values of `config` as TOML; at those that are not the default, a comment with their origin.
// `origins` is Loaded::origins. Reading it back gives `config`.
std::string effective(const Config& config, std::span<const std::string> origins);

// Every key as Markdown, a table for each section: the generated part of docs/config.md.
std::string markdown_reference();

}  // namespace forge::config

#endif  // FORGE_CORE_CONFIG_REFERENCE_HPP_
