#include "host/bench/measure.hpp"

#include "tests/catch.hpp"

namespace forge::bench {
namespace {

TEST_CASE("tests are named by what they do") {
  CHECK(Test{Test::Kind::kPrompt, 512, 1, 0}.name() == "pp512");
  CHECK(Test{Test::Kind::kAnswer, 64, 1, 8192}.name() == "tg64 @ 8192");
  CHECK(Test{Test::Kind::kAnswer, 64, 4, 0}.name() == "tg64 x4");
}

TEST_CASE("median and spread of an odd and an even number of rates") {
  const Measurement odd = {{}, {30, 10, 20}};
  CHECK(odd.median() == 20);
  CHECK(odd.slowest() == 10);
  CHECK(odd.fastest() == 30);
  CHECK(odd.spread() == 0.5);
  const Measurement even = {{}, {40, 10, 20, 30}};
  CHECK(even.median() == 25);
}

}  // namespace
}  // namespace forge::bench
