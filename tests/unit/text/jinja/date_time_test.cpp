#include "core/text/jinja/date_time.hpp"

#include "tests/catch.hpp"

namespace forge::jinja {
namespace {

TEST_CASE("dates are read and written") {
  const auto date = DateTime::parse("2024-02-29");
  REQUIRE(date.ok());
  CHECK(*date == DateTime{2024, 2, 29, 0, 0, 0});
  CHECK(*DateTime::parse("2025-12-31T23:59:58") == DateTime{2025, 12, 31, 23, 59, 58});
  CHECK(date->format("%d %b %Y, %A, day %j") == "29 Feb 2024, Thursday, day 060");
  CHECK(date->format("") == "");
  CHECK(date->format("100%") == "100%");
  CHECK(date->format("%f%z|%Z|") == "000000||");
  for (const char* wrong : {"", "2023-02-29", "2024-13-01", "2024-1-1", "2024-01-01T24:00:00",
                            "2024-01-01 00:00:00", "2024-01-01T00:00", "20240101", "-024-01-01"}) {
    INFO(wrong);
    CHECK_FALSE(DateTime::parse(wrong).ok());
  }
}

TEST_CASE("a pattern cannot ask for endless text") {
  CHECK(DateTime{2025, 1, 1}.format("%999999999d").size() < 100000);
}

}  // namespace
}  // namespace forge::jinja
