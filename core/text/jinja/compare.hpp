// core/text/jinja/compare.hpp: equality, order, hashing and membership, as Python defines them.
#ifndef FORGE_CORE_TEXT_JINJA_COMPARE_HPP_
#define FORGE_CORE_TEXT_JINJA_COMPARE_HPP_

#include <cstddef>
#include <vector>

#include "core/text/jinja/runtime.hpp"

namespace forge::jinja {

bool equals(Runtime& runtime, const Value& a, const Value& b);
// The same object (Python's `is`); numbers and texts are the same when equal and of one type.
bool same(Runtime& runtime, const Value& a, const Value& b);

enum class Order { kLess, kLessEqual, kGreater, kGreaterEqual };
// a < b and so on; types without an order are an error.
bool ordered(Runtime& runtime, const Value& a, const Value& b, Order order);
inline bool less(Runtime& runtime, const Value& a, const Value& b) {
  return ordered(runtime, a, b, Order::kLess);
}

// Equal values hash alike; lists and dicts cannot be hashed.
std::size_t hash_of(Runtime& runtime, const Value& value);
std::size_t hash_of_text(std::string_view text);

// item in container
bool contains(Runtime& runtime, const Value& container, const Value& item);

// A value and what it is sorted by.
struct Keyed {
  Value key;
  Value value;
};
// Python's sorted(): stable, also when reversed.
void sort(Runtime& runtime, std::vector<Keyed>& items, bool reverse);

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_COMPARE_HPP_
