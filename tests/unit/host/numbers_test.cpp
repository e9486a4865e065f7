#include "host/cli/numbers.hpp"

#include "tests/catch.hpp"

namespace forge::cli {
namespace {

TEST_CASE("digits are grouped by three") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
  CHECK(grouped(123456) == "123,456");
  CHECK(grouped(1234567) == "1,234,567");
  CHECK(grouped(~0ull) == "18,446,744,073,709,551,615");
}

TEST_CASE("counts are shortened to three digits") {
  CHECK(short_count(0) == "0");
  CHECK(short_count(999) == "999");
  CHECK(short_count(1000) == "1.00 K");
  CHECK(short_count(9994) == "9.99 K");
  CHECK(short_count(9996) == "10.0 K");
  CHECK(short_count(99960) == "100 K");
  CHECK(short_count(999600) == "1.00 M");
  CHECK(short_count(1705728) == "1.71 M");
  CHECK(short_count(8030261312) == "8.03 B");
  CHECK(short_count(1000000000000) == "1.00 T");
  CHECK(short_count(~0ull) == "18446744 T");
}

}  // namespace
}  // namespace forge::cli
