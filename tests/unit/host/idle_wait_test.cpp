#include "host/cli/idle_wait.hpp"

#include <atomic>
#include <future>

#include "tests/catch.hpp"

namespace forge::cli {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

TEST_CASE("an idle wait that lasts does what it was told, once") {
  std::promise<void> called;
  std::atomic<int> n = 0;
  {
    const IdleWait wait(seconds(0), [&] {
      ++n;
      called.set_value();
    });
    called.get_future().wait();
  }
  CHECK(n == 1);
}

TEST_CASE("an idle wait that is over does nothing more") {
  bool called = false;
  {
    const IdleWait wait(hours(24), [&] { called = true; });
  }
  CHECK_FALSE(called);
}

TEST_CASE("an idle wait ends after what it does") {
  std::promise<void> began, go_on;
  std::atomic<bool> ended = false;
  std::future<void> waiting;
  {
    const IdleWait wait(seconds(0), [&] {
      began.set_value();
      go_on.get_future().wait();
      ended = true;
    });
    began.get_future().wait();
    waiting = std::async(std::launch::async, [&] { go_on.set_value(); });
  }
  CHECK(ended);
}

}  // namespace
}  // namespace forge::cli
