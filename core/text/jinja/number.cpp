#include "core/text/jinja/number.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/text/jinja/unicode.hpp"

namespace forge::jinja {
namespace {

// Enough for "%f" of the largest double and the decimals callers ask for.
constexpr int kMaxDecimals = 1100;

std::string special_name(double value) {
  if (std::isnan(value)) return "nan";
  return value > 0 ? "inf" : "-inf";
}

std::string format(double value, std::chars_format style, int digits) {
  if (!std::isfinite(value)) return special_name(value);
  digits = std::min(digits, kMaxDecimals);
  std::string out(static_cast<std::size_t>(digits) + 340, '\0');
  const auto [end, error] =
      std::to_chars(out.data(), out.data() + out.size(), value, style, digits);
  out.resize(static_cast<std::size_t>(end - out.data()));
  return out;
}

// What int() and float() read: space around it dropped, digits of all scripts made ASCII, single
// underscores between digits dropped. nullopt when an underscore stands elsewhere.
std::optional<std::string> plain_number(std::string_view text, bool leading_underscore) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const unicode::Character c = unicode::decode(text, at);
    const int digit = unicode::decimal_value(c.code);
    if (digit >= 0) {
      out += static_cast<char>('0' + digit);
    } else if (unicode::is_space(c.code)) {
      out += ' ';
    } else if (c.code < 0x80) {
      out += static_cast<char>(c.code);
    } else {
      return std::nullopt;
    }
    at += c.size;
  }
  const std::size_t first = out.find_first_not_of(' ');
  if (first == std::string::npos) return std::nullopt;
  out = out.substr(first, out.find_last_not_of(' ') - first + 1);
  const auto is_alnum = [](char c) {
    const char lower = static_cast<char>(c | 0x20);
    return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z');
  };
  std::string plain;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i] != '_') {
      plain += out[i];
      continue;
    }
    const bool before = (i > 0 && is_alnum(out[i - 1])) || (i == 0 && leading_underscore);
    if (!before || i + 1 >= out.size() || !is_alnum(out[i + 1])) return std::nullopt;
  }
  return plain;
}

// Decimal digits of a non-negative integer, rounded to a multiple of 10^places; `sticky` says that
// the exact value is a little larger than the digits.
std::string round_digits(std::string digits, std::size_t places, bool sticky) {
  if (digits.size() < places) return "0";
  digits.insert(digits.begin(), '0');
  const std::size_t keep = digits.size() - places;
  const bool half = digits[keep] == '5' && !sticky &&
                    digits.find_first_not_of('0', keep + 1) == std::string::npos;
  const bool odd = ((digits[keep - 1] - '0') & 1) != 0;
  const bool up = half ? odd : digits[keep] >= '5';
  std::fill(digits.begin() + static_cast<std::ptrdiff_t>(keep), digits.end(), '0');
  for (std::size_t i = keep; up && i-- > 0;) {
    if (digits[i] != '9') {
      ++digits[i];
      break;
    }
    digits[i] = '0';
  }
  return digits;
}

}  // namespace

std::string float_repr(double value) {
  if (!std::isfinite(value)) return special_name(value);
  char buffer[40];
  const auto [end, error] =
      std::to_chars(std::begin(buffer), std::end(buffer), value, std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  const std::size_t mark = text.find('e');
  int exponent = 0;
  const std::size_t number = mark + (text[mark + 1] == '+' ? 2 : 1);
  std::from_chars(text.data() + number, text.data() + text.size(), exponent);
  std::string digits;
  for (const char c : text.substr(0, mark)) {
    if (c >= '0' && c <= '9') digits += c;
  }
  std::string out = std::signbit(value) ? "-" : "";
  if (exponent < -4 || exponent >= 16) {
    out += digits[0];
    if (digits.size() > 1) (out += '.').append(digits, 1);
    out += exponent < 0 ? "e-" : "e+";
    const std::string size = std::to_string(std::abs(exponent));
    if (size.size() < 2) out += '0';
    return out + size;
  }
  if (exponent < 0)
    return out + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() < whole) digits.append(whole - digits.size(), '0');
  out.append(digits, 0, whole);
  out += '.';
  return out + (digits.size() > whole ? digits.substr(whole) : "0");
}

std::string to_fixed(double value, int digits) {
  return format(value, std::chars_format::fixed, digits);
}

std::string to_scientific(double value, int digits) {
  return format(value, std::chars_format::scientific, digits);
}

std::optional<double> parse_float(std::string_view text) {
  const auto plain = plain_number(text, false);
  if (!plain) return std::nullopt;
  std::string_view rest = *plain;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  // from_chars accepts more than Python: "nan(...)" and another sign; and hexadecimal it does not.
  if (rest.empty() || rest[0] == '-' || rest.find('(') != std::string_view::npos)
    return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (end != rest.data() + rest.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    const std::size_t mark = rest.find_first_of("eE");
    const bool tiny = mark != std::string_view::npos && rest[mark + 1] == '-';
    value = tiny ? 0.0 : HUGE_VAL;
  } else if (error != std::errc()) {
    return std::nullopt;
  }
  return negative ? -value : value;
}

std::optional<BigInt> parse_int(std::string_view text, int base) {
  std::string_view trimmed = text;
  const auto plain = plain_number(trimmed, false);
  if (!plain) return std::nullopt;
  std::string_view rest = *plain;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  int prefix_base = 0;
  if (rest.size() > 1 && rest[0] == '0') {
    const char letter = static_cast<char>(rest[1] | 0x20);
    prefix_base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
  }
  if (prefix_base != 0 && (base == 0 || base == prefix_base)) {
    rest.remove_prefix(2);
    base = prefix_base;
  } else if (base == 0) {
    // A decimal literal: no leading zeros but zero itself.
    if (rest.starts_with('0') && rest.find_first_not_of('0') != std::string_view::npos) {
      return std::nullopt;
    }
    base = 10;
  }
  constexpr std::size_t kMaxDigits = 4300;  // Python's limit, for bases that are no power of two
  if (rest.empty() || rest[0] == '-' || rest[0] == '+' || rest.size() > kMaxDigits) {
    return std::nullopt;
  }
  const auto magnitude = BigInt::parse(rest, base);
  if (!magnitude) return std::nullopt;
  return negative ? -*magnitude : *magnitude;
}

double round_to(double value, std::int64_t digits) {
  if (!std::isfinite(value) || digits > 323) return value;
  if (digits < -308) return value * 0.0;
  std::string text;
  if (digits >= 0) {
    text = to_fixed(std::fabs(value), static_cast<int>(digits));
  } else {
    const double whole = std::trunc(std::fabs(value));
    text = round_digits(BigInt::truncate(whole).to_string(), static_cast<std::size_t>(-digits),
                        whole != std::fabs(value));
  }
  return std::copysign(parse_float(text).value_or(HUGE_VAL), value);
}

BigInt round_to(const BigInt& value, std::int64_t digits) {
  if (digits >= 0) return value;
  const std::string magnitude = value.abs().to_string();
  const auto places = static_cast<std::uint64_t>(-(digits + 1)) + 1;
  if (places > magnitude.size()) return BigInt();
  const std::string rounded = round_digits(magnitude, static_cast<std::size_t>(places), false);
  const BigInt out = BigInt::parse(rounded).value_or(BigInt());
  return value.is_negative() ? -out : out;
}

}  // namespace forge::jinja
