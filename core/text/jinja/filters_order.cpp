// Filters that sort.
#include <fmt/format.h>

#include "core/text/jinja/compare.hpp"
#include "core/text/jinja/filter_functions.hpp"
#include "core/text/jinja/inspect.hpp"
#include "core/text/jinja/iterate.hpp"
#include "core/text/jinja/parameters.hpp"
#include "core/text/jinja/path.hpp"

namespace forge::jinja::filters {
namespace {

Value list_of_values(Runtime& rt, const std::vector<Keyed>& items) {
  const Value out = rt.heap.list();
  out.as_items().reserve(items.size());
  for (const Keyed& item : items) out.as_items().push_back(item.value);
  return out;
}

// The paths of "age,name", or the one of a number.
std::vector<Value> parse_paths(Runtime& rt, const Value& attribute) {
  std::vector<Value> out;
  if (attribute.is_missing() || !attribute.is_text()) return {parse_path(rt, attribute)};
  const Text& text = attribute.as_text();
  for (std::size_t begin = 0; begin <= text.size;) {
    const std::size_t end = std::min(text.view().find(',', begin), text.size);
    out.push_back(parse_path(rt, rt.heap.slice(text, begin, end - begin)));
    begin = end + 1;
  }
  return out;
}

}  // namespace

Value sort(Runtime& rt, const Value& self, const Arguments& args) {
  const Parameters parameters("do_sort", args, {"reverse", "case_sensitive", "attribute"}, 0);
  const bool reverse = parameters.has(0) && is_true(rt, parameters[0]);
  const bool exact = parameters.has(1) && is_true(rt, parameters[1]);
  const std::vector<Value> paths = parse_paths(rt, parameters[2]);
  std::vector<Keyed> items;
  for (const Value& item : items_of(rt, self)) {
    const Value key = rt.heap.list();
    for (const Value& path : paths) {
      const Value part = follow_path(rt, path, item);
      key.as_items().push_back(exact ? part : ignore_case(rt, part));
    }
    items.push_back({key, item});
  }
  jinja::sort(rt, items, reverse);
  return list_of_values(rt, items);
}

Value dict_sort(Runtime& rt, const Value& self, const Arguments& args) {
  const Parameters parameters("do_dictsort", args, {"case_sensitive", "by", "reverse"}, 0);
  const bool exact = parameters.has(0) && is_true(rt, parameters[0]);
  const std::string_view by =
      parameters.has(1) && parameters[1].is_text() ? parameters[1].as_view() : "key";
  if ((by != "key" && by != "value") || (parameters.has(1) && !parameters[1].is_text())) {
    fail("You can only sort by either \"key\" or \"value\"");
  }
  require_defined(rt, self);
  if (!self.is_dict()) {
    fail(fmt::format("'{}' object has no attribute 'items'", type_name(self)));
  }
  std::vector<Keyed> items;
  for (const Dict::Entry& entry : self.as_dict().entries()) {
    rt.step();
    const Value key = by == "key" ? entry.key : entry.value;
    items.push_back({exact ? key : ignore_case(rt, key), entry_tuple(rt, entry)});
  }
  jinja::sort(rt, items, parameters.has(2) && is_true(rt, parameters[2]));
  return list_of_values(rt, items);
}

Value group_by(Runtime& rt, const Value& self, const Arguments& args) {
  const Parameters parameters("sync_do_groupby", args, {"attribute", "default", "case_sensitive"},
                              1);
  const bool exact = parameters.has(2) && is_true(rt, parameters[2]);
  const Value path = parse_path(rt, parameters[0]);
  std::vector<Keyed> items;
  for (const Value& item : items_of(rt, self)) {
    const Value key = follow_path(rt, path, item, parameters[1]);
    items.push_back({exact ? key : ignore_case(rt, key), item});
  }
  jinja::sort(rt, items, false);
  const Value out = rt.heap.list();
  for (std::size_t begin = 0; begin < items.size();) {
    const Value members = rt.heap.list();
    std::size_t end = begin;
    for (; end < items.size() && equals(rt, items[end].key, items[begin].key); ++end) {
      members.as_items().push_back(items[end].value);
    }
    if (end == begin) members.as_items().push_back(items[end++].value);  // NaN equals nothing
    // The key as the first member has it, not in lower case.
    const Value key =
        exact ? items[begin].key : follow_path(rt, path, items[begin].value, parameters[1]);
    const Value group = rt.heap.tuple({key, members});
    group.as_sequence().is_group = true;
    out.as_items().push_back(group);
    begin = end;
  }
  return out;
}

}  // namespace forge::jinja::filters
