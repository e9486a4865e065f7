#include "forge/sdk/status.hpp"

#include "tests/catch.hpp"

namespace forge {
namespace {

Result<int> half_of(int n) {
  if (n % 2 != 0) return invalid_argument("odd: " + std::to_string(n));
  return n / 2;
}

Result<int> quarter_of(int n) {
  FORGE_ASSIGN(const int half, half_of(n));
  return half_of(half);
}

TEST_CASE("a Result carries the value or the first error") {
  REQUIRE(quarter_of(12).ok());
  CHECK(*quarter_of(12) == 3);
  CHECK(quarter_of(6).status().message() == "odd: 3");
  CHECK(quarter_of(7).code() == Code::kInvalidArgument);
}

TEST_CASE("a prefix is added to errors only") {
  CHECK(Status().with_prefix("x: ").message().empty());
  CHECK(not_found("key 'a'").with_prefix("file 'f': ").message() == "file 'f': key 'a'");
}

TEST_CASE("every code has a name and unknown ones do not read past the table") {
  CHECK(code_name(Code::kDataLoss) == "data_loss");
  CHECK(code_name(static_cast<Code>(99)) == "unknown");
}

}  // namespace
}  // namespace forge
