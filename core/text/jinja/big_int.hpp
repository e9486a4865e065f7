// core/text/jinja/big_int.hpp: integers beyond 64 bits, because Python's have no end.
//
// A template rarely meets one: an identifier in a tool call's arguments, a power. Schoolbook
// algorithms are enough; callers bound the size (kMaxBits) before they multiply. A value type;
// thread-compatible.
#ifndef FORGE_CORE_TEXT_JINJA_BIG_INT_HPP_
#define FORGE_CORE_TEXT_JINJA_BIG_INT_HPP_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace forge::jinja {

class BigInt {
 public:
  // Python refuses to print more than 4300 decimal digits; so many bits hold them.
  static constexpr std::size_t kMaxBits = 14300;

  BigInt() = default;  // zero
  explicit BigInt(std::int64_t value);
  // Digits of the base (2 to 36, either case) after an optional sign; nullopt for other text.
  static std::optional<BigInt> parse(std::string_view digits, int base = 10);
  // The integer part of a finite number.
  static BigInt truncate(double value);

  bool is_zero() const { return limbs_.empty(); }
  bool is_negative() const { return negative_; }
  bool is_odd() const { return !limbs_.empty() && (limbs_[0] & 1U) != 0; }
  std::size_t bit_length() const;
  std::optional<std::int64_t> to_int64() const;
  // Nearest double, ties to even; infinite beyond its range.
  double to_double() const;
  std::string to_string(int base = 10) const;
  // Equal numbers hash alike whatever their size.
  std::size_t hash() const;

  BigInt operator-() const;
  BigInt abs() const;
  BigInt shift_left(std::size_t bits) const;

  friend BigInt operator+(const BigInt& a, const BigInt& b);
  friend BigInt operator-(const BigInt& a, const BigInt& b);
  friend BigInt operator*(const BigInt& a, const BigInt& b);
  friend std::strong_ordering operator<=>(const BigInt& a, const BigInt& b);
  friend bool operator==(const BigInt& a, const BigInt& b) = default;

  struct Division;
  // Quotient rounded down and the remainder with the divisor's sign, as Python's // and %.
  // The divisor must not be zero.
  static Division divide(const BigInt& a, const BigInt& b);
  // a / b correctly rounded. The divisor must not be zero.
  static double true_divide(const BigInt& a, const BigInt& b);
  // How a number compares with a finite double, exactly.
  static std::partial_ordering compare(const BigInt& a, double b);

 private:
  using Limbs = std::vector<std::uint32_t>;
  static int compare_magnitude(const Limbs& a, const Limbs& b);
  static Limbs add_magnitude(const Limbs& a, const Limbs& b);
  static Limbs subtract_magnitude(const Limbs& a, const Limbs& b);  // needs a >= b
  static Limbs divide_magnitude(const Limbs& a, const Limbs& b, Limbs& remainder);
  static BigInt make(Limbs limbs, bool negative);
  void multiply_add(std::uint32_t factor, std::uint32_t addend);
  std::uint32_t divide_small(std::uint32_t divisor);

  Limbs limbs_;  // magnitude, least significant first, no leading zeros
  bool negative_ = false;
};

struct BigInt::Division {
  BigInt quotient;
  BigInt remainder;
};

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_BIG_INT_HPP_
