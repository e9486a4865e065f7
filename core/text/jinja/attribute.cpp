#include "core/text/jinja/attribute.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/text/jinja/inspect.hpp"
#include "core/text/jinja/loop.hpp"
#include "core/text/jinja/macro.hpp"
#include "core/text/jinja/parameters.hpp"
#include "core/text/jinja/text_of.hpp"
#include "core/text/jinja/unicode.hpp"

namespace forge::jinja {
namespace {

// What every Python object has.
bool is_object_attribute(std::string_view name) {
  static constexpr std::array<std::string_view, 23> kNames = {
      "__class__",  "__delattr__",   "__dir__",         "__doc__",
      "__eq__",     "__format__",    "__ge__",          "__getattribute__",
      "__gt__",     "__hash__",      "__init__",        "__init_subclass__",
      "__le__",     "__lt__",        "__ne__",          "__new__",
      "__reduce__", "__reduce_ex__", "__repr__",        "__setattr__",
      "__sizeof__", "__str__",       "__subclasshook__"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

// Methods that Jinja's immutable sandbox hides.
bool changes_object(const Value& object, std::string_view name) {
  static constexpr std::array<std::string_view, 6> kList = {"append", "extend",  "insert",
                                                            "remove", "reverse", "sort"};
  static constexpr std::array<std::string_view, 5> kDict = {"clear", "pop", "popitem", "setdefault",
                                                            "update"};
  if (object.is_list()) return std::find(kList.begin(), kList.end(), name) != kList.end();
  if (object.is_dict()) return std::find(kDict.begin(), kDict.end(), name) != kDict.end();
  return false;
}

Value bound(Runtime& runtime, const Method* method, const Value& self) {
  return method == nullptr ? Value() : runtime.heap.function(method->name, method->call, self);
}

Value text_list(Runtime& runtime, const std::vector<std::string_view>& texts) {
  const Value out = runtime.heap.tuple();
  for (const std::string_view text : texts) out.as_items().push_back(runtime.heap.borrow(text));
  return out;
}

Value number_attribute(Runtime& runtime, const Value& number, std::string_view name) {
  if (name == "real" || (name == "numerator" && number.is_integer())) {
    return number.is_bool() ? Value::integer(number.as_integer()) : number;
  }
  if (name == "imag") return number.is_float() ? Value::real(0.0) : Value::integer(0);
  if (name == "denominator" && number.is_integer()) return Value::integer(1);
  if (name == "bit_length" && number.is_integer()) {
    return runtime.heap.function(
        name,
        [](Runtime&, const Value& self, const Arguments& arguments) {
          expect_no_arguments("int.bit_length", arguments);
          return Value::integer(static_cast<std::int64_t>(to_big(self).bit_length()));
        },
        number);
  }
  if (name == "is_integer" && number.is_float()) {
    return runtime.heap.function(
        name,
        [](Runtime&, const Value& self, const Arguments& arguments) {
          expect_no_arguments("float.is_integer", arguments);
          const double real = self.as_real();
          return Value::boolean(std::isfinite(real) && real == std::trunc(real));
        },
        number);
  }
  return Value();
}

Value range_attribute(const Range& range, std::string_view name) {
  if (name == "start") return Value::integer(range.start);
  if (name == "stop") return Value::integer(range.stop);
  if (name == "step") return Value::integer(range.step);
  return Value();
}

Value macro_attribute(Runtime& runtime, const Macro& macro, std::string_view name) {
  if (name == "name") {
    return macro.name.empty() ? Value::none() : runtime.heap.borrow(macro.name);
  }
  if (name == "arguments") return text_list(runtime, parameter_names(macro));
  if (name == "catch_kwargs") return Value::boolean(catches_keywords(macro));
  if (name == "catch_varargs") return Value::boolean(catches_positional(macro));
  if (name == "caller") return Value::boolean(uses_caller(macro));
  return Value();
}

Value cycler_attribute(Runtime& runtime, const Value& object, std::string_view name) {
  const Cycler& cycler = object.as_cycler();
  if (name == "current") return cycler.items[cycler.position];
  if (name == "pos") return Value::integer(static_cast<std::int64_t>(cycler.position));
  if (name == "next") {
    return runtime.heap.function(
        name,
        [](Runtime&, const Value& self, const Arguments& arguments) {
          expect_no_arguments("next", arguments);
          Cycler& it = self.as_cycler();
          const Value out = it.items[it.position];
          it.position = (it.position + 1) % it.items.size();
          return out;
        },
        object);
  }
  if (name == "reset") {
    return runtime.heap.function(
        name,
        [](Runtime&, const Value& self, const Arguments& arguments) {
          expect_no_arguments("reset", arguments);
          self.as_cycler().position = 0;
          return Value::none();
        },
        object);
  }
  return Value();
}

// getattr(object, name); missing when the object has no such attribute.
Value find_attribute(Runtime& runtime, const Value& object, std::string_view name) {
  switch (object.type()) {
    case Type::kText:
      return bound(runtime, find_text_method(name), object);
    case Type::kList:
      return bound(runtime, find_list_method(name), object);
    case Type::kTuple:
      if (object.as_sequence().is_group && name == "grouper") return object.as_items()[0];
      if (object.as_sequence().is_group && name == "list") return object.as_items()[1];
      return bound(runtime, find_tuple_method(name), object);
    case Type::kDict:
      return bound(runtime, find_dict_method(name), object);
    case Type::kBool:
    case Type::kInt:
    case Type::kBigInt:
    case Type::kFloat:
      return number_attribute(runtime, object, name);
    case Type::kRange:
      return range_attribute(object.as_range(), name);
    case Type::kNamespace: {
      const Value* found = object.as_namespace().attributes.find(name);
      return found != nullptr ? *found : Value();
    }
    case Type::kMacro:
      return macro_attribute(runtime, object.as_macro(), name);
    case Type::kLoop:
      return object.as_loop().attribute(runtime, name);
    case Type::kCycler:
      return cycler_attribute(runtime, object, name);
    case Type::kJoiner:
      if (name == "sep") return object.as_joiner().separator;
      if (name == "used") return Value::boolean(object.as_joiner().used);
      return Value();
    default:
      return Value();
  }
}

// An attribute that was found, unless the sandbox hides it. Missing: not found.
Value safe_attribute(Runtime& runtime, const Value& object, const Value& name) {
  const std::string_view text = name.as_view();
  const bool hidden =
      text.starts_with("__") && is_object_attribute(text) && object.type() != Type::kNamespace;
  const Value found = hidden ? Value::none() : find_attribute(runtime, object, text);
  if (found.is_missing()) return found;
  const bool blocked = !runtime.options().allow_mutation && changes_object(object, text);
  if (!text.starts_with('_') && !blocked) return found;
  return undefined_because(runtime, fmt::format("access to attribute {} of '{}' object is unsafe.",
                                                repr_of(runtime, name), type_name(object)));
}

Value sequence_item(Runtime& runtime, const Value& object, std::int64_t index) {
  const auto size = static_cast<std::int64_t>(length_of(runtime, object));
  if (index < 0) index += size;
  if (index < 0 || index >= size) return Value();
  if (object.type() == Type::kRange) return Value::integer(object.as_range().at(index));
  const auto at = static_cast<std::size_t>(index);
  if (!object.is_text()) return object.as_items()[at];
  const Text& text = object.as_text();
  if (text.is_bytewise()) return runtime.heap.slice(text, at, 1);
  runtime.step_bytes(text.size);
  const std::size_t offset = unicode::offset_of(text.view(), at);
  return runtime.heap.slice(text, offset, unicode::decode(text.view(), offset).size);
}

bool is_indexed(const Value& object) {
  return object.is_text() || object.is_list() || object.is_tuple() || object.type() == Type::kRange;
}

bool is_hashable(const Value& key) {
  if (key.is_list() || key.is_dict() || key.type() == Type::kView) return false;
  return !key.is_tuple() || std::all_of(key.as_items().begin(), key.as_items().end(), is_hashable);
}

// object[key]; missing when Python raises.
Value find_item(Runtime& runtime, const Value& object, const Value& key) {
  if (object.is_dict()) {
    if (key.is_text()) {
      const Value* found = object.as_dict().find(key.as_view());
      return found != nullptr ? *found : Value();
    }
    if (!is_hashable(key)) return Value();
    const Value* found = object.as_dict().find(runtime, key);
    return found != nullptr ? *found : Value();
  }
  if (is_indexed(object) && key.is_small_integer()) {
    return sequence_item(runtime, object, key.as_integer());
  }
  return Value();
}

// Bounds of a slice over `size` items, made to fit as Python does.
struct Bounds {
  std::int64_t start = 0, stop = 0, step = 1;
};

std::int64_t slice_index(const Value& value) {
  if (value.is_small_integer()) return value.as_integer();
  if (value.type() == Type::kBigInt) return value.as_big().is_negative() ? INT64_MIN : INT64_MAX;
  fail("slice indices must be integers or None or have an __index__ method");
}

Bounds slice_bounds(std::int64_t size, const Value& start, const Value& stop, const Value& step) {
  Bounds out;
  out.step = step.is_none() ? 1 : slice_index(step);
  if (out.step == 0) fail("slice step cannot be zero");
  if (out.step < -INT64_MAX) out.step = -INT64_MAX;
  const bool back = out.step < 0;
  const auto clamp = [&](const Value& bound, std::int64_t otherwise) {
    if (bound.is_none()) return otherwise;
    std::int64_t index = slice_index(bound);
    if (index < 0) index = std::max<std::int64_t>(index + size, back ? -1 : 0);
    return std::min(index, back ? size - 1 : size);
  };
  out.start = clamp(start, back ? size - 1 : 0);
  out.stop = clamp(stop, back ? -1 : size);
  return out;
}

Value slice_text(Runtime& runtime, const Text& text, const Bounds& bounds) {
  if (bounds.step == 1) {
    if (bounds.stop <= bounds.start) return runtime.heap.slice(text, 0, 0);
    const auto first = static_cast<std::size_t>(bounds.start);
    const auto count = static_cast<std::size_t>(bounds.stop - bounds.start);
    if (text.is_bytewise()) return runtime.heap.slice(text, first, count);
    runtime.step_bytes(text.size);
    const std::size_t offset = unicode::offset_of(text.view(), first);
    return runtime.heap.slice(text, offset, unicode::offset_of(text.view().substr(offset), count));
  }
  std::vector<std::size_t> offsets;  // of every character
  for (std::size_t at = 0; at < text.size; at += unicode::decode(text.view(), at).size) {
    offsets.push_back(at);
  }
  runtime.step(offsets.size());
  std::string out;
  const Range range{bounds.start, bounds.stop, bounds.step};
  for (std::int64_t i = 0; i < range.size(); ++i) {
    const std::size_t offset = offsets[static_cast<std::size_t>(range.at(i))];
    out += text.view().substr(offset, unicode::decode(text.view(), offset).size);
  }
  return runtime.heap.text(out, text.markup);
}

Value slice_range(Runtime& runtime, const Range& range, const Bounds& bounds) {
  Range* out = runtime.heap.make<Range>();
  out->start = range.start + bounds.start * range.step;
  out->stop = range.start + bounds.stop * range.step;
  // Steps beyond the length all pick the first item only.
  const std::int64_t most = range.size() + 1;
  out->step = range.step * std::clamp(bounds.step, -most, most);
  return Value::range(out);
}

}  // namespace

Value get_attribute(Runtime& runtime, const Value& object, const Value& name) {
  require_defined(runtime, object);
  const Value found = safe_attribute(runtime, object, name);
  if (!found.is_missing()) return found;
  if (object.is_dict()) {
    if (const Value* item = object.as_dict().find(name.as_view())) return *item;
  }
  return undefined_member(runtime, object, name);
}

Value get_attribute_only(Runtime& runtime, const Value& object, const Value& name) {
  require_defined(runtime, object);
  const Value found = safe_attribute(runtime, object, name);
  return found.is_missing() ? undefined_member(runtime, object, name) : found;
}

Value get_item(Runtime& runtime, const Value& object, const Value& key) {
  require_defined(runtime, object);
  Value found = find_item(runtime, object, key);
  if (found.is_missing() && key.is_text()) found = safe_attribute(runtime, object, key);
  return found.is_missing() ? undefined_member(runtime, object, key) : found;
}

Value get_slice(Runtime& runtime, const Value& object, const Value& start, const Value& stop,
                const Value& step) {
  require_defined(runtime, object);
  if (object.is_dict()) fail("unhashable type: 'slice'");
  if (!is_indexed(object)) {
    fail(fmt::format("'{}' object is not subscriptable", type_name(object)));
  }
  const auto size = static_cast<std::int64_t>(length_of(runtime, object));
  const Bounds bounds = slice_bounds(size, start, stop, step);
  if (object.is_text()) return slice_text(runtime, object.as_text(), bounds);
  if (object.type() == Type::kRange) return slice_range(runtime, object.as_range(), bounds);
  const Value out = object.is_list() ? runtime.heap.list() : runtime.heap.tuple();
  const Range range{bounds.start, bounds.stop, bounds.step};
  runtime.step(static_cast<std::uint64_t>(range.size()));
  out.as_items().reserve(static_cast<std::size_t>(range.size()));
  for (std::int64_t i = 0; i < range.size(); ++i) {
    out.as_items().push_back(object.as_items()[static_cast<std::size_t>(range.at(i))]);
  }
  return out;
}

}  // namespace forge::jinja
