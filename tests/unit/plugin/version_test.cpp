#include "core/plugin/version.hpp"

#include "tests/catch.hpp"

namespace forge::plugin {
namespace {

TEST_CASE("versions of one to three numbers compare by their numbers") {
  CHECK(*parse_version("6") == Version{6, 0, 0});
  CHECK(*parse_version("6.2.4") == Version{6, 2, 4});
  CHECK(*parse_version("6.10") > *parse_version("6.9"));
  CHECK(to_string(*parse_version("7.1")) == "7.1.0");
  for (const char* bad : {"", ".", "6.", ".6", "6..2", "1.2.3.4", "v6", "6.2-1", "-1", "100000",
                          "6 .2", "99999999999999999999"})
    CHECK_FALSE(parse_version(bad).ok());
}

TEST_CASE("a range is met when every comparison is") {
  const Result<VersionRange> range = VersionRange::parse(">=6.2, <8");
  REQUIRE(range.ok());
  CHECK(range->text() == ">=6.2, <8");
  CHECK(range->contains({6, 2, 0}));
  CHECK(range->contains({7, 99, 1}));
  CHECK_FALSE(range->contains({6, 1, 9}));
  CHECK_FALSE(range->contains({8, 0, 0}));
  CHECK(VersionRange::parse("=6.4.1")->contains({6, 4, 1}));
  CHECK_FALSE(VersionRange::parse(">6.4")->contains({6, 4, 0}));
  CHECK(VersionRange::parse("<=6.4")->contains({6, 4, 0}));
}

TEST_CASE("what is no range says what one looks like") {
  for (const char* bad : {"", "6.2", ">=", ">=6,", ",<8", "~6", ">=6 <8"})
    CHECK_FALSE(VersionRange::parse(bad).ok());
  CHECK(VersionRange::parse("6.2").status().message() ==
        "'6.2' is not a comparison: start with >=, >, <=, < or =, such as \">=6.2, <8\"");
}

}  // namespace
}  // namespace forge::plugin
