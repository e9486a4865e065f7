#include "core/text/jinja/data.hpp"

#include "tests/catch.hpp"

namespace forge::jinja {
namespace {

std::string error_of(std::string_view json) {
  const auto data = Data::parse_json(json);
  return data.ok() ? "no error" : data.status().message();
}

TEST_CASE("JSON keeps order, integers of any size and the difference between 1 and 1.0") {
  const Data data = *Data::parse_json(
      R"({"z": 1, "a": 1.0, "m": 123456789012345678901234567890, "u": 18446744073709551615,)"
      R"( "n": -9223372036854775808, "e": 1e2, "t": [true, null, "\u00e9\ud83d\ude00"], "z": 2})");
  const Data::Object& object = *data.as_object();
  REQUIRE(object.size() == 7);
  CHECK(object[0].key == "z");
  CHECK(*object[0].value.as_integer() == 2);  // the last one counts, at the place of the first
  CHECK(*object[1].value.as_number() == 1.0);
  CHECK(object[2].value.as_large_integer()->digits == "123456789012345678901234567890");
  CHECK(object[3].value.as_large_integer()->digits == "18446744073709551615");
  CHECK(*object[4].value.as_integer() == INT64_MIN);
  CHECK(*object[5].value.as_number() == 100.0);
  CHECK(*(*object[6].value.as_array())[2].as_string() == "é😀");
}

TEST_CASE("JSON errors name line and column") {
  CHECK(error_of("{\"a\": 1,\n  \"b\" 2}").starts_with("invalid JSON: line 2, column 7: "));
  CHECK(error_of("").starts_with("invalid JSON: line 1, column 1: "));
  CHECK(error_of("[1, 2").find("line 1, column 6") != std::string::npos);
  CHECK(error_of("[1] x").find("line 1, column 5") != std::string::npos);
  CHECK(error_of("\"\xFF\"") != "no error");
  CHECK(error_of("[1e999]") != "no error");
  CHECK(error_of(std::string(100000, '[')).find("nested more than 500 deep") != std::string::npos);
}

TEST_CASE("members are found and set") {
  Data data;
  data.set("a", 1);
  data.set("b", Data::Array{1, "x"});
  data.set("a", "y");
  CHECK(data == Data::object({{"a", "y"}, {"b", Data::Array{1, "x"}}}));
  CHECK(data.find("c") == nullptr);
  CHECK(Data(5).find("a") == nullptr);
  CHECK(data.type_name() == "object");
  CHECK(Data(1.5).type_name() == "number");
  CHECK(Data().type_name() == "null");
}

}  // namespace
}  // namespace forge::jinja
