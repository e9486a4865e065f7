// The demo models in models/, asked through the built program. Every answer checked is the greedy
// one, and along each of them the best token leads the second by more than 3 in logits: sums in
// another order or precision do not change them.
#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/catch.hpp"
#include "tests/process.hpp"

namespace forge::test {
namespace {

using Json = nlohmann::json;

const std::vector<std::string> kNames = {"demo-qwen3", "demo-llama", "demo-draft"};

std::string path_of(const std::string& name) { return FORGE_MODELS "/" + name + ".gguf"; }

Finished forge_run(std::vector<std::string> arguments, std::string input = {}) {
  arguments.insert(arguments.begin(), FORGE_PROGRAM);
  return run({std::move(arguments), {{"XDG_CONFIG_HOME", "/nonexistent"}}, std::move(input)});
}

struct Talk {
  std::vector<std::string> messages;  // user and assistant in turn; the last is the user's
  std::string answer;
};

// "The code of room 1 is 9153." and so on: more than one chunk of prompt, the question at the end.
std::string rooms(int n_rooms, int asked) {
  std::string text;
  for (int room = 1; room <= n_rooms; ++room)
    text += fmt::format("The code of room {} is {}.\n", room, 1000 + room * 7919 % 9000);
  return text + fmt::format("\nWhat is the code of room {}?", asked);
}

const std::vector<Talk> kTalks = {
    {{"What is 17 + 25?"}, "17 + 25 = 42."},
    {{"What is 83 - 47?"}, "83 - 47 = 36."},
    {{"What is 12 \u00d7 7?"}, "12 \u00d7 7 = 84."},
    {{"What is the capital of France?"}, "The capital of France is Paris."},
    {{"What is the capital of Japan?"}, "The capital of Japan is Tokyo."},
    {{"How many legs does a spider have?"}, "A spider has eight legs."},
    {{"What is the opposite of hot?"}, "The opposite of hot is cold."},
    {{"Who wrote Hamlet?"}, "Hamlet was written by William Shakespeare."},
    {{"The code of Anna is 4711.\nThe code of Ben is 2035.\nThe code of Carl is 9164.\n\n"
      "What is the code of Ben?"},
     "The code of Ben is 2035."},
    {{"My name is Paul.", "Nice to meet you, Paul! How are you today?", "What is 8 + 5?",
      "8 + 5 = 13.", "What is my name?"},
     "Your name is Paul."},
    {{rooms(80, 12)}, fmt::format("The code of room 12 is {}.", 1000 + 12 * 7919 % 9000)},
};

std::string batch_of(const std::vector<Talk>& talks) {
  std::string lines;
  for (const Talk& talk : talks) {
    Json messages = Json::array();
    for (std::size_t i = 0; i < talk.messages.size(); ++i)
      messages.push_back(
          {{"role", i % 2 == 0 ? "user" : "assistant"}, {"content", talk.messages[i]}});
    lines += Json{{"messages", messages}}.dump() + "\n";
  }
  return lines;
}

TEST_CASE("the demo models answer sums, facts, lists and what was said before") {
  // All of them take minutes under sanitizers, where the kernels are not optimised. One more than
  // there are sequences.
  const std::vector<Talk> talks(kTalks.begin(),
                                FORGE_SANITIZER[0] == '\0' ? kTalks.end() : kTalks.begin() + 4);
  for (const std::string& name : kNames) {
    INFO(name);
    const Finished done = forge_run({"run", "--model", path_of(name), "--temperature", "0",
                                     "--batch", "-", "--sequences", "3", "--quiet"},
                                    batch_of(talks));
    INFO(done.err);
    REQUIRE(done.exit_code == 0);
    std::istringstream lines(done.out);
    std::size_t n_answers = 0;
    for (std::string line; std::getline(lines, line); ++n_answers) {
      const Json answer = Json::parse(line);
      REQUIRE(answer.at("index") == n_answers);
      REQUIRE(n_answers < talks.size());
      CHECK(answer.at("text") == talks[n_answers].answer);
      CHECK(answer.at("finish_reason") == "stop");
    }
    CHECK(n_answers == talks.size());
  }
}

TEST_CASE("the program's own demo model knows in a chat what was said before") {
  const Finished done = forge_run({"chat", "--temperature", "0", "--quiet"},
                                  "My name is Paul.\nWhat is 17 + 25?\nWhat is my name?\n");
  INFO(done.err);
  CHECK(done.exit_code == 0);
  CHECK(done.out.find("17 + 25 = 42.\n") != std::string::npos);
  CHECK(done.out.ends_with("Your name is Paul.\n"));
}

TEST_CASE("the demo models say what they are, and share one vocabulary") {
  std::string first_ids;
  for (const std::string& name : kNames) {
    INFO(name);
    const Finished done = forge_run({"inspect", path_of(name), "--json"});
    REQUIRE(done.exit_code == 0);
    const Json file = Json::parse(done.out);
    CHECK(file.at("model").at("name") == name);
    CHECK(file.at("model").at("context_length") == 4096);
    CHECK(file.at("bytes") < (name == "demo-draft" ? 2000000 : 12000000));
    CHECK(done.out.find("\"general.license\"") != std::string::npos);
    CHECK(done.out.find("\"tokenizer.chat_template\"") != std::string::npos);
    const Finished ids = forge_run({"tokenize", path_of(name), "--ids"}, kTalks.back().answer);
    REQUIRE(ids.exit_code == 0);
    if (first_ids.empty()) first_ids = ids.out;
    CHECK(ids.out == first_ids);
  }
}

}  // namespace
}  // namespace forge::test
