#include "core/config/schema.hpp"

#include <set>

#include "core/config/value.hpp"
#include "tests/catch.hpp"

namespace forge::config {
namespace {

TEST_CASE("every key is in a section, stands with its kin and has a sentence of help") {
  std::set<std::string_view> closed;
  std::string_view section;
  std::set<std::string> names;
  std::set<std::string_view> flags;
  std::set<std::string_view> variables;
  for (const Key& key : keys()) {
    INFO(key.full_name());
    CHECK(find_section(key.section) != nullptr);
    CHECK(names.insert(key.full_name()).second);
    CHECK((key.flag.empty() || flags.insert(key.flag).second));
    CHECK((key.environment.empty() || variables.insert(key.environment).second));
    CHECK((key.environment.empty() || key.environment.starts_with("FORGE_")));
    if (key.section != section) CHECK(closed.insert(key.section).second);
    section = key.section;
    REQUIRE(key.help.size() > 10);
    CHECK(std::isupper(static_cast<unsigned char>(key.help[0])) != 0);
    CHECK(key.help.back() != '.');
  }
  CHECK(closed.size() == sections().size());
}

TEST_CASE("every default is within its own range") {
  const Config defaults;
  for (const Key& key : keys()) {
    const Status status = check(key, get(defaults, key), key.full_name());
    CHECK(status.message().empty());
  }
}

TEST_CASE("a key reads and writes its own member and no other") {
  // Changing one key must show in that key only, for all of them: a copied row would not pass.
  for (const Key& key : keys()) {
    Config config;
    const Value changed = std::visit(
        [](auto value) -> Value {
          using T = decltype(value);
          if constexpr (std::is_same_v<T, bool>) return !value;
          if constexpr (std::is_arithmetic_v<T>) return static_cast<T>(value + 1);
          if constexpr (std::is_same_v<T, std::string>) return value + "x";
          if constexpr (std::is_same_v<T, Strings>) return Strings{"x"};
          if constexpr (std::is_same_v<T, Biases>) return Biases{{1, 1.0}};
          if constexpr (std::is_same_v<T, Names>) return Names{{"x", "info"}};
        },
        get(config, key));
    set(config, key, changed);
    for (const Key& other : keys()) {
      INFO(key.full_name() << " / " << other.full_name());
      CHECK((get(config, other) == get(Config{}, other)) == (&key != &other));
    }
    CHECK(get(config, key) == changed);
  }
}

TEST_CASE("keys are found by name, wrong ones lead to the right one") {
  REQUIRE(find("sampling.top_k") != nullptr);
  CHECK(find("sampling.top_k")->name == "top_k");
  CHECK(find("top_k") == nullptr);
  CHECK(find("sampling.nothing") == nullptr);
  CHECK(suggest_key("sampling", "temprature") == "; did you mean 'sampling.temperature'?");
  CHECK(suggest_key("", "temperature") == "; did you mean 'sampling.temperature'?");
  CHECK(suggest_key("model", "n_ctx") == "; did you mean 'context.length'?");
  CHECK(suggest_key("context", "n_ctx") == "; did you mean 'context.length'?");
  CHECK(suggest_key("threads", "num_threads") == "; did you mean 'threads.count'?");
  CHECK(suggest_key("chat", "tempurature") == "; did you mean 'sampling.temperature'?");
  CHECK(suggest_key("chat", "zzzzzz").empty());
}

TEST_CASE("expectations name type and range") {
  CHECK(expectation(*find("sampling.top_p")) == "a number from 0 to 1");
  CHECK(expectation(*find("sampling.seed")) == "a whole number from -1 up");
  CHECK(expectation(*find("threads.pin")) == "true or false");
  CHECK(expectation(*find("logging.format")) == "one of text, json");
  CHECK(expectation(*find("plugins.search_paths")) == "a list of paths");
}

}  // namespace
}  // namespace forge::config
