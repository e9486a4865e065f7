// core/base/suggest.hpp: the known name that a wrong one was probably meant to be.
//
// For keys, flags, subcommands, plugin ids, type names: wherever a name is not found and the list
// of valid names is at hand. Pure functions; thread-safe.
#ifndef FORGE_CORE_BASE_SUGGEST_HPP_
#define FORGE_CORE_BASE_SUGGEST_HPP_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace forge {

// Edits (insert, delete, replace a byte, swap two neighbours) that turn `a` into `b`, ASCII case
// not counting. Takes a.size() * b.size() steps: callers bound the lengths.
// (Optimal string alignment distance; Damerau 1964, Levenshtein 1966.)
std::size_t edit_distance(std::string_view a, std::string_view b);

// The entry of `valid` nearest to `wrong`, the first of equals; "" when none is near: more than a
// third of the longer name would have to change. A name that `wrong` begins ("temp") or that
// differs only in '-', '_' and '.' is near too.
std::string nearest(std::string_view wrong, std::span<const std::string_view> valid);

// "; did you mean 'NAME'?", or "" when nothing is near. To be put behind an error message.
std::string did_you_mean(std::string_view wrong, std::span<const std::string_view> valid);

}  // namespace forge

#endif  // FORGE_CORE_BASE_SUGGEST_HPP_
