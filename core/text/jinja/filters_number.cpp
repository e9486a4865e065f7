// Filters on numbers, and those that take any value.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "core/text/jinja/arithmetic.hpp"
#include "core/text/jinja/filter_functions.hpp"
#include "core/text/jinja/inspect.hpp"
#include "core/text/jinja/iterate.hpp"
#include "core/text/jinja/json.hpp"
#include "core/text/jinja/number.hpp"
#include "core/text/jinja/parameters.hpp"
#include "core/text/jinja/text_of.hpp"

namespace forge::jinja::filters {
namespace {

// int(number); missing for what is not a number.
Value truncated(Runtime& rt, double value) {
  if (std::isnan(value)) return Value();
  if (std::isinf(value)) fail("cannot convert float infinity to integer");
  return rt.heap.integer(BigInt::truncate(value));
}

// The number in a value that float() takes; nullopt where it raises a TypeError or ValueError.
std::optional<double> as_real(Runtime& rt, const Value& value) {
  require_defined(rt, value);
  if (value.is_number()) return to_real(rt, value);
  return value.is_text() ? parse_float(value.as_view()) : std::nullopt;
}

Value power_of_ten(Runtime& rt, std::int64_t exponent) {
  return arithmetic(rt, Operator::kPower, Value::integer(10), Value::integer(exponent));
}

}  // namespace

Value absolute(Runtime& rt, const Value& self, const Arguments& args) {
  expect_no_arguments("abs", args);
  return jinja::absolute(rt, self);
}

Value default_value(Runtime& rt, const Value& self, const Arguments& args) {
  const Parameters parameters("do_default", args, {"default_value", "boolean"}, 0);
  const bool empty_too = parameters.has(1) && is_true(rt, parameters[1]);
  if (!self.is_undefined() && !(empty_too && !is_true(rt, self))) return self;
  return parameters.has(0) ? parameters[0] : rt.heap.borrow("");
}

Value integer(Runtime& rt, const Value& self, const Arguments& args) {
  const Parameters parameters("do_int", args, {"default", "base"}, 0);
  require_defined(rt, self);
  if (self.is_integer()) return rt.heap.integer(to_big(self));
  Value out;
  if (self.is_float()) {
    out = truncated(rt, self.as_real());
  } else if (self.is_text()) {
    const std::int64_t base = parameters.has(1) ? to_index(rt, parameters[1]) : 10;
    const bool known = base == 0 || (base >= 2 && base <= 36);
    if (const auto number =
            known ? parse_int(self.as_view(), static_cast<int>(base)) : std::nullopt) {
      return rt.heap.integer(*number);
    }
    // "42.23" is 42.
    if (const auto real = parse_float(self.as_view())) out = truncated(rt, *real);
  }
  if (!out.is_missing()) return out;
  return parameters.has(0) ? parameters[0] : Value::integer(0);
}

Value real(Runtime& rt, const Value& self, const Arguments& args) {
  const Parameters parameters("do_float", args, {"default"}, 0);
  if (const auto number = as_real(rt, self)) return Value::real(*number);
  return parameters.has(0) ? parameters[0] : Value::real(0.0);
}

Value round(Runtime& rt, const Value& self, const Arguments& args) {
  const Parameters parameters("do_round", args, {"precision", "method"}, 0);
  const std::string_view method =
      parameters.has(1) && parameters[1].is_text() ? parameters[1].as_view() : "common";
  if (method != "common" && method != "ceil" && method != "floor") {
    fail("method must be common, ceil or floor");
  }
  const bool whole = parameters.has(0) && parameters[0].is_none();
  if (!self.is_number() && method == "common") {
    fail(fmt::format("type {} doesn't define __round__ method", type_name(self)));
  }
  require_defined(rt, self);
  const std::int64_t digits = parameters.is_set(0) ? to_index(rt, parameters[0]) : 0;
  if (method == "common") {
    if (self.is_integer()) return rt.heap.integer(round_to(to_big(self), whole ? 0 : digits));
    const double rounded = round_to(self.as_real(), digits);
    if (std::isinf(rounded) && std::isfinite(self.as_real()))
      fail("rounded value too large to represent");
    return whole ? truncated(rt, rounded) : Value::real(rounded);
  }
  const Value scale = power_of_ten(rt, digits);
  const Value scaled = arithmetic(rt, Operator::kMultiply, self, scale);
  if (!scaled.is_number()) fail(fmt::format("must be real number, not {}", type_name(scaled)));
  const double value = to_real(rt, scaled);
  if (!std::isfinite(value)) {
    fail(std::isnan(value) ? "cannot convert float NaN to integer"
                           : "cannot convert float infinity to integer");
  }
  const Value moved = scaled.is_integer()
                          ? scaled
                          : truncated(rt, method == "ceil" ? std::ceil(value) : std::floor(value));
  return arithmetic(rt, Operator::kDivide, moved, scale);
}

Value file_size(Runtime& rt, const Value& self, const Arguments& args) {
  const Parameters parameters("do_filesizeformat", args, {"binary"}, 0);
  const bool binary = parameters.has(0) && is_true(rt, parameters[0]);
  const auto number = as_real(rt, self);
  if (!number && self.is_text()) {
    fail("could not convert string to float: " + repr_of(rt, self));
  }
  if (!number) {
    fail(fmt::format("float() argument must be a string or a real number, not '{}'",
                     type_name(self)));
  }
  constexpr std::array<char, 8> kLetters = {'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'};
  const double base = binary ? 1024.0 : 1000.0;
  if (*number == 1.0) return rt.heap.text("1 Byte");
  if (*number < base)
    return rt.heap.text(fmt::format("{} Bytes", BigInt::truncate(*number).to_string()));
  double unit = base;
  std::size_t prefix = 0;
  while (prefix < kLetters.size()) {
    unit *= base;
    if (*number < unit) break;
    if (prefix + 1 == kLetters.size()) break;
    ++prefix;
  }
  const char letter = binary && kLetters[prefix] == 'k' ? 'K' : kLetters[prefix];
  return rt.heap.text(
      fmt::format("{} {}{}", to_fixed(base * *number / unit, 1), letter, binary ? "iB" : "B"));
}

Value to_json(Runtime& rt, const Value& self, const Arguments& args) {
  const Parameters parameters("tojson", args, {"ensure_ascii", "indent", "separators", "sort_keys"},
                              0);
  JsonStyle style;
  style.ensure_ascii = parameters.has(0) && is_true(rt, parameters[0]);
  style.sort_keys = parameters.has(3) && is_true(rt, parameters[3]);
  if (parameters.is_set(1)) {
    style.item_separator.assign(1, ',');
    if (parameters[1].is_text()) {
      style.indent = parameters[1].as_view();
    } else {
      const std::int64_t width = to_index(rt, parameters[1]);
      if (width > 1000) fail_limit(fmt::format("an indent of {} is too wide", width));
      style.indent = std::string(static_cast<std::size_t>(std::max<std::int64_t>(0, width)), ' ');
    }
  }
  if (parameters.is_set(2)) {
    const std::vector<Value> separators = unpack(rt, parameters[2], 2);
    if (!separators[0].is_text() || !separators[1].is_text()) fail("separators must be strings");
    style.item_separator = separators[0].as_view();
    style.key_separator = separators[1].as_view();
  }
  return rt.heap.text(jinja::to_json(rt, self, style));
}

}  // namespace forge::jinja::filters
