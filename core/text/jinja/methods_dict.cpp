// Methods of dict, and dict() itself.
#include <fmt/format.h>

#include <algorithm>

#include "core/text/jinja/attribute.hpp"
#include "core/text/jinja/inspect.hpp"
#include "core/text/jinja/iterate.hpp"
#include "core/text/jinja/parameters.hpp"
#include "core/text/jinja/text_of.hpp"

namespace forge::jinja {
namespace {

Value view_of(Runtime& rt, const Value& self, const Arguments& args, std::string_view method,
              View::Kind kind) {
  expect_no_arguments(method, args);
  return Value::view(rt.heap.make<View>(View{&self.as_dict(), kind}));
}

Value keys(Runtime& rt, const Value& self, const Arguments& args) {
  return view_of(rt, self, args, "keys", View::Kind::kKeys);
}
Value values(Runtime& rt, const Value& self, const Arguments& args) {
  return view_of(rt, self, args, "values", View::Kind::kValues);
}
Value items(Runtime& rt, const Value& self, const Arguments& args) {
  return view_of(rt, self, args, "items", View::Kind::kItems);
}

Value get(Runtime& rt, const Value& self, const Arguments& args) {
  expect_positional("get", args, 1, 2);
  const Value* found = self.as_dict().find(rt, args.positional[0]);
  if (found != nullptr) return *found;
  return args.positional_count > 1 ? args.positional[1] : Value::none();
}

Value copy(Runtime& rt, const Value& self, const Arguments& args) {
  expect_no_arguments("copy", args);
  const Value out = rt.heap.dict();
  const Arguments whole{&self, 1, nullptr, 0};
  fill_dict(rt, out.as_dict(), "dict", whole);
  return out;
}

Value fromkeys(Runtime& rt, const Value&, const Arguments& args) {
  expect_positional("fromkeys", args, 1, 2);
  const Value out = rt.heap.dict();
  const Value value = args.positional_count > 1 ? args.positional[1] : Value::none();
  for (const Value& key : items_of(rt, args.positional[0])) out.as_dict().set(rt, key, value);
  return out;
}

Value clear(Runtime&, const Value& self, const Arguments& args) {
  expect_no_arguments("clear", args);
  self.as_dict().clear();
  return Value::none();
}

Value pop(Runtime& rt, const Value& self, const Arguments& args) {
  expect_positional("pop", args, 1, 2);
  const Value* found = self.as_dict().find(rt, args.positional[0]);
  if (found == nullptr) {
    if (args.positional_count > 1) return args.positional[1];
    fail(repr_of(rt, args.positional[0]));
  }
  const Value out = *found;
  self.as_dict().erase(rt, args.positional[0]);
  return out;
}

Value popitem(Runtime& rt, const Value& self, const Arguments& args) {
  expect_no_arguments("popitem", args);
  Dict& dict = self.as_dict();
  if (dict.size() == 0) fail("'popitem(): dictionary is empty'");
  const Dict::Entry last = dict.entries().back();
  dict.erase(rt, last.key);
  return entry_tuple(rt, last);
}

Value setdefault(Runtime& rt, const Value& self, const Arguments& args) {
  expect_positional("setdefault", args, 1, 2);
  const Value* found = self.as_dict().find(rt, args.positional[0]);
  if (found != nullptr) return *found;
  const Value value = args.positional_count > 1 ? args.positional[1] : Value::none();
  self.as_dict().set(rt, args.positional[0], value);
  return value;
}

Value update(Runtime& rt, const Value& self, const Arguments& args) {
  fill_dict(rt, self.as_dict(), "update", args);
  return Value::none();
}

constexpr Method kMethods[] = {
    {"items", items},
    {"get", get},
    {"keys", keys},
    {"values", values},
    {"copy", copy},
    {"clear", clear},
    {"fromkeys", fromkeys},
    {"pop", pop},
    {"popitem", popitem},
    {"update", update},
    {"setdefault", setdefault},
};

// One element of a sequence of (key, value) pairs.
void add_pair(Runtime& rt, Dict& out, const Value& pair, std::size_t number) {
  if (!is_iterable(pair)) {
    fail(
        fmt::format("cannot convert dictionary update sequence element #{} to a sequence", number));
  }
  const std::vector<Value> parts = items_of(rt, pair);
  if (parts.size() != 2) {
    fail(fmt::format("dictionary update sequence element #{} has length {}; 2 is required", number,
                     parts.size()));
  }
  out.set(rt, parts[0], parts[1]);
}

}  // namespace

void fill_dict(Runtime& runtime, Dict& out, std::string_view function, const Arguments& arguments) {
  if (arguments.positional_count > 1) {
    fail(fmt::format("{} expected at most 1 argument, got {}", function,
                     arguments.positional_count));
  }
  if (arguments.positional_count == 1) {
    const Value& from = arguments.positional[0];
    if (from.is_dict()) {
      // By index: `out` may be the same dict.
      for (std::size_t i = 0; i < from.as_dict().size(); ++i) {
        const Dict::Entry entry = from.as_dict().entries()[i];
        runtime.step();
        out.set(runtime, entry.key, entry.value);
      }
    } else {
      std::size_t number = 0;
      for (const Value& pair : items_of(runtime, from)) add_pair(runtime, out, pair, number++);
    }
  }
  for (std::size_t i = 0; i < arguments.keyword_count; ++i) {
    out.set(runtime, runtime.heap.text(arguments.keywords[i].name), arguments.keywords[i].value);
  }
}

const Method* find_dict_method(std::string_view name) {
  const Method* found = std::find_if(std::begin(kMethods), std::end(kMethods),
                                     [&](const Method& m) { return m.name == name; });
  return found != std::end(kMethods) ? found : nullptr;
}

}  // namespace forge::jinja
