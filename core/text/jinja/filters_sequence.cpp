// Filters that take or give whole sequences.
#include <fmt/format.h>

#include <algorithm>

#include "core/text/jinja/arithmetic.hpp"
#include "core/text/jinja/compare.hpp"
#include "core/text/jinja/filter_functions.hpp"
#include "core/text/jinja/inspect.hpp"
#include "core/text/jinja/iterate.hpp"
#include "core/text/jinja/methods_text.hpp"
#include "core/text/jinja/parameters.hpp"
#include "core/text/jinja/path.hpp"
#include "core/text/jinja/text_of.hpp"
#include "core/text/jinja/unicode.hpp"

namespace forge::jinja::filters {
namespace {

Value extreme(Runtime& rt, const Value& self, const Arguments& args, std::string_view name,
              bool largest) {
  const Parameters parameters(name, args, {"case_sensitive", "attribute"}, 0);
  const bool exact = parameters.has(0) && is_true(rt, parameters[0]);
  const Value path = parse_path(rt, parameters[1]);
  Value best, best_key;
  for (const Value& item : items_of(rt, self)) {
    Value key = follow_path(rt, path, item);
    if (!exact) key = ignore_case(rt, key);
    const bool better = best.is_missing() || (largest ? ordered(rt, key, best_key, Order::kGreater)
                                                      : less(rt, key, best_key));
    if (!better) continue;
    best = item;
    best_key = key;
  }
  if (best.is_missing()) return undefined_because(rt, "No aggregated item, sequence was empty.");
  return best;
}

Value reversed_text(Runtime& rt, const Text& text) {
  std::string out;
  for (std::size_t end = text.size; end > 0;) {
    const unicode::Character c = unicode::decode_before(text.view(), end);
    end -= c.size;
    out += text.view().substr(end, c.size);
  }
  rt.step_bytes(text.size);
  return rt.heap.text(out, text.markup);
}

}  // namespace

Value first(Runtime& rt, const Value& self, const Arguments& args) {
  expect_no_arguments("first", args);
  Value out;
  if (iterate(rt, self).next(rt, out)) return out;
  return undefined_because(rt, "No first item, sequence was empty.");
}

Value last(Runtime& rt, const Value& self, const Arguments& args) {
  expect_no_arguments("last", args);
  const Value none = undefined_because(rt, "No last item, sequence was empty.");
  if (self.is_undefined()) return none;
  if (self.is_text()) {
    const Text& text = self.as_text();
    if (text.size == 0) return none;
    const std::size_t size = unicode::decode_before(text.view(), text.size).size;
    return rt.heap.borrow(text.view().substr(text.size - size));
  }
  Iterator* walk = iterate_backwards(rt, self);
  if (walk == nullptr) fail(fmt::format("'{}' object is not reversible", type_name(self)));
  Value out;
  return walk->next(rt, out) ? out : none;
}

Value length(Runtime& rt, const Value& self, const Arguments& args) {
  expect_no_arguments("len", args);
  return Value::integer(static_cast<std::int64_t>(length_of(rt, self)));
}

Value list(Runtime& rt, const Value& self, const Arguments& args) {
  expect_no_arguments("list", args);
  return list_of(rt, self);
}

Value join(Runtime& rt, const Value& self, const Arguments& args) {
  const Parameters parameters("sync_do_join", args, {"d", "attribute"}, 0);
  const Value separator = parameters.has(0) ? str_of(rt, parameters[0]) : rt.heap.borrow("");
  const Value path = parse_path(rt, parameters[1]);
  std::vector<Value> items = items_of(rt, self);
  for (Value& item : items) item = str_of(rt, follow_path(rt, path, item));
  return join_items(rt, separator, items);
}

Value maximum(Runtime& rt, const Value& self, const Arguments& args) {
  return extreme(rt, self, args, "do_max", true);
}
Value minimum(Runtime& rt, const Value& self, const Arguments& args) {
  return extreme(rt, self, args, "do_min", false);
}

Value reverse(Runtime& rt, const Value& self, const Arguments& args) {
  expect_no_arguments("reverse", args);
  if (self.is_text()) return reversed_text(rt, self.as_text());
  if (Iterator* walk = iterate_backwards(rt, self)) return Value::iterator(walk);
  if (!is_iterable(self)) fail("argument must be iterable");
  const Value out = list_of(rt, self);
  std::reverse(out.as_items().begin(), out.as_items().end());
  return out;
}

Value sum(Runtime& rt, const Value& self, const Arguments& args) {
  const Parameters parameters("sync_do_sum", args, {"attribute", "start"}, 0);
  const Value path = parse_path(rt, parameters[0]);
  Value total = parameters.has(1) ? parameters[1] : Value::integer(0);
  if (total.is_text()) fail("sum() can't sum strings [use ''.join(seq) instead]");
  for (const Value& item : items_of(rt, self)) {
    total = arithmetic(rt, Operator::kAdd, total, follow_path(rt, path, item));
  }
  return total;
}

}  // namespace forge::jinja::filters
