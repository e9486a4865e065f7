// core/text/jinja/number.hpp: numbers to and from text, and rounding, exactly as Python does them.
#ifndef FORGE_CORE_TEXT_JINJA_NUMBER_HPP_
#define FORGE_CORE_TEXT_JINJA_NUMBER_HPP_

#include <optional>
#include <string>
#include <string_view>

#include "core/text/jinja/big_int.hpp"

namespace forge::jinja {

// The shortest text that reads back as the same number: "1.0", "1e+16", "nan".
std::string float_repr(double value);

// value with `digits` decimals, correctly rounded: "2.50". As C's "%.*f".
std::string to_fixed(double value, int digits);
// As C's "%.*e": "2.50e+00".
std::string to_scientific(double value, int digits);

// float(text); nullopt where Python raises.
std::optional<double> parse_float(std::string_view text);
// int(text, base), base 0 or 2 to 36; nullopt where Python raises.
std::optional<BigInt> parse_int(std::string_view text, int base);

// round(value, digits), ties to even on the exact value.
double round_to(double value, std::int64_t digits);
BigInt round_to(const BigInt& value, std::int64_t digits);

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_NUMBER_HPP_
