// Methods of list and tuple.
#include <fmt/format.h>

#include <algorithm>

#include "core/text/jinja/attribute.hpp"
#include "core/text/jinja/compare.hpp"
#include "core/text/jinja/inspect.hpp"
#include "core/text/jinja/iterate.hpp"
#include "core/text/jinja/parameters.hpp"
#include "core/text/jinja/text_of.hpp"

namespace forge::jinja {
namespace {

Value append(Runtime&, const Value& self, const Arguments& args) {
  expect_positional("append", args, 1, 1);
  self.as_items().push_back(args.positional[0]);
  return Value::none();
}

Value clear(Runtime&, const Value& self, const Arguments& args) {
  expect_no_arguments("clear", args);
  self.as_items().clear();
  return Value::none();
}

Value copy(Runtime& rt, const Value& self, const Arguments& args) {
  expect_no_arguments("copy", args);
  return list_of(rt, self);
}

Value count(Runtime& rt, const Value& self, const Arguments& args) {
  expect_positional("count", args, 1, 1);
  std::int64_t found = 0;
  // By index: the list may change while it is compared with. NOLINTNEXTLINE(modernize-loop-convert)
  for (std::size_t i = 0; i < self.as_items().size(); ++i) {
    if (equals(rt, self.as_items()[i], args.positional[0])) ++found;
  }
  return Value::integer(found);
}

Value extend(Runtime& rt, const Value& self, const Arguments& args) {
  expect_positional("extend", args, 1, 1);
  for (const Value& item : items_of(rt, args.positional[0])) self.as_items().push_back(item);
  return Value::none();
}

Value index(Runtime& rt, const Value& self, const Arguments& args) {
  expect_positional("index", args, 1, 3);
  const auto size = static_cast<std::int64_t>(self.as_items().size());
  const auto bound = [&](std::size_t i, std::int64_t otherwise) {
    if (i >= args.positional_count) return otherwise;
    const std::int64_t at = to_index(rt, args.positional[i]);
    return at < 0 ? std::max<std::int64_t>(0, at + size) : std::min(at, size);
  };
  const std::int64_t last = bound(2, size);
  for (std::int64_t i = bound(1, 0); i < last; ++i) {
    if (equals(rt, self.as_items()[static_cast<std::size_t>(i)], args.positional[0])) {
      return Value::integer(i);
    }
  }
  if (self.is_tuple()) fail("tuple.index(x): x not in tuple");
  fail(fmt::format("{} is not in list", repr_of(rt, args.positional[0])));
}

Value insert(Runtime& rt, const Value& self, const Arguments& args) {
  expect_positional("insert", args, 2, 2);
  const auto size = static_cast<std::int64_t>(self.as_items().size());
  std::int64_t at = to_index(rt, args.positional[0]);
  at = at < 0 ? std::max<std::int64_t>(0, at + size) : std::min(at, size);
  rt.step(self.as_items().size() / 8);
  self.as_items().insert(self.as_items().begin() + at, args.positional[1]);
  return Value::none();
}

Value pop(Runtime& rt, const Value& self, const Arguments& args) {
  expect_positional("pop", args, 0, 1);
  auto& items = self.as_items();
  const auto size = static_cast<std::int64_t>(items.size());
  std::int64_t at = args.positional_count > 0 ? to_index(rt, args.positional[0]) : -1;
  if (size == 0) fail("pop from empty list");
  if (at < 0) at += size;
  if (at < 0 || at >= size) fail("pop index out of range");
  rt.step(items.size() / 8);
  const Value out = items[static_cast<std::size_t>(at)];
  items.erase(items.begin() + at);
  return out;
}

Value remove(Runtime& rt, const Value& self, const Arguments& args) {
  expect_positional("remove", args, 1, 1);
  auto& items = self.as_items();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!equals(rt, items[i], args.positional[0])) continue;
    items.erase(items.begin() + static_cast<std::ptrdiff_t>(i));
    return Value::none();
  }
  fail("list.remove(x): x not in list");
}

Value reverse(Runtime& rt, const Value& self, const Arguments& args) {
  expect_no_arguments("reverse", args);
  rt.step(self.as_items().size());
  std::reverse(self.as_items().begin(), self.as_items().end());
  return Value::none();
}

Value sort_list(Runtime& rt, const Value& self, const Arguments& args) {
  const Parameters parameters("sort", args, {"key", "reverse"}, 0);
  std::vector<Keyed> items;
  for (const Value& item : items_of(rt, self)) {
    const bool keyed = parameters.is_set(0);
    items.push_back({keyed ? rt.call(parameters[0], {&item, 1, nullptr, 0}) : item, item});
  }
  sort(rt, items, parameters.has(1) && is_true(rt, parameters[1]));
  self.as_items().clear();
  for (const Keyed& item : items) self.as_items().push_back(item.value);
  return Value::none();
}

// Sorted by name.
constexpr Method kListMethods[] = {
    {"append", append}, {"clear", clear},     {"copy", copy},      {"count", count},
    {"extend", extend}, {"index", index},     {"insert", insert},  {"pop", pop},
    {"remove", remove}, {"reverse", reverse}, {"sort", sort_list},
};
constexpr Method kTupleMethods[] = {{"count", count}, {"index", index}};

template <std::size_t N>
const Method* find_in(const Method (&methods)[N], std::string_view name) {
  const Method* found = std::find_if(std::begin(methods), std::end(methods),
                                     [&](const Method& m) { return m.name == name; });
  return found != std::end(methods) ? found : nullptr;
}

}  // namespace

const Method* find_list_method(std::string_view name) { return find_in(kListMethods, name); }
const Method* find_tuple_method(std::string_view name) { return find_in(kTupleMethods, name); }

}  // namespace forge::jinja
