#include "core/config/value.hpp"

#include "tests/catch.hpp"

namespace forge::config {
namespace {

Result<Value> parse(std::string_view name, std::vector<std::string> texts) {
  return parse_text(*find(name), texts, "--flag");
}

TEST_CASE("texts become values of the key's type") {
  CHECK(*parse("sampling.top_k", {"7"}) == Value(std::int64_t{7}));
  CHECK(*parse("sampling.seed", {"9223372036854775807"}) == Value(INT64_MAX));
  CHECK(*parse("sampling.temperature", {"1e-3"}) == Value(1e-3));
  CHECK(*parse("threads.pin", {"on"}) == Value(true));
  CHECK(*parse("chat.show_stats", {"no"}) == Value(false));
  CHECK(*parse("sampling.stop", {"a,b", "\n"}) == Value(Strings{"a,b", "\n"}));
  CHECK(*parse("sampling.logit_bias", {"5=-1,7=2.5", "9=0"}) ==
        Value(Biases{{5, -1}, {7, 2.5}, {9, 0}}));
  CHECK(*parse("logging.levels", {"plugin=debug,gguf=off"}) ==
        Value(Names{{"plugin", "debug"}, {"gguf", "off"}}));
  CHECK(*parse("sampling.top_k", {"7", "8"}) == Value(std::int64_t{8}));  // the last one counts
}

TEST_CASE("a wrong text is named with what it must be") {
  struct Case {
    std::string_view key;
    std::string text;
    std::string_view message;
  };
  const Case cases[] = {
      {"sampling.top_k", "7.5", "--flag is '7.5'; it must be a whole number from 0 to 10000000"},
      {"sampling.top_k", "", "--flag is ''; it must be a whole number from 0 to 10000000"},
      {"sampling.top_k", " 7", "--flag is ' 7'; it must be a whole number from 0 to 10000000"},
      {"sampling.top_k", "99999999999999999999",
       "--flag is '99999999999999999999'; it must be a whole number from 0 to 10000000"},
      {"sampling.top_k", "-1", "--flag is -1; it must be a whole number from 0 to 10000000"},
      {"sampling.top_p", "1.5", "--flag is 1.5; it must be a number from 0 to 1"},
      {"sampling.top_p", "nan", "--flag is nan; it must be a number from 0 to 1"},
      {"sampling.temperature", "inf", "--flag is inf; it must be a number from 0 to 100"},
      {"threads.pin", "maybe", "--flag is 'maybe'; it must be true or false"},
      {"logging.format", "jsno",
       "--flag is 'jsno'; it must be one of text, json; did you mean 'json'?"},
      {"sampling.stop", "", "item 1 of --flag is empty"},
      {"sampling.logit_bias", "x=1",
       "--flag has 'x=1'; write NAME=VALUE,... as a table of token ids, each with a number from "
       "-1000 to 1000"},
      {"sampling.logit_bias", "-1=1",
       "--flag has -1, which is no token id: those are whole numbers from 0 up"},
      {"logging.levels", "plugin=loud",
       "--flag is 'loud'; it must be a table of names, each with one of trace, debug, info, warn, "
       "error, off"},
      {"model.path", std::string("a\0b", 3),
       "--flag is 'a\\x00b', which has a NUL character in it"},
  };
  for (const Case& c : cases) {
    const auto result = parse(c.key, {c.text});
    CHECK(result.status().message() == c.message);
  }
}

TEST_CASE("values are written as TOML writes them") {
  CHECK(to_toml(true) == "true");
  CHECK(to_toml(std::int64_t{-3}) == "-3");
  CHECK(to_toml(1.0) == "1.0");
  CHECK(to_toml(0.1) == "0.1");
  CHECK(to_toml(1e300) == "1e+300");
  CHECK(to_toml(std::string("a\"b\\c\n\x01")) == R"("a\"b\\c\n\u0001")");
  CHECK(to_toml(Strings{"a", "b"}) == R"(["a", "b"])");
  CHECK(to_toml(Strings{}) == "[]");
  CHECK(to_toml(Biases{{5, -1}}) == "{ 5 = -1.0 }");
  CHECK(to_toml(Names{{"a.b", "info"}}) == R"({ "a.b" = "info" })");
  CHECK(to_toml(Names{}) == "{}");
}

}  // namespace
}  // namespace forge::config
