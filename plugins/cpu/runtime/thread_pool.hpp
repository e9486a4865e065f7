// plugins/cpu/runtime/thread_pool.hpp: the pack's own worker threads.
#ifndef FORGE_PLUGINS_CPU_RUNTIME_THREAD_POOL_HPP_
#define FORGE_PLUGINS_CPU_RUNTIME_THREAD_POOL_HPP_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <thread>
#include <vector>

namespace forge::cpu {

// Items 0 .. n_items - 1, taken in chunks; fewer than 2^32.
struct Phase {
  std::size_t n_items = 0;
  std::size_t chunk = 1;
  // Taken from front to back, so that an item may wait for one before it. Otherwise each thread
  // begins with a part of its own and takes of the others' when that is done: neighbours go to one
  // thread, which reads on where it has read ahead.
  bool in_order = false;
};

// n - 1 threads that help the one that calls run().
//
// A phase is over when its items are done, not when all threads have arrived: a thread whose
// processor is busy with something else holds nobody up unless it is in the middle of a chunk. On a
// desktop that does other work, too, this decides whether more threads are faster or slower.
class ThreadPool {
 public:
  // Does items [begin, end) of a phase; must not throw. thread: 0 .. size() - 1, and at any time
  // only one call with the same.
  using Work = std::function<void(std::size_t phase, std::size_t begin, std::size_t end,
                                  std::uint32_t thread)>;
  using PhaseDone = std::function<void(std::size_t phase)>;

  // n >= 1. pin: thread i stays on the i-th processor of the process's affinity mask.
  ThreadPool(std::uint32_t n, bool pin);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  std::uint32_t size() const { return n_; }

  // Does all items of all phases, those of a phase after all of the one before; what was done in
  // one is seen in the next, and by the caller afterwards. `done`, where given, is called on the
  // caller's thread after each phase. One caller at a time.
  void run(std::span<const Phase> phases, const Work& work, const PhaseDone& done = nullptr);

 private:
  // One phase of the run under way. Threads may come late and find the ticket of a later run, even
  // while it is written: what they read is atomic, and what says where a part goes on carries the
  // run's number, without which nothing can be taken.
  struct alignas(64) Ticket {
    std::atomic<std::uint32_t> n_items{0};
    std::atomic<std::uint32_t> chunk{1};
    std::atomic<bool> in_order{false};
    alignas(64) std::atomic<std::uint32_t> finished{0};  // items done
  };
  // run << 32 | first item not taken, of a part of a phase.
  using Next = std::atomic<std::uint64_t>;

  Next& next_of(std::size_t phase, std::uint32_t part) const {
    return nexts_[phase * next_stride_ + part];
  }
  std::uint64_t part_end(const Ticket& ticket, std::uint32_t part) const;
  void write_ticket(std::size_t i, const Phase& phase, std::uint32_t run);
  void help(std::uint32_t thread);
  bool take_items(std::size_t phase, std::uint32_t run, std::uint32_t thread);
  bool take_part(std::size_t phase, std::uint32_t run, std::uint32_t part, std::uint32_t thread);
  void wait_until_done(std::size_t phase, std::uint32_t run) const;
  void wake_waiters();
  void make_tickets(std::size_t n);
  void start_threads();
  void stop_threads();

  const std::uint32_t n_;
  const bool pin_;
  const std::size_t next_stride_;  // parts of a phase, in whole cache lines
  std::unique_ptr<Ticket[]> tickets_;
  std::unique_ptr<Next[]> nexts_;
  std::size_t n_tickets_ = 0;
  std::atomic<std::size_t> n_phases_{0};
  std::atomic<const Work*> work_{nullptr};
  std::atomic<bool> stop_{false};
  alignas(64) std::atomic<std::uint32_t> run_{0};
  // What threads sleep on until a phase is done: it only ever grows. `finished` does not: a thread
  // that is on its way to sleep for long enough would find there what it had read, of another run.
  alignas(64) std::atomic<std::uint32_t> signal_{0};
  std::vector<std::thread> threads_;
};

// Processors this process may run on: its affinity mask, one per core where several belong to one
// core.
std::uint32_t usable_cores();

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_RUNTIME_THREAD_POOL_HPP_
