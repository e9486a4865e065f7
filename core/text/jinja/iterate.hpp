// core/text/jinja/iterate.hpp: walking over values.
#ifndef FORGE_CORE_TEXT_JINJA_ITERATE_HPP_
#define FORGE_CORE_TEXT_JINJA_ITERATE_HPP_

#include <vector>

#include "core/text/jinja/runtime.hpp"

namespace forge::jinja {

bool is_iterable(const Value& value);

// iter(value): a fresh walk, or the value itself when it is an iterator. Not iterable: an error.
Iterator& iterate(Runtime& runtime, const Value& value);

// reversed(value); null for types that cannot be walked backwards.
Iterator* iterate_backwards(Runtime& runtime, const Value& value);

// All items, one step each.
std::vector<Value> items_of(Runtime& runtime, const Value& value);
// The same as a new list.
Value list_of(Runtime& runtime, const Value& value);

// Exactly `count` items for "a, b = value"; another number is an error.
std::vector<Value> unpack(Runtime& runtime, const Value& value, std::size_t count);

// The (key, value) tuple of a dict's entry.
Value entry_tuple(Runtime& runtime, const Dict::Entry& entry);

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_ITERATE_HPP_
