#include "core/text/jinja/inspect.hpp"

#include <fmt/format.h>

#include <cmath>

#include "core/text/jinja/loop.hpp"
#include "core/text/jinja/text_of.hpp"

namespace forge::jinja {

std::string_view type_name(const Value& value) {
  switch (value.type()) {
    case Type::kMissing:
    case Type::kUndefined:
      return "Undefined";
    case Type::kNone:
      return "NoneType";
    case Type::kBool:
      return "bool";
    case Type::kInt:
    case Type::kBigInt:
      return "int";
    case Type::kFloat:
      return "float";
    case Type::kText:
      return value.as_text().markup ? "Markup" : "str";
    case Type::kList:
      return "list";
    case Type::kTuple:
      return value.as_sequence().is_group ? "_GroupTuple" : "tuple";
    case Type::kDict:
      return "dict";
    case Type::kView: {
      const View::Kind kind = value.as_dict_view().kind;
      return kind == View::Kind::kKeys     ? "dict_keys"
             : kind == View::Kind::kValues ? "dict_values"
                                           : "dict_items";
    }
    case Type::kRange:
      return "range";
    case Type::kIterator:
      return value.as_iterator().type_name();
    case Type::kNamespace:
      return "Namespace";
    case Type::kFunction:
      return value.as_function().self.is_missing() ? "function" : "builtin_function_or_method";
    case Type::kMacro:
      return "Macro";
    case Type::kLoop:
      return "LoopContext";
    case Type::kCycler:
      return "Cycler";
    case Type::kJoiner:
      return "Joiner";
  }
  return "object";
}

std::string object_name(const Value& value) {
  std::string_view module;
  switch (value.type()) {
    case Type::kNone:
      return "None";
    case Type::kText:
      module = value.as_text().markup ? "markupsafe." : "";
      break;
    case Type::kTuple:
      module = value.as_sequence().is_group ? "jinja2.filters." : "";
      break;
    case Type::kUndefined:
    case Type::kMacro:
    case Type::kLoop:
      module = "jinja2.runtime.";
      break;
    case Type::kNamespace:
    case Type::kCycler:
    case Type::kJoiner:
      module = "jinja2.utils.";
      break;
    default:
      break;
  }
  return fmt::format("{}{} object", module, type_name(value));
}

std::string undefined_message(Runtime& runtime, const Undefined& why) {
  if (!why.hint.empty()) return std::string(why.hint);
  if (why.owner.is_missing()) return repr_of(runtime, why.name) + " is undefined";
  const std::string owner = object_name(why.owner);
  if (!why.name.is_text()) {
    return fmt::format("{} has no element {}", owner, repr_of(runtime, why.name));
  }
  return fmt::format("'{}' has no attribute {}", owner, repr_of(runtime, why.name));
}

void fail_undefined(Runtime& runtime, const Value& value) {
  fail(undefined_message(runtime, *value.as_undefined()));
}

Value undefined_variable(Runtime& runtime, const Value& name) {
  return Value::undefined(runtime.heap.make<Undefined>(Undefined{{}, Value(), name}));
}

Value undefined_member(Runtime& runtime, const Value& owner, const Value& name) {
  return Value::undefined(runtime.heap.make<Undefined>(Undefined{{}, owner, name}));
}

Value undefined_because(Runtime& runtime, std::string_view message) {
  const std::string_view hint = runtime.heap.text(message).as_view();
  return Value::undefined(runtime.heap.make<Undefined>(Undefined{hint, Value(), Value()}));
}

bool is_true(Runtime& runtime, const Value& value) {
  switch (value.type()) {
    case Type::kMissing:
    case Type::kUndefined:
    case Type::kNone:
      return false;
    case Type::kBool:
    case Type::kInt:
      return value.as_integer() != 0;
    case Type::kFloat:
      return value.as_real() != 0.0;
    case Type::kText:
      return value.as_text().size != 0;
    default: {
      const auto length = find_length(runtime, value);
      return !length || *length != 0;
    }
  }
}

std::optional<std::size_t> find_length(Runtime& runtime, const Value& value) {
  switch (value.type()) {
    case Type::kUndefined:
      return 0;
    case Type::kText:
      return value.as_text().character_count();
    case Type::kList:
    case Type::kTuple:
      return value.as_items().size();
    case Type::kDict:
      return value.as_dict().size();
    case Type::kView:
      return value.as_dict_view().dict->size();
    case Type::kRange:
      return static_cast<std::size_t>(value.as_range().size());
    case Type::kLoop:
      return static_cast<std::size_t>(value.as_loop().length(runtime));
    default:
      return std::nullopt;
  }
}

std::size_t length_of(Runtime& runtime, const Value& value) {
  const auto length = find_length(runtime, value);
  if (!length) fail(fmt::format("object of type '{}' has no len()", type_name(value)));
  return *length;
}

bool is_callable(const Value& value) {
  // A LoopContext, a Joiner and even an Undefined have __call__.
  return value.type() == Type::kFunction || value.type() == Type::kMacro ||
         value.type() == Type::kLoop || value.type() == Type::kJoiner || value.is_undefined();
}

std::int64_t to_index(Runtime& runtime, const Value& value) {
  require_defined(runtime, value);
  if (value.is_small_integer()) return value.as_integer();
  if (value.type() == Type::kBigInt) fail("Python int too large to convert to C ssize_t");
  fail(fmt::format("'{}' object cannot be interpreted as an integer", type_name(value)));
}

double to_real(Runtime&, const Value& value) {
  if (value.is_float()) return value.as_real();
  if (value.is_small_integer()) return static_cast<double>(value.as_integer());
  const double out = value.as_big().to_double();
  if (std::isinf(out)) fail("int too large to convert to float");
  return out;
}

BigInt to_big(const Value& value) {
  return value.is_small_integer() ? BigInt(value.as_integer()) : value.as_big();
}

}  // namespace forge::jinja
