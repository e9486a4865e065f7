#include "core/base/child_process.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <thread>

#include "tests/catch.hpp"
#include "tests/support/scratch.hpp"

namespace forge {
namespace {

using std::chrono::milliseconds;

ChildOptions shell(const std::string& script, milliseconds limit = milliseconds(60000)) {
  ChildOptions options;
  options.program = "/bin/sh";
  options.arguments = {"-c", script};
  options.limit = limit;
  return options;
}

TEST_CASE("report, output and exit code come back") {
  const Result<ChildEnd> end =
      run_child(shell("echo report >&3; echo out; echo err >&2; cat; exit 7"));
  REQUIRE(end.ok());
  CHECK(end->ending == Ending::kExited);
  CHECK(end->code == 7);
  CHECK(end->report == "report\n");
  CHECK(end->output == "out\nerr\n");  // and no standard input: cat ended
}

TEST_CASE("a signal is told by its number") {
  const Result<ChildEnd> end = run_child(shell("kill -SEGV $$"));
  REQUIRE(end.ok());
  CHECK(end->ending == Ending::kSignalled);
  CHECK(end->code == SIGSEGV);
  CHECK(signal_name(SIGSEGV) == "SIGSEGV");
  CHECK(signal_name(63) == "signal 63");
}

TEST_CASE("a child that hangs is killed with all it started") {
  const test::Scratch scratch;
  const std::string pid_file = (scratch / "pid").string();
  const Result<ChildEnd> end = run_child(
      shell("sleep 1000 & echo $! > '" + pid_file + "'; echo waiting; wait", milliseconds(1500)));
  REQUIRE(end.ok());
  CHECK(end->ending == Ending::kTimedOut);
  CHECK(end->output == "waiting\n");
  const std::string text = test::read_file(pid_file);
  REQUIRE_FALSE(text.empty());
  // Killed; whoever inherits it may still have to reap it.
  const pid_t grandchild = std::stoi(text);
  for (int i = 0; i < 500 && kill(grandchild, 0) == 0; ++i) {
    const std::string state = test::read_file("/proc/" + std::to_string(grandchild) + "/stat");
    if (state.find(") Z ") != std::string::npos) break;
    std::this_thread::sleep_for(milliseconds(10));
    CHECK(i < 499);
  }
}

TEST_CASE("a grandchild that keeps the pipes open does not keep us") {
  const Result<ChildEnd> end = run_child(shell("sleep 1000 & echo done >&3"));
  REQUIRE(end.ok());
  CHECK(end->ending == Ending::kExited);
  CHECK(end->report == "done\n");
}

TEST_CASE("endless output is cut and does not outlast the limit") {
  ChildOptions options = shell("yes report >&3 & yes output", milliseconds(1000));
  options.max_report = 100;
  options.max_output = 50;
  const Result<ChildEnd> end = run_child(options);
  REQUIRE(end.ok());
  CHECK(end->ending == Ending::kTimedOut);
  CHECK(end->report.size() == 100);
  CHECK(end->output.size() == 50);
}

TEST_CASE("the child has no files but its own, whatever is open here") {
  // Without O_CLOEXEC, and with standard input closed, so that pipes get low numbers.
  const int low = open("/dev/null", O_RDONLY);
  const int leaked = fcntl(low, F_DUPFD, 20);
  close(low);
  const int input = dup(STDIN_FILENO);
  close(STDIN_FILENO);
  const Result<ChildEnd> end = run_child(shell("ls /proc/$$/fd | tr '\\n' ' ' >&3"));
  if (input >= 0) {
    dup2(input, STDIN_FILENO);
    close(input);
  }
  close(leaked);
  REQUIRE(end.ok());
  CHECK(end->report.starts_with("0 1 2 3"));
  CHECK(end->report.find(" " + std::to_string(leaked) + " ") == std::string::npos);
}

TEST_CASE("signals that this process blocks or ignores work in the child") {
  struct sigaction ignore = {};
  struct sigaction before = {};
  ignore.sa_handler = SIG_IGN;
  REQUIRE(sigaction(SIGTERM, &ignore, &before) == 0);
  const Result<ChildEnd> end = run_child(shell("kill -TERM $$; exit 5"));
  sigaction(SIGTERM, &before, nullptr);
  REQUIRE(end.ok());
  CHECK(end->ending == Ending::kSignalled);
  CHECK(end->code == SIGTERM);
}

TEST_CASE("a host that ignores SIGCHLD still gets the report") {
  struct sigaction ignore = {};
  struct sigaction before = {};
  ignore.sa_handler = SIG_IGN;
  REQUIRE(sigaction(SIGCHLD, &ignore, &before) == 0);
  const Result<ChildEnd> end = run_child(shell("echo fine >&3"));
  sigaction(SIGCHLD, &before, nullptr);
  REQUIRE(end.ok());
  CHECK(end->report == "fine\n");
}

TEST_CASE("a program that is not there is an error") {
  ChildOptions options;
  options.program = "/no/such/program";
  const Result<ChildEnd> end = run_child(options);
  REQUIRE_FALSE(end.ok());
  CHECK(end.status().message() == "cannot start '/no/such/program': No such file or directory");
}

TEST_CASE("several threads can each run children") {
  std::vector<std::thread> threads;
  std::array<int, 4> codes{};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t, &codes] {
      for (int i = 0; i < 5; ++i) {
        const Result<ChildEnd> end = run_child(shell("exit " + std::to_string(t + 1)));
        codes[static_cast<std::size_t>(t)] = end.ok() ? end->code : -1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(codes == std::array<int, 4>{1, 2, 3, 4});
}

TEST_CASE("what is reported is told as it comes, and can give more time") {
  std::string told;
  // Longer in all than any one limit; each line allows as long again.
  ChildOptions options =
      shell("for i in 1 2 3 4; do echo $i >&3; sleep 0.4; done; echo end >&3", milliseconds(60000));
  options.on_report = [&told](std::string_view piece) -> std::optional<milliseconds> {
    told += piece;
    return milliseconds(30000);
  };
  Result<ChildEnd> end = run_child(options);
  REQUIRE(end.ok());
  CHECK(end->ending == Ending::kExited);
  CHECK(told == "1\n2\n3\n4\nend\n");
  CHECK(end->report == told);

  options.limit = milliseconds(600000);
  options.arguments[1] = "echo go >&3; sleep 1000";
  options.on_report = [](std::string_view) { return milliseconds(100); };
  end = run_child(options);
  REQUIRE(end.ok());
  CHECK(end->ending == Ending::kTimedOut);
}

TEST_CASE("a child is asked to end before it is killed") {
  ChildOptions options =
      shell("trap 'echo asked >&3; exit 5' TERM; sleep 1000 & wait", milliseconds(1500));
  options.grace = milliseconds(60000);
  const Result<ChildEnd> end = run_child(options);
  REQUIRE(end.ok());
  CHECK(end->ending == Ending::kTimedOut);
  CHECK(end->report == "asked\n");
  options.grace = milliseconds(100);
  options.arguments[1] = "trap '' TERM; while true; do sleep 1; done";
  const Result<ChildEnd> stubborn = run_child(options);
  REQUIRE(stubborn.ok());
  CHECK(stubborn->ending == Ending::kTimedOut);
}

TEST_CASE("a child ends when the caller wants it to") {
  ChildOptions options = shell("sleep 1000", milliseconds(600000));
  int asked = 0;
  options.stop = [&asked] { return ++asked == 3; };
  const Result<ChildEnd> end = run_child(options);
  REQUIRE(end.ok());
  CHECK(end->ending == Ending::kStopped);
  CHECK(asked == 3);
}

}  // namespace
}  // namespace forge
