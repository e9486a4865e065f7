#include "core/plugin/probe_report.hpp"

#include <csignal>

#include "tests/catch.hpp"

namespace forge::plugin {
namespace {

using std::chrono::milliseconds;

ChildEnd end_of(Ending ending, int code, std::string report, std::string output = {}) {
  return {ending, code, std::move(report), std::move(output)};
}

TEST_CASE("a report with a good result is a pass") {
  const std::string report =
      report_stage(Stage::kOpen) + report_stage(Stage::kShutdown) + report_result(Status());
  CHECK(judge_probe(end_of(Ending::kExited, 0, report), milliseconds(1)).ok());
}

TEST_CASE("a failure carries code and sentence, over lines") {
  const std::string report =
      report_stage(Stage::kInitialize) + report_result(not_found("no device\nat all"));
  const Status status = judge_probe(end_of(Ending::kExited, 1, report), milliseconds(1));
  CHECK(status.code() == Code::kNotFound);
  CHECK(status.message() == "no device\\nat all");
}

TEST_CASE("each way to end badly has its sentence") {
  const std::string stage = report_stage(Stage::kSelfTest);
  CHECK(judge_probe(end_of(Ending::kSignalled, SIGSEGV, stage, "one\ntwo\n\n"), milliseconds(1))
            .message() == "crashed (SIGSEGV) in self_test(); it printed: 'two'");
  CHECK(judge_probe(end_of(Ending::kExited, 3, stage), milliseconds(1)).message() ==
        "ended the process with exit code 3 in self_test()");
  CHECK(judge_probe(end_of(Ending::kTimedOut, 0, stage), milliseconds(10000)).message() ==
        "hung in self_test(): stopped after 10 s");
  CHECK(judge_probe(end_of(Ending::kUnstoppable, 0, stage), milliseconds(1500)).message() ==
        "hung in self_test() in the kernel: it could not even be stopped after 1.5 s");
  CHECK(judge_probe(end_of(Ending::kSignalled, SIGILL, ""), milliseconds(1)).message() ==
        "crashed (SIGILL) before its library was opened");
}

TEST_CASE("a good result does not count when the process crashed behind it") {
  CHECK_FALSE(
      judge_probe(end_of(Ending::kSignalled, SIGABRT, report_result(Status())), milliseconds(1))
          .ok());
}

TEST_CASE("foreign text in the report is no result") {
  for (const char* text : {"", "\n\n", "result", "result \n", "result x\n", "result -1\n",
                           "result 99999999999999999999\nhi", "result 16\nhi", "stage nowhere\n",
                           "stage \xff\xfe\n"}) {
    CAPTURE(text);
    CHECK(judge_probe(end_of(Ending::kExited, 0, text), milliseconds(1)).code() == Code::kInternal);
  }
}

TEST_CASE("stages have names that come back") {
  for (const Stage stage :
       {Stage::kOpen, Stage::kInitialize, Stage::kSelfTest, Stage::kInterfaces, Stage::kShutdown})
    CHECK(stage_by_name(stage_name(stage)) == stage);
  CHECK_FALSE(stage_by_name("landing"));
}

}  // namespace
}  // namespace forge::plugin
