#include "core/safety/preflight_stream.hpp"

#include <string>

#include "tests/catch.hpp"

namespace forge::safety {
namespace {

using std::chrono::milliseconds;

const std::string kUp = "stage open\nstage initialize\nstage self_test\nstage interfaces\n";
const std::string kTwo = "list 1000 runtime the runtime\nlist 2000 memory a pattern\n";
const std::string kWhole = kUp + kTwo +
                           "enter 0\nfact runtime_version 6.2\nfact memory_free 5\npass 0 fine\n"
                           "enter 1\npass 1 \nstage shutdown\nresult 0\n";

// A clock that goes on by 10 ms with every look.
StreamOptions options() {
  StreamOptions made;
  made.now = [t = std::chrono::steady_clock::time_point()]() mutable {
    return t += milliseconds(10);
  };
  return made;
}

PreflightStream fed(std::string_view text) {
  PreflightStream stream(options());
  stream.feed(text);
  return stream;
}

TEST_CASE("preflight stream: a whole one") {
  const PreflightStream stream = fed(kWhole);
  CHECK(stream.complete());
  REQUIRE(stream.result().has_value());
  CHECK(stream.result()->ok());
  CHECK(stream.facts() == PreflightFacts{5, "6.2", ""});
  CHECK(stream.current_name() == "shutdown");
  const auto stages = stream.stages();
  REQUIRE(stages.size() == 3);
  CHECK(stages[0].name == "load");
  CHECK(stages[1] ==
        StageReport{"runtime", "the runtime", StageState::kPassed, milliseconds(10), "fine"});
  CHECK(stages[2].state == StageState::kPassed);
}

TEST_CASE("preflight stream: wherever it is cut, the same") {
  for (std::size_t size = 1; size < 40; ++size) {
    CAPTURE(size);
    PreflightStream stream(options());
    for (std::size_t at = 0; at < kWhole.size(); at += size) stream.feed(kWhole.substr(at, size));
    CHECK(stream.complete());
    CHECK(stream.result().has_value());
    CHECK(stream.stages() == fed(kWhole).stages());
  }
}

TEST_CASE("preflight stream: every stage has its own limit, or the user's") {
  PreflightStream own(options());
  CHECK(own.current_limit() == milliseconds(10000));
  CHECK(own.feed("stage open\n") == milliseconds(10000));
  own.feed("stage initialize\nstage self_test\nstage interfaces\n" + kTwo);
  CHECK(own.feed("enter 0\n") == milliseconds(1000));
  CHECK(own.current_name() == "runtime");
  CHECK(own.feed("pass 0\n") == milliseconds(10000));
  CHECK(own.feed("enter 1\n") == milliseconds(2000));
  CHECK(own.current_limit() == milliseconds(2000));

  StreamOptions users = options();
  users.stage_limit = milliseconds(77);
  users.load_limit = milliseconds(5);
  PreflightStream stream(users);
  CHECK(stream.feed(kUp + kTwo) == milliseconds(5));
  CHECK(stream.feed("enter 0\n") == milliseconds(77));
}

TEST_CASE("preflight stream: repeating lines buys no time") {
  PreflightStream stream(options());
  stream.feed(kUp + kTwo + "enter 0\n");
  for (const char* line : {"enter 0\n", "enter 1\n", "stage open\n", "stage shutdown\n", "pass 1\n",
                           "list 600000 more time\n", "stage interfaces\n", "nonsense\n", "\n"}) {
    CAPTURE(line);
    CHECK_FALSE(stream.feed(line).has_value());
  }
  CHECK(stream.current_name() == "runtime");
  CHECK(stream.listed() == 2);
  CHECK(stream.feed("pass 0\n").has_value());
  CHECK_FALSE(stream.feed("pass 0\n").has_value());
  CHECK_FALSE(stream.feed("enter 0\n").has_value());
  CHECK(stream.passed() == 1);
}

TEST_CASE("preflight stream: success is believed only when every stage passed in order") {
  CHECK_FALSE(fed("result 0\n").complete());
  CHECK_FALSE(fed(kUp + "result 0\n").complete());
  CHECK_FALSE(fed(kUp + kTwo + "pass 0\npass 1\nresult 0\n").complete());
  CHECK_FALSE(fed(kUp + kTwo + "enter 1\npass 1\nenter 0\npass 0\nresult 0\n").complete());
  CHECK(fed(kUp + kTwo + "enter 1\npass 1\n").passed() == 0);
  CHECK_FALSE(fed(kUp + kTwo + "enter 0\npass 0\nresult 0\n").complete());
  CHECK_FALSE(fed(kTwo + "enter 0\npass 0\nenter 1\npass 1\n").complete());  // before it is up
}

TEST_CASE("preflight stream: stages with impossible names, limits or numbers are no stages") {
  for (const char* line : {"list 0 a x", "list 600001 a x", "list x a x", "list 10 A x",
                           "list 10  x", "list -1 a x", "list 10", "list"}) {
    CAPTURE(line);
    CHECK(fed(kUp + line + "\n").listed() == 0);
  }
  CHECK(fed(kUp + "list 10 a x\nlist 10 a y\n").listed() == 1);
  std::string many = kUp;
  for (int i = 0; i < 40; ++i) many += "list 10 s" + std::to_string(i) + " x\n";
  CHECK(fed(many).listed() == 16);
  CHECK_FALSE(is_stage_name(""));
  CHECK_FALSE(is_stage_name(std::string(33, 'a')));
  CHECK(is_stage_name(std::string(32, 'a')));
}

TEST_CASE("preflight stream: the end is a code and the sentence behind it") {
  const auto result = fed(kUp + kTwo + "enter 0\nresult 15\n7 words\ndiffer\x1b").result();
  REQUIRE(result.has_value());
  CHECK(result->code() == Code::kDataLoss);
  CHECK(result->message() == "7 words\\ndiffer\\x1b");
  CHECK_FALSE(fed("result 16\n").result().has_value());
  CHECK_FALSE(fed("result x\n").result().has_value());
  CHECK_FALSE(fed("result 1").result().has_value());  // not a whole line
  const auto flood = fed("result 2\n" + std::string(100000, 'x')).result();
  CHECK(flood->message().size() <= 16384);
}

TEST_CASE("preflight stream: lines without end are dropped, and what follows is read") {
  PreflightStream stream(options());
  for (int i = 0; i < 1000; ++i) stream.feed(std::string(1000, 'x'));
  stream.feed("\n" + kWhole);
  CHECK(stream.complete());
}

TEST_CASE("preflight stream: where a plugin is while it is brought up") {
  CHECK(fed("").current_phrase() == "before its library was opened");
  CHECK(fed("stage open\nstage initialize\n").current_phrase() == "in initialize()");
  CHECK(fed("stage open\nstage initialize\n").current_name() == "load");
  CHECK(fed("stage open\nstage initialize\nstage shutdown\n").current_name() == "load");
  CHECK(fed(kUp + kTwo + "enter 0\n").current_phrase().empty());
}

TEST_CASE("preflight stream: what is written is read") {
  PreflightFacts facts;
  facts.memory_free = 123456789012345;
  facts.runtime_version = "6.2.41134-\x01";
  facts.runtime_path = "/opt/rocm 6/lib/libamdhip64.so.6";
  const PreflightStream stream =
      fed(kUp + list_line(milliseconds(5), "kernel", "a\nb") + enter_line(0) + fact_lines(facts) +
          pass_line(0, "two\nlines"));
  CHECK(stream.complete());
  CHECK(stream.facts().memory_free == facts.memory_free);
  CHECK(stream.facts().runtime_version == "6.2.41134-\\x01");
  CHECK(stream.facts().runtime_path == facts.runtime_path);
  CHECK(stream.stages().at(1).purpose == "a\\nb");
  CHECK(stream.stages().at(1).text == "two\\nlines");
  CHECK(fact_lines({}).empty());
}

}  // namespace
}  // namespace forge::safety
