#include "host/cli/idle_wait.hpp"

#include <signal.h>

#include <utility>

namespace forge::cli {

IdleWait::IdleWait(std::chrono::duration<double> after, std::function<void()> then) {
  // Signals are for the thread that waits: they end its wait.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this, after, then = std::move(then)] {
    std::unique_lock lock(mutex_);
    if (!over_changed_.wait_for(lock, after, [this] { return over_; })) then();
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

IdleWait::~IdleWait() {
  {
    const std::scoped_lock lock(mutex_);
    over_ = true;
  }
  over_changed_.notify_one();
  thread_.join();
}

}  // namespace forge::cli
