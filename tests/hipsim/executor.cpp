#include "tests/hipsim/executor.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <mutex>
#include <numeric>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "tests/hipsim/signals.hpp"

namespace hipsim {
namespace {

// A launch that threads take workgroups of.
class Job {
 public:
  Job(const Launch& launch, const Order& order) : launch_(launch), order_(order) {
    if (order.kind != OrderKind::kRandom) return;
    shuffled_.resize(launch.n_blocks());
    std::iota(shuffled_.begin(), shuffled_.end(), std::uint64_t{0});
    std::mt19937_64 random(order.seed);
    std::shuffle(shuffled_.begin(), shuffled_.end(), random);
  }

  void work() {
    Workgroup& workgroup = Workgroup::of_this_thread();
    const SignalStack stack;
    const std::uint64_t n = launch_.n_blocks();
    for (std::uint64_t i = 0; (i = next_.fetch_add(1, std::memory_order_relaxed)) < n;) {
      const std::uint64_t block = block_of(i, n);
      if (auto fault = workgroup.run(launch_, block, order_)) failed(i, std::move(*fault));
    }
  }

  std::optional<KernelFault> result() { return std::move(fault_); }

 private:
  std::uint64_t block_of(std::uint64_t i, std::uint64_t n) const {
    if (order_.kind == OrderKind::kReverse) return n - 1 - i;
    return shuffled_.empty() ? i : shuffled_[i];
  }

  void failed(std::uint64_t i, KernelFault fault) {
    const std::lock_guard lock(mutex_);
    if (i < failed_at_) fault_ = std::move(fault);
    failed_at_ = std::min(failed_at_, i);
    next_.store(launch_.n_blocks(), std::memory_order_relaxed);  // no more of it
  }

  const Launch& launch_;
  Order order_;
  std::vector<std::uint64_t> shuffled_;
  std::atomic<std::uint64_t> next_{0};
  std::mutex mutex_;
  std::uint64_t failed_at_ = std::numeric_limits<std::uint64_t>::max();
  std::optional<KernelFault> fault_;
};

// Threads that wait for jobs. They live as long as the process: a kernel that hangs is never ended.
class Helpers {
 public:
  void run(Job& job, unsigned n) {
    std::unique_lock lock(mutex_);
    for (; started_ < n; ++started_) std::thread(&Helpers::serve, this, started_).detach();
    job_ = &job;
    wanted_ = n;
    busy_ = n;
    ++turn_;
    wake_.notify_all();
    lock.unlock();
    job.work();
    lock.lock();
    done_.wait(lock, [&] { return busy_ == 0; });
    job_ = nullptr;
  }

 private:
  void serve(unsigned number) {
    std::uint64_t seen = 0;
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [&] { return turn_ != seen && job_ && number < wanted_; });
      seen = turn_;
      Job* job = job_;
      lock.unlock();
      job->work();
      lock.lock();
      if (--busy_ == 0) done_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_, done_;
  Job* job_ = nullptr;
  std::uint64_t turn_ = 0;
  unsigned started_ = 0, wanted_ = 0, busy_ = 0;
};

}  // namespace

std::optional<KernelFault> run_launch(const Launch& launch, const Order& order, unsigned threads) {
  static Helpers& helpers = *new Helpers;  // never destroyed: its threads are never joined
  arm_signals();
  Job job(launch, order);
  const std::uint64_t n = std::min<std::uint64_t>(threads, launch.n_blocks());
  if (n <= 1)
    job.work();
  else
    helpers.run(job, static_cast<unsigned>(n - 1));
  return job.result();
}

}  // namespace hipsim
