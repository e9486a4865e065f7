#include "core/text/jinja/tests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "core/text/jinja/arithmetic.hpp"
#include "core/text/jinja/compare.hpp"
#include "core/text/jinja/filters.hpp"
#include "core/text/jinja/inspect.hpp"
#include "core/text/jinja/iterate.hpp"
#include "core/text/jinja/methods_text.hpp"
#include "core/text/jinja/parameters.hpp"
#include "core/text/jinja/text_of.hpp"

namespace forge::jinja {
namespace {

// A test of the value alone.
template <bool (*kFits)(Runtime&, const Value&)>
bool plain(Runtime& rt, const Value& value, const Arguments& args) {
  expect_no_arguments("the test", args);
  return kFits(rt, value);
}

// A test against one other value.
template <bool (*kFits)(Runtime&, const Value&, const Value&)>
bool binary(Runtime& rt, const Value& value, const Arguments& args) {
  expect_positional("the test", args, 1, 1);
  return kFits(rt, value, args.positional[0]);
}

bool rest_is(Runtime& rt, const Value& value, std::int64_t divisor, std::int64_t rest) {
  const Value modulo = arithmetic(rt, Operator::kModulo, value, Value::integer(divisor));
  return equals(rt, modulo, Value::integer(rest));
}

bool is_even(Runtime& rt, const Value& v) { return rest_is(rt, v, 2, 0); }
bool is_odd(Runtime& rt, const Value& v) { return rest_is(rt, v, 2, 1); }

bool divisible_by(Runtime& rt, const Value& value, const Arguments& args) {
  const Parameters parameters("divisibleby", args, {"num"}, 1);
  const Value rest = arithmetic(rt, Operator::kModulo, value, parameters[0]);
  return equals(rt, rest, Value::integer(0));
}

bool is_defined(Runtime&, const Value& v) { return !v.is_undefined(); }
bool is_undefined(Runtime&, const Value& v) { return v.is_undefined(); }
bool is_none(Runtime&, const Value& v) { return v.is_none(); }
bool is_boolean(Runtime&, const Value& v) { return v.is_bool(); }
bool is_false(Runtime&, const Value& v) { return v.is_bool() && !v.as_bool(); }
bool is_true_value(Runtime&, const Value& v) { return v.is_bool() && v.as_bool(); }
bool is_integer(Runtime&, const Value& v) { return v.is_integer() && !v.is_bool(); }
bool is_float(Runtime&, const Value& v) { return v.is_float(); }
bool is_number(Runtime&, const Value& v) { return v.is_number(); }
bool is_string(Runtime&, const Value& v) { return v.is_text(); }
bool is_mapping(Runtime&, const Value& v) { return v.is_dict(); }
bool is_escaped(Runtime&, const Value& v) { return v.is_text() && v.as_text().markup; }
bool can_call(Runtime&, const Value& v) { return is_callable(v); }
bool can_iterate(Runtime&, const Value& v) { return is_iterable(v); }

bool is_lower(Runtime& rt, const Value& v) { return is_lower_text(str_of(rt, v).as_view()); }
bool is_upper(Runtime& rt, const Value& v) { return is_upper_text(str_of(rt, v).as_view()); }

// Whatever has a length and can be subscripted: dicts too, and even undefined values.
bool is_sequence(Runtime&, const Value& v) {
  return v.is_undefined() || v.is_text() || v.is_list() || v.is_tuple() || v.is_dict() ||
         v.type() == Type::kRange;
}

bool is_filter(Runtime&, const Value& v) { return v.is_text() && find_filter(v.as_view()); }
bool is_test(Runtime&, const Value& v) { return v.is_text() && find_test(v.as_view()); }

bool is_equal(Runtime& rt, const Value& a, const Value& b) { return equals(rt, a, b); }
bool is_unequal(Runtime& rt, const Value& a, const Value& b) { return !equals(rt, a, b); }
bool is_same(Runtime& rt, const Value& a, const Value& b) { return same(rt, a, b); }
bool is_in(Runtime& rt, const Value& a, const Value& b) { return contains(rt, b, a); }

template <Order kOrder>
bool compares(Runtime& rt, const Value& a, const Value& b) {
  return ordered(rt, a, b, kOrder);
}

// Sorted by name.
constexpr Test kTests[] = {
    {"!=", binary<is_unequal>},
    {"<", binary<compares<Order::kLess>>},
    {"<=", binary<compares<Order::kLessEqual>>},
    {"==", binary<is_equal>},
    {">", binary<compares<Order::kGreater>>},
    {">=", binary<compares<Order::kGreaterEqual>>},
    {"boolean", plain<is_boolean>},
    {"callable", plain<can_call>},
    {"defined", plain<is_defined>},
    {"divisibleby", divisible_by},
    {"eq", binary<is_equal>},
    {"equalto", binary<is_equal>},
    {"escaped", plain<is_escaped>},
    {"even", plain<is_even>},
    {"false", plain<is_false>},
    {"filter", plain<is_filter>},
    {"float", plain<is_float>},
    {"ge", binary<compares<Order::kGreaterEqual>>},
    {"greaterthan", binary<compares<Order::kGreater>>},
    {"gt", binary<compares<Order::kGreater>>},
    {"in", binary<is_in>},
    {"integer", plain<is_integer>},
    {"iterable", plain<can_iterate>},
    {"le", binary<compares<Order::kLessEqual>>},
    {"lessthan", binary<compares<Order::kLess>>},
    {"lower", plain<is_lower>},
    {"lt", binary<compares<Order::kLess>>},
    {"mapping", plain<is_mapping>},
    {"ne", binary<is_unequal>},
    {"none", plain<is_none>},
    {"number", plain<is_number>},
    {"odd", plain<is_odd>},
    {"sameas", binary<is_same>},
    {"sequence", plain<is_sequence>},
    {"string", plain<is_string>},
    {"test", plain<is_test>},
    {"true", plain<is_true_value>},
    {"undefined", plain<is_undefined>},
    {"upper", plain<is_upper>},
};

}  // namespace

const Test* find_test(std::string_view name) {
  const Test* found =
      std::lower_bound(std::begin(kTests), std::end(kTests), name,
                       [](const Test& t, std::string_view n) { return t.name < n; });
  return found != std::end(kTests) && found->name == name ? found : nullptr;
}

bool call_test(Runtime& runtime, std::string_view name, const Value& value,
               const Arguments& arguments) {
  const Test* test = find_test(name);
  if (test == nullptr) fail(fmt::format("No test named '{}'.", name));
  return test->call(runtime, value, arguments);
}

}  // namespace forge::jinja
