#include "host/cli/interrupt.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include "tests/catch.hpp"

namespace forge::cli {
namespace {

// The exit status of a child that runs `body`.
template <class Body>
int status_of_child(Body body) {
  const pid_t child = fork();
  if (child == 0) {
    body();
    _exit(7);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

TEST_CASE("the first Ctrl-C is a request, answered it can come again") {
  const Interrupt interrupt;
  CHECK_FALSE(Interrupt::requested());
  CHECK(Interrupt::check().ok());
  raise(SIGINT);
  CHECK(Interrupt::requested());
  CHECK(Interrupt::check().code() == Code::kCancelled);
  Interrupt::reset();
  raise(SIGINT);
  CHECK(Interrupt::requested());
}

TEST_CASE("a second Ctrl-C in a row leaves with 130") {
  const int status = status_of_child([] {
    const Interrupt interrupt;
    raise(SIGINT);
    raise(SIGINT);
  });
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 130);
}

TEST_CASE("without an Interrupt the first Ctrl-C ends the program") {
  const int status = status_of_child([] {
    std::signal(SIGINT, SIG_DFL);  // the test runner has its own handler
    {
      const Interrupt interrupt;
    }
    raise(SIGINT);
  });
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGINT);
}

}  // namespace
}  // namespace forge::cli
