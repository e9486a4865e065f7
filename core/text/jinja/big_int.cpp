#include "core/text/jinja/big_int.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace forge::jinja {
namespace {

constexpr std::uint64_t kLimbBase = std::uint64_t{1} << 32;

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'z') return c - 'a' + 10;
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  return 99;
}

}  // namespace

BigInt::BigInt(std::int64_t value) : negative_(value < 0) {
  auto magnitude = static_cast<std::uint64_t>(value);
  if (negative_) magnitude = 0 - magnitude;
  for (; magnitude != 0; magnitude >>= 32) limbs_.push_back(static_cast<std::uint32_t>(magnitude));
}

BigInt BigInt::make(Limbs limbs, bool negative) {
  while (!limbs.empty() && limbs.back() == 0) limbs.pop_back();
  BigInt out;
  out.negative_ = negative && !limbs.empty();
  out.limbs_ = std::move(limbs);
  return out;
}

void BigInt::multiply_add(std::uint32_t factor, std::uint32_t addend) {
  std::uint64_t carry = addend;
  for (std::uint32_t& limb : limbs_) {
    carry += static_cast<std::uint64_t>(limb) * factor;
    limb = static_cast<std::uint32_t>(carry);
    carry >>= 32;
  }
  if (carry != 0) limbs_.push_back(static_cast<std::uint32_t>(carry));
}

std::uint32_t BigInt::divide_small(std::uint32_t divisor) {
  std::uint64_t rest = 0;
  for (std::size_t i = limbs_.size(); i-- > 0;) {
    rest = (rest << 32) | limbs_[i];
    limbs_[i] = static_cast<std::uint32_t>(rest / divisor);
    rest %= divisor;
  }
  while (!limbs_.empty() && limbs_.back() == 0) limbs_.pop_back();
  return static_cast<std::uint32_t>(rest);
}

std::optional<BigInt> BigInt::parse(std::string_view digits, int base) {
  BigInt out;
  bool negative = false;
  if (!digits.empty() && (digits.front() == '-' || digits.front() == '+')) {
    negative = digits.front() == '-';
    digits.remove_prefix(1);
  }
  if (digits.empty()) return std::nullopt;
  for (const char c : digits) {
    const int value = digit_value(c);
    if (value >= base) return std::nullopt;
    out.multiply_add(static_cast<std::uint32_t>(base), static_cast<std::uint32_t>(value));
  }
  out.negative_ = negative && !out.limbs_.empty();
  return out;
}

BigInt BigInt::truncate(double value) {
  int exponent = 0;
  const double fraction = std::frexp(std::fabs(std::trunc(value)), &exponent);
  if (fraction == 0.0) return BigInt();
  // fraction * 2^53 is an integer.
  const auto mantissa = static_cast<std::int64_t>(std::ldexp(fraction, 53));
  const int shift = exponent - 53;
  BigInt out = shift >= 0 ? BigInt(mantissa).shift_left(static_cast<std::size_t>(shift))
                          : BigInt(mantissa >> -shift);
  out.negative_ = value < 0 && !out.limbs_.empty();
  return out;
}

std::size_t BigInt::bit_length() const {
  if (limbs_.empty()) return 0;
  return limbs_.size() * 32 - static_cast<std::size_t>(std::countl_zero(limbs_.back()));
}

std::optional<std::int64_t> BigInt::to_int64() const {
  if (limbs_.size() > 2) return std::nullopt;
  std::uint64_t magnitude = 0;
  for (std::size_t i = limbs_.size(); i-- > 0;) magnitude = (magnitude << 32) | limbs_[i];
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (magnitude > kMax + (negative_ ? 1 : 0)) return std::nullopt;
  return static_cast<std::int64_t>(negative_ ? 0 - magnitude : magnitude);
}

double BigInt::to_double() const {
  const std::size_t bits = bit_length();
  if (bits > 1024) return negative_ ? -HUGE_VAL : HUGE_VAL;
  // The top 64 bits, the lowest of them sticky: the conversion then rounds as if it saw them all.
  std::uint64_t top = 0;
  bool sticky = false;
  const std::size_t skip = bits > 64 ? bits - 64 : 0;
  for (std::size_t i = 0; i < limbs_.size(); ++i) {
    const auto position = static_cast<std::int64_t>(i * 32) - static_cast<std::int64_t>(skip);
    const std::uint64_t limb = limbs_[i];
    if (position >= 0) {
      top |= limb << position;
    } else if (position > -32) {
      top |= limb >> -position;
      sticky = sticky || (limb & ((std::uint64_t{1} << -position) - 1)) != 0;
    } else {
      sticky = sticky || limb != 0;
    }
  }
  const double magnitude =
      std::ldexp(static_cast<double>(top | (sticky ? 1U : 0U)), static_cast<int>(skip));
  return negative_ ? -magnitude : magnitude;
}

std::string BigInt::to_string(int base) const {
  if (limbs_.empty()) return "0";
  // Nine decimal digits (or as many as fit) at a time.
  std::uint32_t chunk = static_cast<std::uint32_t>(base);
  int chunk_digits = 1;
  while (static_cast<std::uint64_t>(chunk) * static_cast<std::uint32_t>(base) < kLimbBase) {
    chunk *= static_cast<std::uint32_t>(base);
    ++chunk_digits;
  }
  std::string reversed;
  BigInt rest = *this;
  while (!rest.limbs_.empty()) {
    std::uint32_t part = rest.divide_small(chunk);
    for (int i = 0; i < chunk_digits && (part != 0 || !rest.limbs_.empty()); ++i) {
      reversed += "0123456789abcdefghijklmnopqrstuvwxyz"[part % static_cast<std::uint32_t>(base)];
      part /= static_cast<std::uint32_t>(base);
    }
  }
  if (negative_) reversed += '-';
  std::reverse(reversed.begin(), reversed.end());
  return reversed;
}

std::size_t BigInt::hash() const {
  std::size_t seed = negative_ ? 1 : 0;
  for (const std::uint32_t limb : limbs_) seed = seed * 1000003U + limb;
  return seed;
}

BigInt BigInt::operator-() const { return make(limbs_, !negative_); }
BigInt BigInt::abs() const { return make(limbs_, false); }

BigInt BigInt::shift_left(std::size_t bits) const {
  Limbs limbs(limbs_.size() + bits / 32 + 1, 0);
  const std::size_t shift = bits % 32;
  for (std::size_t i = 0; i < limbs_.size(); ++i) {
    const std::uint64_t wide = static_cast<std::uint64_t>(limbs_[i]) << shift;
    limbs[i + bits / 32] |= static_cast<std::uint32_t>(wide);
    limbs[i + bits / 32 + 1] |= static_cast<std::uint32_t>(wide >> 32);
  }
  return make(std::move(limbs), negative_);
}

int BigInt::compare_magnitude(const Limbs& a, const Limbs& b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  for (std::size_t i = a.size(); i-- > 0;) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}

BigInt::Limbs BigInt::add_magnitude(const Limbs& a, const Limbs& b) {
  Limbs out;
  out.reserve(std::max(a.size(), b.size()) + 1);
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    carry += (i < a.size() ? a[i] : 0U);
    carry += (i < b.size() ? b[i] : 0U);
    out.push_back(static_cast<std::uint32_t>(carry));
    carry >>= 32;
  }
  out.push_back(static_cast<std::uint32_t>(carry));
  return out;
}

BigInt::Limbs BigInt::subtract_magnitude(const Limbs& a, const Limbs& b) {
  Limbs out(a.size());
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const std::uint64_t take = (i < b.size() ? b[i] : 0U) + borrow;
    borrow = take > a[i] ? 1 : 0;
    out[i] = static_cast<std::uint32_t>(a[i] + (borrow != 0 ? kLimbBase : 0) - take);
  }
  return out;
}

BigInt operator+(const BigInt& a, const BigInt& b) {
  if (a.negative_ == b.negative_) {
    return BigInt::make(BigInt::add_magnitude(a.limbs_, b.limbs_), a.negative_);
  }
  if (BigInt::compare_magnitude(a.limbs_, b.limbs_) >= 0) {
    return BigInt::make(BigInt::subtract_magnitude(a.limbs_, b.limbs_), a.negative_);
  }
  return BigInt::make(BigInt::subtract_magnitude(b.limbs_, a.limbs_), b.negative_);
}

BigInt operator-(const BigInt& a, const BigInt& b) { return a + (-b); }

BigInt operator*(const BigInt& a, const BigInt& b) {
  BigInt::Limbs out(a.limbs_.size() + b.limbs_.size(), 0);
  for (std::size_t i = 0; i < a.limbs_.size(); ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < b.limbs_.size(); ++j) {
      carry += static_cast<std::uint64_t>(a.limbs_[i]) * b.limbs_[j] + out[i + j];
      out[i + j] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    out[i + b.limbs_.size()] = static_cast<std::uint32_t>(carry);
  }
  return BigInt::make(std::move(out), a.negative_ != b.negative_);
}

std::strong_ordering operator<=>(const BigInt& a, const BigInt& b) {
  if (a.negative_ != b.negative_) {
    return a.negative_ ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  const int order = BigInt::compare_magnitude(a.limbs_, b.limbs_) * (a.negative_ ? -1 : 1);
  return order <=> 0;
}

// Bit by bit: numbers are short and divisions rare.
BigInt::Limbs BigInt::divide_magnitude(const Limbs& a, const Limbs& b, Limbs& remainder) {
  Limbs quotient(a.size(), 0);
  BigInt rest;
  const BigInt divisor = make(b, false);
  for (std::size_t bit = a.size() * 32; bit-- > 0;) {
    rest = rest.shift_left(1);
    if (((a[bit / 32] >> (bit % 32)) & 1U) != 0) rest = rest + BigInt(1);
    if (compare_magnitude(rest.limbs_, divisor.limbs_) >= 0) {
      rest = make(subtract_magnitude(rest.limbs_, divisor.limbs_), false);
      quotient[bit / 32] |= 1U << (bit % 32);
    }
  }
  remainder = rest.limbs_;
  return quotient;
}

BigInt::Division BigInt::divide(const BigInt& a, const BigInt& b) {
  Limbs rest;
  Limbs whole = divide_magnitude(a.limbs_, b.limbs_, rest);
  Division out{make(std::move(whole), a.negative_ != b.negative_),
               make(std::move(rest), a.negative_)};
  // Truncated so far; round towards minus infinity.
  if (!out.remainder.is_zero() && a.negative_ != b.negative_) {
    out.quotient = out.quotient - BigInt(1);
    out.remainder = out.remainder + b;
  }
  return out;
}

double BigInt::true_divide(const BigInt& a, const BigInt& b) {
  if (a.is_zero()) return 0.0;
  // A quotient of at least 66 bits, its last one sticky, rounds like the exact one.
  const auto gap =
      static_cast<std::int64_t>(b.bit_length()) - static_cast<std::int64_t>(a.bit_length());
  const auto shift = static_cast<std::size_t>(std::max<std::int64_t>(0, gap + 66));
  Limbs rest;
  const BigInt numerator = a.abs().shift_left(shift);
  BigInt quotient = make(divide_magnitude(numerator.limbs_, b.limbs_, rest), false);
  if (!rest.empty()) quotient.limbs_[0] |= 1U;
  const double magnitude = std::ldexp(quotient.to_double(), -static_cast<int>(shift));
  return a.negative_ != b.negative_ ? -magnitude : magnitude;
}

std::partial_ordering BigInt::compare(const BigInt& a, double b) {
  const double whole = std::trunc(b);
  const std::strong_ordering order = a <=> truncate(whole);
  if (order != std::strong_ordering::equal) return order;
  return 0.0 <=> b - whole;
}

}  // namespace forge::jinja
