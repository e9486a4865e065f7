#include "core/text/jinja/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <compare>
#include <functional>

#include "core/text/jinja/inspect.hpp"
#include "core/text/jinja/search.hpp"

namespace forge::jinja {
namespace {

// Numbers compare by value, exactly, whatever their types.
std::partial_ordering compare_numbers(const Value& a, const Value& b) {
  if (a.is_small_integer() && b.is_small_integer()) return a.as_integer() <=> b.as_integer();
  if (a.is_float() && b.is_float()) return a.as_real() <=> b.as_real();
  if (b.is_float()) {
    const double real = b.as_real();
    if (std::isnan(real)) return std::partial_ordering::unordered;
    if (std::isinf(real)) return 0.0 <=> real;
    return BigInt::compare(to_big(a), real);
  }
  if (a.is_float()) {
    const std::partial_ordering flipped = compare_numbers(b, a);
    return flipped < 0   ? std::partial_ordering::greater
           : flipped > 0 ? std::partial_ordering::less
                         : flipped;
  }
  return to_big(a) <=> to_big(b);
}

bool holds(std::partial_ordering ordering, Order order) {
  switch (order) {
    case Order::kLess:
      return ordering < 0;
    case Order::kLessEqual:
      return ordering <= 0;
    case Order::kGreater:
      return ordering > 0;
    case Order::kGreaterEqual:
      return ordering >= 0;
  }
  return false;
}

bool equal_items(Runtime& runtime, const std::pmr::vector<Value>& a,
                 const std::pmr::vector<Value>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!equals(runtime, a[i], b[i])) return false;
  }
  return true;
}

bool equal_dicts(Runtime& runtime, Dict& a, Dict& b) {
  if (a.size() != b.size()) return false;
  for (const Dict::Entry& entry : a.entries()) {
    const Value* other = b.find(runtime, entry.key);
    if (other == nullptr || !equals(runtime, entry.value, *other)) return false;
  }
  return true;
}

bool equal_ranges(const Range& a, const Range& b) {
  const std::int64_t size = a.size();
  if (size != b.size()) return false;
  return size == 0 || (a.start == b.start && (size == 1 || a.step == b.step));
}

bool ordered_items(Runtime& runtime, const std::pmr::vector<Value>& a,
                   const std::pmr::vector<Value>& b, Order order) {
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (!equals(runtime, a[i], b[i])) return ordered(runtime, a[i], b[i], order);
  }
  return holds(a.size() <=> b.size(), order);
}

std::size_t mix(std::size_t seed, std::size_t value) {
  return (seed ^ value) * 0x9E3779B97F4A7C15ULL + (seed >> 29);
}

std::size_t hash_of_real(double value) {
  if (std::isfinite(value) && value == std::trunc(value)) {
    const BigInt whole = BigInt::truncate(value);
    const auto small = whole.to_int64();
    return small ? std::hash<std::int64_t>()(*small) : whole.hash();
  }
  return std::hash<double>()(value);
}

bool view_contains(Runtime& runtime, const View& view, const Value& item) {
  if (view.kind == View::Kind::kKeys) return view.dict->find(runtime, item) != nullptr;
  if (view.kind == View::Kind::kItems) {
    if (!item.is_tuple() || item.as_items().size() != 2) return false;
    const Value* found = view.dict->find(runtime, item.as_items()[0]);
    return found != nullptr && equals(runtime, *found, item.as_items()[1]);
  }
  return std::any_of(view.dict->entries().begin(), view.dict->entries().end(),
                     [&](const Dict::Entry& e) { return equals(runtime, e.value, item); });
}

bool range_contains(const Range& range, const Value& item) {
  if (!item.is_number()) return false;
  if (item.is_float() && item.as_real() != std::trunc(item.as_real())) return false;
  for (std::int64_t i = 0; i < range.size(); ++i) {
    if (compare_numbers(Value::integer(range.at(i)), item) == 0) return true;
  }
  return false;
}

}  // namespace

bool equals(Runtime& runtime, const Value& a, const Value& b) {
  runtime.step();
  if (a.is_number() && b.is_number()) return compare_numbers(a, b) == 0;
  if (a.type() != b.type()) return false;
  const Runtime::Nesting nesting(runtime);
  switch (a.type()) {
    case Type::kMissing:
    case Type::kUndefined:
    case Type::kNone:
      return true;
    case Type::kText:
      return a.as_view() == b.as_view();
    case Type::kList:
    case Type::kTuple:
      return equal_items(runtime, a.as_items(), b.as_items());
    case Type::kDict:
      return equal_dicts(runtime, a.as_dict(), b.as_dict());
    case Type::kRange:
      return equal_ranges(a.as_range(), b.as_range());
    default:
      return a.identity() == b.identity();
  }
}

bool same(Runtime& runtime, const Value& a, const Value& b) {
  if (a.type() != b.type()) return false;
  if (a.is_number() || a.is_none() || a.is_text()) return equals(runtime, a, b);
  return a.identity() == b.identity();
}

bool ordered(Runtime& runtime, const Value& a, const Value& b, Order order) {
  runtime.step();
  if (a.is_number() && b.is_number()) return holds(compare_numbers(a, b), order);
  require_defined(runtime, a);
  require_defined(runtime, b);
  if (a.type() == b.type()) {
    const Runtime::Nesting nesting(runtime);
    // UTF-8 sorts as its code points do.
    if (a.is_text()) return holds(a.as_view() <=> b.as_view(), order);
    if (a.is_list() || a.is_tuple()) {
      return ordered_items(runtime, a.as_items(), b.as_items(), order);
    }
  }
  constexpr std::string_view kSigns[] = {"<", "<=", ">", ">="};
  fail(fmt::format("'{}' not supported between instances of '{}' and '{}'",
                   kSigns[static_cast<int>(order)], type_name(a), type_name(b)));
}

std::size_t hash_of_text(std::string_view text) { return std::hash<std::string_view>()(text); }

std::size_t hash_of(Runtime& runtime, const Value& value) {
  const Runtime::Nesting nesting(runtime);
  switch (value.type()) {
    case Type::kMissing:
    case Type::kUndefined:
    case Type::kNone:
      return static_cast<std::size_t>(value.type());
    case Type::kBool:
    case Type::kInt:
      return std::hash<std::int64_t>()(value.as_integer());
    case Type::kBigInt:
      return value.as_big().hash();
    case Type::kFloat:
      return hash_of_real(value.as_real());
    case Type::kText:
      runtime.step_bytes(value.as_text().size);
      return hash_of_text(value.as_view());
    case Type::kTuple: {
      std::size_t seed = 3430008;
      for (const Value& item : value.as_items()) seed = mix(seed, hash_of(runtime, item));
      return seed;
    }
    case Type::kRange:
      return mix(static_cast<std::size_t>(value.as_range().size()), 17);
    case Type::kList:
    case Type::kDict:
    case Type::kView:
      fail(fmt::format("unhashable type: '{}'", type_name(value)));
    default:
      return std::hash<const void*>()(value.identity());
  }
}

bool contains(Runtime& runtime, const Value& container, const Value& item) {
  switch (container.type()) {
    case Type::kUndefined:
      return false;
    case Type::kText:
      if (!item.is_text()) {
        fail(fmt::format("'in <string>' requires string as left operand, not {}", type_name(item)));
      }
      runtime.step_bytes(container.as_text().size);
      return find_text(container.as_view(), item.as_view()) != std::string_view::npos;
    case Type::kDict:
      return container.as_dict().find(runtime, item) != nullptr;
    case Type::kView:
      return view_contains(runtime, container.as_dict_view(), item);
    case Type::kRange:
      runtime.step(static_cast<std::uint64_t>(container.as_range().size()));
      return range_contains(container.as_range(), item);
    case Type::kList:
    case Type::kTuple:
      // By index: a list may change while it is compared with.
      // NOLINTNEXTLINE(modernize-loop-convert)
      for (std::size_t i = 0; i < container.as_items().size(); ++i) {
        if (equals(runtime, container.as_items()[i], item)) return true;
      }
      return false;
    case Type::kIterator: {
      Value next;
      while (container.as_iterator().next(runtime, next)) {
        if (equals(runtime, next, item)) return true;
      }
      return false;
    }
    default:
      fail(fmt::format("argument of type '{}' is not iterable", type_name(container)));
  }
}

void sort(Runtime& runtime, std::vector<Keyed>& items, bool reverse) {
  // Reversed on both sides of a stable sort, equal items keep their order.
  if (reverse) std::reverse(items.begin(), items.end());
  std::stable_sort(items.begin(), items.end(),
                   [&](const Keyed& a, const Keyed& b) { return less(runtime, a.key, b.key); });
  if (reverse) std::reverse(items.begin(), items.end());
}

}  // namespace forge::jinja
