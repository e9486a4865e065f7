// host/cli/idle_wait.hpp: something to do when a wait takes long.
#ifndef FORGE_HOST_CLI_IDLE_WAIT_HPP_
#define FORGE_HOST_CLI_IDLE_WAIT_HPP_

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace forge::cli {

// Calls `then` once, on a thread of its own, if it still exists after so long. Gone, it is sure
// that `then` has ended or will not be called. For the time in which one thread waits for input and
// touches nothing that `then` does.
class IdleWait {
 public:
  IdleWait(std::chrono::duration<double> after, std::function<void()> then);
  ~IdleWait();
  IdleWait(const IdleWait&) = delete;
  IdleWait& operator=(const IdleWait&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable over_changed_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace forge::cli

#endif  // FORGE_HOST_CLI_IDLE_WAIT_HPP_
