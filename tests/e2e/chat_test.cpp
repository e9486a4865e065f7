// rocmforge chat with the demo model, through a pipe and at a terminal.
#include <string>

#include "tests/catch.hpp"
#include "tests/process.hpp"
#include "tests/support/pty.hpp"

namespace forge::test {
namespace {

const std::map<std::string, std::string> kEnvironment = {
    {"XDG_CONFIG_HOME", "/nonexistent"}, {"NO_COLOR", "1"}, {"TERM", "xterm"}};

Finished chat(std::vector<std::string> arguments, std::string lines) {
  arguments.insert(arguments.begin(), {FORGE_PROGRAM, "chat", "--temp", "0"});
  return run({std::move(arguments), kEnvironment, std::move(lines)});
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("chat: a conversation through a pipe remembers, and pays for new tokens only") {
  const Finished done = chat({}, "My name is Paul.\nWhat is 8 + 5?\nWhat is my name?\n/stats\n");
  INFO(done.out << done.err);
  CHECK(done.exit_code == 0);
  CHECK(has(done.out, "8 + 5 = 13.\n"));
  CHECK(has(done.out, "Your name is Paul.\n"));
  CHECK(has(done.err, "reused)"));
  CHECK(has(done.err, "6 messages, "));
}

TEST_CASE("chat: --quiet leaves nothing but answers") {
  const Finished done = chat({"--quiet"}, "What is 8 + 5?\n");
  CHECK(done.out == "8 + 5 = 13.\n");
  CHECK(done.err == "");
}

TEST_CASE("chat: a saved conversation goes on where it was, without evaluating it again") {
  const TemporaryFolder folder;
  const std::string file = folder.in("talk.json");
  CHECK(chat({}, "My name is Paul.\n/save " + file + "\n").exit_code == 0);
  const Finished done = chat({"--load", file}, "What is my name?\n");
  INFO(done.out << done.err);
  CHECK(done.exit_code == 0);
  CHECK(done.out == "Your name is Paul.\n");
  CHECK(has(done.err, "2 messages loaded\n"));
  CHECK(has(done.err, "reused)"));

  SECTION("so it does with a KV cache of bytes, and one of another type is not used") {
    const std::string bytes = folder.in("bytes.json");
    const std::vector<std::string> q8 = {"--k-type", "q8_0", "--v-type", "q8_0"};
    auto save = q8;
    CHECK(chat(save, "My name is Paul.\n/save " + bytes + "\n").exit_code == 0);
    auto load = q8;
    load.insert(load.end(), {"--load", bytes});
    const Finished again = chat(load, "What is my name?\n");
    CHECK(again.out == "Your name is Paul.\n");
    CHECK(has(again.err, "reused)"));
    const Finished other = chat({"--load", bytes}, "What is my name?\n");
    CHECK(other.out == "Your name is Paul.\n");
    CHECK(has(other.err, "reads the conversation anew"));
    CHECK_FALSE(has(other.err, "reused)"));
  }
  SECTION("the state of another model is not used") {
    const Finished other =
        chat({"-m", FORGE_MODELS "/demo-draft.gguf", "--load", file}, "What is my name?\n");
    INFO(other.err);
    CHECK(other.exit_code == 0);
    CHECK(other.out == "Your name is Paul.\n");
    CHECK(has(other.err, "reads the conversation anew"));
    CHECK(has(other.err, "another model"));
    CHECK_FALSE(has(other.err, "reused)"));
  }
  SECTION("a damaged state only costs time") {
    folder.file("talk.json.state", read_file(file + ".state").substr(0, 1000));
    const Finished cut = chat({"--load", file}, "What is my name?\n");
    CHECK(cut.out == "Your name is Paul.\n");
    CHECK(has(cut.err, "reads the conversation anew"));
  }
  SECTION("a file that is no conversation is refused and loses nothing") {
    const std::string wrong = folder.file("wrong.json", "[1, 2");
    const Finished refused = chat({}, "My name is Paul.\n/load " + wrong + "\nWhat is my name?\n");
    CHECK(refused.exit_code == 1);
    CHECK(has(refused.err, "is not a conversation saved by /save"));
    CHECK(has(refused.out, "Your name is Paul.\n"));
  }
}

TEST_CASE("chat: commands that are wrong say so, and the talk goes on") {
  const Finished done = chat({},
                             "/sysstem x\n/set temprature 1\n/set top_p 7\n/load\n/save\n/regen\n"
                             "/load /nonexistent/x\nWhat is 8 + 5?\n");
  INFO(done.err);
  CHECK(done.exit_code == 1);
  CHECK(done.out == "8 + 5 = 13.\n");
  CHECK(has(done.err, "there is no command '/sysstem'; did you mean '/system'?"));
  CHECK(has(done.err, "there is no setting 'temprature'; did you mean 'temperature'?"));
  CHECK(has(done.err, "top_p is 7; it must be a number from 0 to 1"));
  CHECK(has(done.err, "/load wants a file"));
  CHECK(has(done.err, "/save wants a file"));
  CHECK(has(done.err, "there is no message to answer again"));
  CHECK(has(done.err, "cannot open '/nonexistent/x'"));
  CHECK(has(done.err, "7 of the lines failed"));
}

TEST_CASE("chat: settings, system prompt and regeneration") {
  const Finished done = chat({},
                             "/system Your name is Max.\n/system\nWhat is your name?\n/regen\n"
                             "/set max_tokens 2\n/regen\n/set\n/system none\n/clear\n/stats\n");
  INFO(done.out << done.err);
  CHECK(done.exit_code == 0);
  const std::size_t first = done.out.find("Max");
  REQUIRE(first != std::string::npos);
  CHECK(done.out.find("Max", first + 1) != std::string::npos);
  CHECK(has(done.err, "max_tokens = 2\n"));
  CHECK(has(done.err, "| length |"));
  CHECK(has(done.err, "temperature = 0.0\n"));
  CHECK(has(done.err, "0 messages, "));
}

TEST_CASE("chat: at the end of the context it stops with advice, or forgets the oldest turns") {
  std::string lines;
  for (int i = 0; i < 8; ++i) lines += "What is " + std::to_string(20 + i) + " + 11?\n";
  const Finished stopped = chat({"--context", "64"}, lines);
  INFO(stopped.err);
  CHECK(stopped.exit_code == 1);
  CHECK(has(stopped.err, "but the context holds 64"));
  CHECK(has(stopped.err, "--when-full shift"));

  const Finished shifted = chat({"--context", "64", "--when-full", "shift"}, lines + "/stats\n");
  INFO(shifted.out << shifted.err);
  CHECK(shifted.exit_code == 0);
  CHECK(has(shifted.out, "27 + 11 = 38."));
  CHECK(has(shifted.err, "turns forgotten"));
}

TEST_CASE("chat: a model without a chat template is refused with what to do") {
  const TemporaryFolder folder;
  const Finished done = chat({"--template-file", folder.file("bad.jinja", "{% if %}")}, "hi\n");
  CHECK(done.exit_code != 0);
  CHECK(has(done.err, "line 1"));
}

TEST_CASE("chat: at a terminal, with editing, history, Ctrl-C and Ctrl-D") {
  const TemporaryFolder folder;
  auto environment = kEnvironment;
  environment["XDG_STATE_HOME"] = folder.path();
  environment["ASAN_OPTIONS"] = "detect_leaks=0";  // libedit keeps the names of its functions
  Pty terminal({FORGE_PROGRAM, "chat", "--temp", "0"}, environment);
  if (!terminal.ok()) {
    WARN("skipped: no terminal can be made here");
    return;
  }
  REQUIRE(terminal.wait_for("/help lists commands"));
  REQUIRE(terminal.wait_for("> "));
  terminal.type("What is 8 - 5?\x02\x02\x02\x7f+\r");  // back three, the minus becomes a plus
  REQUIRE(terminal.wait_for("8 + 5 = 13."));
  REQUIRE(terminal.wait_for("tok/s"));
  REQUIRE(terminal.wait_for("> "));
  usleep(300000);  // libedit takes Ctrl-C for itself a moment after it shows the prompt
  terminal.type("nothing of this is sent\x03");
  REQUIRE(terminal.wait_for("(Ctrl-D or /quit leaves)"));
  REQUIRE(terminal.wait_for("> "));
  terminal.type("/sta\t\r");
  REQUIRE(terminal.wait_for("2 messages, "));
  REQUIRE(terminal.wait_for("> "));
  terminal.type("\x10\x10\r");  // Ctrl-P twice: the line before the last
  REQUIRE(terminal.wait_for("8 + 5 = 13."));
  REQUIRE(terminal.wait_for("tok/s"));
  REQUIRE(terminal.wait_for("> "));
  usleep(300000);  // libedit takes Ctrl-C for itself a moment after it shows the prompt
  terminal.type("\x04");
  const int code = terminal.wait_for_end();
  INFO(terminal.screen());
  CHECK(code == 0);
  CHECK(has(read_file(folder.in("rocmforge/history")), "/stats"));
}

TEST_CASE("chat: Ctrl-C stops the answer and keeps the session") {
  const TemporaryFolder folder;
  auto environment = kEnvironment;
  environment["XDG_STATE_HOME"] = folder.path();
  environment["ASAN_OPTIONS"] = "detect_leaks=0";  // libedit keeps the names of its functions
  // An answer without end: no token that ends it, and a long context.
  Pty terminal({FORGE_PROGRAM, "chat", "--temp", "5", "--top-k", "0", "--top-p", "1", "--min-p",
                "0", "--logit-bias", "1533=-100,1534=-100,1535=-100"},
               environment);
  if (!terminal.ok()) {
    WARN("skipped: no terminal can be made here");
    return;
  }
  REQUIRE(terminal.wait_for("> "));
  terminal.type("Talk for ever.\r");
  REQUIRE(terminal.wait_for("Talk for ever.\r\n"));
  usleep(100000);
  terminal.type("\x03");
  INFO(terminal.screen());
  REQUIRE(terminal.wait_for("| cancelled |"));
  REQUIRE(terminal.wait_for("> "));
  terminal.type("/stats\r");
  REQUIRE(terminal.wait_for("2 messages, "));
  terminal.type("/quit\r");
  CHECK(terminal.wait_for_end() == 0);
}

}  // namespace
}  // namespace forge::test
