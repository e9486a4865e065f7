#include "core/text/jinja/arithmetic.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string>

#include "core/text/jinja/format.hpp"
#include "core/text/jinja/inspect.hpp"
#include "core/text/jinja/markup.hpp"

namespace forge::jinja {
namespace {

std::string_view sign_of(Operator op) {
  constexpr std::string_view kSigns[] = {"+", "-", "*", "/", "//", "%", "** or pow()"};
  return kSigns[static_cast<int>(op)];
}

[[noreturn]] void fail_operands(Operator op, const Value& a, const Value& b) {
  fail(fmt::format("unsupported operand type(s) for {}: '{}' and '{}'", sign_of(op), type_name(a),
                   type_name(b)));
}

// Python's float // and %.
double floor_divide(double a, double b) {
  if (b == 0.0) fail("float floor division by zero");
  double rest = std::fmod(a, b);
  double quotient = (a - rest) / b;
  if (rest != 0.0 && (b < 0) != (rest < 0)) quotient -= 1.0;
  if (quotient == 0.0) return std::copysign(0.0, a / b);
  const double floored = std::floor(quotient);
  return quotient - floored > 0.5 ? floored + 1.0 : floored;
}

double modulo(double a, double b) {
  if (b == 0.0) fail("float modulo");
  const double rest = std::fmod(a, b);
  if (rest == 0.0) return std::copysign(0.0, b);
  return (b < 0) != (rest < 0) ? rest + b : rest;
}

double power(double a, double b) {
  if (a == 0.0 && b < 0.0) fail("0.0 cannot be raised to a negative power");
  if (a < 0.0 && std::isfinite(a) && std::isfinite(b) && b != std::trunc(b)) {
    fail("a negative number cannot be raised to a fraction: complex numbers are not supported");
  }
  const double out = std::pow(a, b);
  if (std::isinf(out) && std::isfinite(a) && std::isfinite(b))
    fail("Numerical result out of range");
  return out;
}

Value real_arithmetic(Runtime& runtime, Operator op, const Value& left, const Value& right) {
  const double a = to_real(runtime, left), b = to_real(runtime, right);
  switch (op) {
    case Operator::kAdd:
      return Value::real(a + b);
    case Operator::kSubtract:
      return Value::real(a - b);
    case Operator::kMultiply:
      return Value::real(a * b);
    case Operator::kDivide:
      if (b == 0.0) fail("float division by zero");
      return Value::real(a / b);
    case Operator::kFloorDivide:
      return Value::real(floor_divide(a, b));
    case Operator::kModulo:
      return Value::real(modulo(a, b));
    case Operator::kPower:
      return Value::real(power(a, b));
  }
  return Value();
}

Value integer_power(Runtime& runtime, const Value& left, const Value& right) {
  const BigInt base = to_big(left);
  if (to_big(right).is_negative()) return real_arithmetic(runtime, Operator::kPower, left, right);
  const auto exponent = to_big(right).to_int64();
  const bool tiny = base.bit_length() <= 1;  // 0, 1 or -1: any exponent will do
  const std::int64_t bits = static_cast<std::int64_t>(base.bit_length()) - 1;
  constexpr auto kMaxBits = static_cast<std::int64_t>(BigInt::kMaxBits);
  if (!tiny && (!exponent || *exponent > kMaxBits / bits)) {
    fail(fmt::format("the result of ** has more than {} bits", BigInt::kMaxBits));
  }
  if (tiny) {
    const bool odd = to_big(right).is_odd();
    const bool one = to_big(right).is_zero();
    return Value::integer(one ? 1 : base.is_zero() ? 0 : base.is_negative() && odd ? -1 : 1);
  }
  BigInt out(1), factor = base;
  for (std::int64_t rest = *exponent; rest > 0; rest >>= 1) {
    runtime.step(factor.bit_length() + 1);
    if ((rest & 1) != 0) out = out * factor;
    if (rest > 1) factor = factor * factor;
  }
  return runtime.heap.integer(std::move(out));
}

Value big_arithmetic(Runtime& runtime, Operator op, const Value& left, const Value& right) {
  const BigInt a = to_big(left), b = to_big(right);
  runtime.step(1 + (a.bit_length() + b.bit_length()) / 32);
  Heap& heap = runtime.heap;
  switch (op) {
    case Operator::kAdd:
      return heap.integer(a + b);
    case Operator::kSubtract:
      return heap.integer(a - b);
    case Operator::kMultiply:
      return heap.integer(a * b);
    case Operator::kDivide: {
      if (b.is_zero()) fail("division by zero");
      const double quotient = BigInt::true_divide(a, b);
      if (std::isinf(quotient)) fail("integer division result too large for a float");
      return Value::real(quotient);
    }
    case Operator::kFloorDivide:
      if (b.is_zero()) fail("integer division or modulo by zero");
      return heap.integer(BigInt::divide(a, b).quotient);
    case Operator::kModulo:
      if (b.is_zero()) fail("integer modulo by zero");
      return heap.integer(BigInt::divide(a, b).remainder);
    case Operator::kPower:
      return integer_power(runtime, left, right);
  }
  return Value();
}

// The common case: two machine integers whose result is one too. Missing when it is not.
Value small_arithmetic(Operator op, std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  constexpr std::int64_t kExact = std::int64_t{1} << 53;  // doubles hold integers up to here
  switch (op) {
    case Operator::kAdd:
      return __builtin_add_overflow(a, b, &out) ? Value() : Value::integer(out);
    case Operator::kSubtract:
      return __builtin_sub_overflow(a, b, &out) ? Value() : Value::integer(out);
    case Operator::kMultiply:
      return __builtin_mul_overflow(a, b, &out) ? Value() : Value::integer(out);
    case Operator::kDivide:
      if (b == 0 || a > kExact || a < -kExact || b > kExact || b < -kExact) return Value();
      return Value::real(static_cast<double>(a) / static_cast<double>(b));
    case Operator::kFloorDivide:
      if (b == 0 || b == -1) return Value();
      return Value::integer(a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0));
    case Operator::kModulo:
      if (b == 0 || b == -1) return Value();
      out = a % b;
      return Value::integer(out != 0 && (a < 0) != (b < 0) ? out + b : out);
    case Operator::kPower:
      return Value();
  }
  return Value();
}

bool is_sequence(const Value& v) { return v.is_text() || v.is_list() || v.is_tuple(); }

Value repeat(Runtime& runtime, const Value& sequence, const Value& times) {
  const std::int64_t wanted = times.is_small_integer() ? times.as_integer() : INT64_MAX;
  const std::uint64_t count = wanted > 0 ? static_cast<std::uint64_t>(wanted) : 0;
  if (times.type() == Type::kBigInt) fail("cannot fit 'int' into an index-sized integer");
  const std::uint64_t size =
      sequence.is_text() ? sequence.as_text().size : sequence.as_items().size();
  const std::uint64_t most =
      runtime.options().limits.memory / (sequence.is_text() ? 1 : sizeof(Value));
  if (size != 0 && count > most / size) {
    fail_limit("a repeated sequence is larger than the memory of a template");
  }
  if (sequence.is_text()) {
    runtime.step_bytes(size * count);
    std::string out;
    out.reserve(size * count);
    for (std::uint64_t i = 0; size != 0 && i < count; ++i) out += sequence.as_view();
    return runtime.heap.text(out, sequence.as_text().markup);
  }
  runtime.step(size * count);
  const Value out = sequence.is_list() ? runtime.heap.list() : runtime.heap.tuple();
  out.as_items().reserve(size * count);
  for (std::uint64_t i = 0; size != 0 && i < count; ++i) {
    for (std::size_t k = 0; k < size; ++k) out.as_items().push_back(sequence.as_items()[k]);
  }
  return out;
}

Value join_texts(Runtime& runtime, const Value& left, const Value& right) {
  const bool markup = left.as_text().markup || right.as_text().markup;
  const Value a = escape_if(runtime, markup, left), b = escape_if(runtime, markup, right);
  runtime.step_bytes(a.as_text().size + b.as_text().size);
  return runtime.heap.concatenate(a.as_text(), b.as_text(), markup);
}

Value add(Runtime& runtime, const Value& a, const Value& b) {
  if (a.is_text() && b.is_text()) return join_texts(runtime, a, b);
  require_defined(runtime, a);
  require_defined(runtime, b);
  if ((a.is_list() && b.is_list()) || (a.is_tuple() && b.is_tuple())) {
    runtime.step(a.as_items().size() + b.as_items().size());
    const Value out = a.is_list() ? runtime.heap.list() : runtime.heap.tuple();
    out.as_items().reserve(a.as_items().size() + b.as_items().size());
    out.as_items() = a.as_items();
    out.as_items().insert(out.as_items().end(), b.as_items().begin(), b.as_items().end());
    return out;
  }
  if (a.is_text() && a.as_text().markup) fail_operands(Operator::kAdd, a, b);
  if (is_sequence(a)) {
    fail(fmt::format("can only concatenate {0} (not \"{1}\") to {0}", type_name(a), type_name(b)));
  }
  fail_operands(Operator::kAdd, a, b);
}

Value multiply(Runtime& runtime, const Value& a, const Value& b) {
  require_defined(runtime, a);
  require_defined(runtime, b);
  if (is_sequence(a) && b.is_integer()) return repeat(runtime, a, b);
  if (is_sequence(b) && a.is_integer()) return repeat(runtime, b, a);
  const bool markup = a.is_text() && a.as_text().markup;  // leaves the question to b
  if (is_sequence(a) && !(markup && is_sequence(b))) {
    if (markup) fail_operands(Operator::kMultiply, a, b);
    fail(fmt::format("can't multiply sequence by non-int of type '{}'", type_name(b)));
  }
  if (is_sequence(b) && !(b.is_text() && b.as_text().markup)) {
    fail(fmt::format("can't multiply sequence by non-int of type '{}'", type_name(a)));
  }
  fail_operands(Operator::kMultiply, a, b);
}

}  // namespace

Value arithmetic(Runtime& runtime, Operator op, const Value& a, const Value& b) {
  if (a.is_small_integer() && b.is_small_integer()) {
    const Value out = small_arithmetic(op, a.as_integer(), b.as_integer());
    if (!out.is_missing()) return out;
  }
  if (a.is_number() && b.is_number()) {
    return a.is_float() || b.is_float() ? real_arithmetic(runtime, op, a, b)
                                        : big_arithmetic(runtime, op, a, b);
  }
  if (op == Operator::kAdd) return add(runtime, a, b);
  if (op == Operator::kMultiply) return multiply(runtime, a, b);
  if (op == Operator::kModulo && a.is_text()) return format_percent(runtime, a, b);
  require_defined(runtime, a);
  require_defined(runtime, b);
  fail_operands(op, a, b);
}

Value signed_value(Runtime& runtime, const Value& value, bool negative) {
  require_defined(runtime, value);
  if (!value.is_number()) {
    fail(
        fmt::format("bad operand type for unary {}: '{}'", negative ? '-' : '+', type_name(value)));
  }
  if (value.is_float()) return Value::real(negative ? -value.as_real() : value.as_real());
  if (!negative) return value.is_bool() ? Value::integer(value.as_integer()) : value;
  return runtime.heap.integer(-to_big(value));
}

Value absolute(Runtime& runtime, const Value& value) {
  if (!value.is_number()) {
    // abs() asks an undefined value for __abs__, which it does not have.
    fail(fmt::format("bad operand type for abs(): '{}'", type_name(value)));
  }
  if (value.is_float()) return Value::real(std::fabs(value.as_real()));
  return runtime.heap.integer(to_big(value).abs());
}

}  // namespace forge::jinja
