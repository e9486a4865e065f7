// Templates of ours, rendered as jinja2 rendered them.
#include "tests/unit/text/jinja/recorded.hpp"

#include "core/text/jinja/template.hpp"
#include "tests/catch.hpp"

namespace forge::jinja {
namespace {

RenderOptions recorded_options() {
  RenderOptions options;
  options.now = DateTime{2025, 3, 9, 4, 5, 6};
  return options;
}

Result<std::string> render(const std::string& source, const Data& variables) {
  FORGE_ASSIGN(const Template parsed, Template::parse(source));
  return parsed.render(variables, recorded_options());
}

// The same text, or an error that holds the same message.
void check_answer(const Data& row, const std::string& source, const Data& variables) {
  const auto ours = render(source, variables);
  INFO("template: " << source);
  if (row.find("text") != nullptr) {
    REQUIRE((ours.ok() ? std::string() : ours.status().message()).empty());
    CHECK(*ours == testing::text_of(row, "text"));
  } else {
    REQUIRE_FALSE(ours.ok());
    INFO("ours: " << ours.status().message());
    INFO("jinja2: " << testing::text_of(row, "error"));
    CHECK(ours.status().message().find(testing::text_of(row, "error")) != std::string::npos);
  }
}

TEST_CASE("small templates render as jinja2 renders them") {
  const Data variables = testing::read_json("variables.json");
  const std::vector<Data> rows = testing::read_lines("recorded_small.jsonl");
  REQUIRE(rows.size() > 500);
  for (const Data& row : rows) {
    check_answer(row, testing::text_of(row, "template"), variables);
  }
}

TEST_CASE("random templates render as jinja2 renders them") {
  // The variables of tests/peers/jinja_random.py.
  const Data variables = *Data::parse_json(R"({
    "n": 5, "m": -3, "f": 2.5, "t": true, "nil": null, "s": "Hello World", "e": "",
    "u": "Zoë – 你好 ß ΑΣ", "w": "  a b\t c\n", "xs": [3, 1, 2, 1], "ws": ["pear", "Fig", "apple"],
    "mx": [1, "a", null, true, 2.5, [1], {"k": 1}], "z": [],
    "d": {"b": 1, "a": "x", "C": null}, "dd": {"x": {"y": [1, {"q": "r"}]}},
    "us": [{"name": "Ann", "age": 3, "ok": true}, {"name": "bob", "age": 1},
           {"name": "Cy", "age": 3, "ok": false}]})");
  for (const Data& row : testing::read_lines("recorded_random.jsonl")) {
    check_answer(row, testing::text_of(row, "template"), variables);
  }
}

TEST_CASE("chat templates render conversations as jinja2 renders them") {
  const Data conversations = testing::read_json("conversations.json");
  for (const Data& row : testing::read_lines("recorded_chats.jsonl")) {
    const std::string& name = testing::text_of(row, "conversation");
    Data variables = Data::object({{"bos_token", "<s>"},
                                   {"eos_token", "</s>"},
                                   {"add_generation_prompt", *row.find("add_generation_prompt")}});
    for (const Data& conversation : *conversations.as_array()) {
      if (testing::text_of(conversation, "name") != name) continue;
      for (const Data::Member& member : *conversation.find("request")->as_object()) {
        variables.set(member.key, member.value);
      }
    }
    const std::string& file = testing::text_of(row, "template");
    INFO(file << " x " << name);
    check_answer(row, testing::read_file("templates/" + file), variables);
  }
}

}  // namespace
}  // namespace forge::jinja
