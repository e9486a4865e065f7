// core/text/jinja/arithmetic.hpp: the operators + - * / // % ** and the signs.
#ifndef FORGE_CORE_TEXT_JINJA_ARITHMETIC_HPP_
#define FORGE_CORE_TEXT_JINJA_ARITHMETIC_HPP_

#include "core/text/jinja/runtime.hpp"

namespace forge::jinja {

enum class Operator { kAdd, kSubtract, kMultiply, kDivide, kFloorDivide, kModulo, kPower };

// Integers never overflow; texts, lists and tuples can be added and repeated; "%" formats texts.
Value arithmetic(Runtime& runtime, Operator op, const Value& a, const Value& b);

// +value and -value
Value signed_value(Runtime& runtime, const Value& value, bool negative);
// abs(value)
Value absolute(Runtime& runtime, const Value& value);

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_ARITHMETIC_HPP_
