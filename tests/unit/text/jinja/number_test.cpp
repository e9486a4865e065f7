// Numbers as Python prints, rounds and calculates them.
#include "core/text/jinja/number.hpp"

#include <bit>
#include <cstdlib>

#include "tests/catch.hpp"
#include "tests/unit/text/jinja/recorded.hpp"

namespace forge::jinja {
namespace {

BigInt big(const std::string& digits) { return BigInt::parse(digits).value(); }

void check_big(const Data& row) {
  const BigInt a = big(testing::text_of(row, "a")), b = big(testing::text_of(row, "b"));
  INFO(a.to_string() << " and " << b.to_string());
  CHECK(a.to_string() == testing::text_of(row, "a"));
  CHECK((a + b).to_string() == testing::text_of(row, "sum"));
  CHECK((a - b).to_string() == testing::text_of(row, "difference"));
  CHECK((a * b).to_string() == testing::text_of(row, "product"));
  const BigInt::Division division = BigInt::divide(a, b);
  CHECK(division.quotient.to_string() == testing::text_of(row, "quotient"));
  CHECK(division.remainder.to_string() == testing::text_of(row, "remainder"));
  CHECK(float_repr(BigInt::true_divide(a, b)) == testing::text_of(row, "ratio"));
  CHECK(float_repr(a.to_double()) == testing::text_of(row, "float"));
  CHECK(a.abs().to_string(16) == testing::text_of(row, "hex"));
}

TEST_CASE("numbers print, round and calculate as Python's") {
  for (const Data& row : testing::read_lines("recorded_numbers.jsonl")) {
    if (row.find("bits") != nullptr) {
      const std::string& bits = testing::text_of(row, "bits");
      const double value = std::bit_cast<double>(std::strtoull(bits.c_str(), nullptr, 16));
      INFO(bits);
      CHECK(float_repr(value) == testing::text_of(row, "repr"));
    } else if (row.find("digits") != nullptr) {
      const double value = parse_float(testing::text_of(row, "value")).value();
      INFO(float_repr(value) << " to " << *row.find("digits")->as_integer());
      CHECK(float_repr(round_to(value, *row.find("digits")->as_integer())) ==
            testing::text_of(row, "rounded"));
    } else {
      check_big(row);
    }
  }
}

TEST_CASE("large integers convert and compare exactly") {
  CHECK(BigInt(INT64_MIN).to_int64() == INT64_MIN);
  CHECK(BigInt(INT64_MAX).to_int64() == INT64_MAX);
  CHECK_FALSE((BigInt(INT64_MAX) + BigInt(1)).to_int64().has_value());
  CHECK((BigInt(INT64_MIN) - BigInt(1)).to_string() == "-9223372036854775809");
  const BigInt power = BigInt(1).shift_left(64);
  CHECK((BigInt::compare(power, 0x1p64) == 0));
  CHECK((BigInt::compare(power + BigInt(1), 0x1p64) > 0));
  CHECK((BigInt::compare(BigInt(2), 2.5) < 0));
  CHECK((BigInt::compare(BigInt(-2), -2.5) > 0));
  CHECK(BigInt::truncate(-2.75).to_string() == "-2");
  CHECK(BigInt::truncate(0.5).is_zero());
  CHECK(BigInt(0) == BigInt());
  CHECK_FALSE(BigInt().is_negative());
}

TEST_CASE("texts are read as int() and float() read them") {
  CHECK(parse_int(" -1_000 ", 10)->to_int64() == -1000);
  CHECK(parse_int("0x1F", 16)->to_int64() == 31);
  CHECK(parse_int("0b101", 0)->to_int64() == 5);
  CHECK(parse_int("zZ", 36)->to_int64() == 35 * 36 + 35);
  CHECK(parse_int("٤٢", 10)->to_int64() == 42);
  for (const char* wrong : {"", " ", "1__0", "_1", "1_", "+-1", "1.5", "0x", "12a", "012x", "é"}) {
    INFO(wrong);
    CHECK_FALSE(parse_int(wrong, 10).has_value());
  }
  CHECK_FALSE(parse_int("012", 0).has_value());
  CHECK(parse_float("1e400") == HUGE_VAL);
  CHECK(parse_float("-1e-400") == 0.0);
  CHECK(parse_float(" .5 ") == 0.5);
  for (const char* wrong : {"", "nan(1)", "--1", "0x10", "1e", "e5", "inf inity", "1_.5"}) {
    INFO(wrong);
    CHECK_FALSE(parse_float(wrong).has_value());
  }
}

}  // namespace
}  // namespace forge::jinja
