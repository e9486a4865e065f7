#include <fmt/format.h>

#include <cmath>

#include "core/text/jinja/error.hpp"
#include "core/text/jinja/format.hpp"
#include "core/text/jinja/number.hpp"
#include "core/text/jinja/unicode.hpp"

namespace forge::jinja {
namespace {

// A formatted number in its parts; grouping applies to `digits`, zero padding goes before them.
struct NumberText {
  std::string sign;
  std::string prefix;  // "0x"
  std::string digits;  // before the decimal point
  std::string rest;    // ".50", "e+10", "%"
};

std::string fill_of(const FormatSpec& spec, std::size_t count) {
  std::string one, out;
  unicode::append(one, spec.fill);
  for (std::size_t i = 0; i < count; ++i) out += one;
  return out;
}

std::string grouped(std::string_view digits, char separator, std::size_t every) {
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % every == 0) out += separator;
    out += digits[i];
  }
  return out;
}

std::string pad(std::string_view text, const FormatSpec& spec, char default_align) {
  const std::size_t length = unicode::length(text);
  const std::size_t missing = spec.width > length ? spec.width - length : 0;
  const char align = spec.align != '\0' ? spec.align : default_align;
  const std::size_t before = align == '<' ? 0 : align == '^' ? missing / 2 : missing;
  return fill_of(spec, before).append(text) + fill_of(spec, missing - before);
}

std::string assemble(NumberText number, const FormatSpec& spec, std::size_t group_size) {
  const bool group = spec.grouping != '\0';
  std::string digits = group ? grouped(number.digits, spec.grouping, group_size) : number.digits;
  if (spec.align == '=') {
    const std::size_t used = number.sign.size() + number.prefix.size() + number.rest.size();
    if (group && spec.fill == '0') {
      // Zeros are grouped like digits.
      while (digits.size() + used < spec.width) {
        number.digits.insert(number.digits.begin(), '0');
        digits = grouped(number.digits, spec.grouping, group_size);
      }
    } else if (digits.size() + used < spec.width) {
      digits.insert(0, fill_of(spec, spec.width - digits.size() - used));
    }
    return number.sign + number.prefix + digits + number.rest;
  }
  return pad(number.sign + number.prefix + digits + number.rest, spec, '>');
}

std::string sign_text(bool negative, char sign) {
  if (negative) return "-";
  return sign == '-' ? "" : std::string(1, sign);
}

void to_upper_ascii(std::string& text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
}

// "%g": the shorter of fixed and scientific, without trailing zeros. `add_dot_zero` is Python's
// format without a type: a whole number keeps ".0".
std::string general(double magnitude, int precision, bool alternate, bool add_dot_zero) {
  if (precision == 0) precision = 1;
  std::string scientific = to_scientific(magnitude, precision - 1);
  const std::size_t mark = scientific.find('e');
  const int exponent = std::atoi(scientific.c_str() + mark + 1);
  const bool use_exponent = exponent < -4 || exponent >= precision - (add_dot_zero ? 1 : 0);
  std::string tail;
  std::string number = scientific;
  if (use_exponent) {
    number = scientific.substr(0, mark);
    tail = scientific.substr(mark);
  } else {
    number = to_fixed(magnitude, precision - 1 - exponent);
  }
  if (!alternate && number.find('.') != std::string::npos) {
    number.erase(number.find_last_not_of('0') + 1);
    if (number.back() == '.') number.pop_back();
  } else if (alternate && number.find('.') == std::string::npos) {
    number += '.';
  }
  if (add_dot_zero && !use_exponent && number.find('.') == std::string::npos) number += ".0";
  return number + tail;
}

std::string magnitude_text(double magnitude, const FormatSpec& spec) {
  constexpr int kDefaultPrecision = 6;
  const int precision = spec.precision.value_or(kDefaultPrecision);
  switch (spec.type) {
    case 'e':
    case 'E': {
      std::string out = to_scientific(magnitude, precision);
      if (spec.alternate && precision == 0)
        out.insert(out.begin() + static_cast<std::ptrdiff_t>(out.find('e')), '.');
      return out;
    }
    case 'f':
    case 'F':
    case '%':
      return to_fixed(magnitude, precision) + (spec.alternate && precision == 0 ? "." : "");
    case 'g':
    case 'G':
    case 'n':
      return general(magnitude, precision, spec.alternate, false);
    default:
      return spec.precision ? general(magnitude, precision, spec.alternate, true)
                            : float_repr(magnitude);
  }
}

}  // namespace

std::string format_integer(const BigInt& value, const FormatSpec& spec) {
  if (spec.type == 'c') {
    const auto code = value.to_int64();
    if (!code || *code < 0 || *code > static_cast<std::int64_t>(unicode::kLastCodePoint)) {
      fail("%c arg not in range(0x110000)");
    }
    std::string text;
    unicode::append(text, static_cast<char32_t>(*code));
    return pad(text, spec, '<');
  }
  int base = 10;
  std::string_view prefix;
  switch (spec.type) {
    case 'b':
      base = 2, prefix = "0b";
      break;
    case 'o':
      base = 8, prefix = "0o";
      break;
    case 'x':
      base = 16, prefix = "0x";
      break;
    case 'X':
      base = 16, prefix = "0X";
      break;
    default:
      break;
  }
  NumberText number;
  number.sign = sign_text(value.is_negative(), spec.sign);
  if (spec.alternate) number.prefix = prefix;
  number.digits = value.abs().to_string(base);
  if (spec.type == 'X') to_upper_ascii(number.digits);
  return assemble(std::move(number), spec, base == 10 ? 3 : 4);
}

std::string format_real(double value, const FormatSpec& spec) {
  NumberText number;
  number.sign = sign_text(std::signbit(value) && !std::isnan(value), spec.sign);
  double magnitude = std::fabs(value);
  if (spec.type == '%') magnitude *= 100.0;
  std::string text = std::isfinite(magnitude) ? magnitude_text(magnitude, spec)
                     : std::isnan(magnitude)  ? "nan"
                                              : "inf";
  if (spec.type == 'E' || spec.type == 'F' || spec.type == 'G') to_upper_ascii(text);
  const std::size_t whole = std::min(text.find_first_not_of("0123456789"), text.size());
  number.digits = text.substr(0, whole);
  number.rest = text.substr(whole);
  if (spec.type == '%') number.rest += '%';
  return assemble(std::move(number), spec, 3);
}

std::string format_text(std::string_view value, const FormatSpec& spec) {
  if (spec.precision) {
    value = value.substr(0, unicode::offset_of(value, static_cast<std::size_t>(*spec.precision)));
  }
  return pad(value, spec, '<');
}

}  // namespace forge::jinja
