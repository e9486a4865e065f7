#include "plugins/cpu/runtime/thread_pool.hpp"

#include <immintrin.h>
#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <set>
#include <string>

namespace forge::cpu {
namespace {

// About 20 to 50 microseconds: longer than the time between two steps, shorter than a scheduler's
// slice.
constexpr int kSpins = 2000;

// Waits until done() or until `value`, which only grows, is not what it was, whichever comes first;
// may return early. Whoever makes done() true changes `value` afterwards.
template <class Done>
void wait_for(const std::atomic<std::uint32_t>& value, const Done& done) {
  for (int i = 0; i < kSpins; ++i) {
    if (done()) return;
    _mm_pause();
  }
  const std::uint32_t old = value.load(std::memory_order_acquire);
  if (!done()) value.wait(old, std::memory_order_acquire);
}

std::vector<int> allowed_processors() {
  cpu_set_t set;
  std::vector<int> processors;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) {
    for (int i = 0; i < CPU_SETSIZE; ++i) {
      if (CPU_ISSET(i, &set)) processors.push_back(i);
    }
  }
  return processors;
}

}  // namespace

ThreadPool::ThreadPool(std::uint32_t n, bool pin)
    : n_(n), pin_(pin), next_stride_((std::size_t{n} + 7) / 8 * 8) {
  make_tickets(64);
}

ThreadPool::~ThreadPool() { stop_threads(); }

// Threads that came late may still look at the tickets: they stop before these go.
void ThreadPool::make_tickets(std::size_t n) {
  stop_threads();
  tickets_ = std::make_unique<Ticket[]>(n);
  nexts_ = std::make_unique<Next[]>(n * next_stride_);
  n_tickets_ = n;
  stop_ = false;
  threads_.reserve(n_ - 1);
  for (std::uint32_t i = 1; i < n_; ++i) threads_.emplace_back([this, i] { help(i); });
}

void ThreadPool::stop_threads() {
  stop_ = true;
  run_.fetch_add(1, std::memory_order_acq_rel);
  run_.notify_all();
  wake_waiters();  // some may sleep until a phase is done
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void ThreadPool::wake_waiters() {
  signal_.fetch_add(1, std::memory_order_acq_rel);
  signal_.notify_all();
}

void ThreadPool::run(std::span<const Phase> phases, const Work& work, const PhaseDone& done) {
  if (n_ == 1) {
    for (std::size_t p = 0; p < phases.size(); ++p) {
      if (phases[p].n_items > 0) work(p, 0, phases[p].n_items, 0);
      if (done) done(p);
    }
    return;
  }
  if (phases.size() > n_tickets_) make_tickets(2 * phases.size());
  const std::uint32_t run = run_.load(std::memory_order_relaxed) + 1;
  work_.store(&work, std::memory_order_relaxed);
  n_phases_.store(phases.size(), std::memory_order_relaxed);
  for (std::size_t p = 0; p < phases.size(); ++p) write_ticket(p, phases[p], run);
  run_.store(run, std::memory_order_release);
  run_.notify_all();
  wake_waiters();  // who waits for a phase of the run before
  for (std::size_t p = 0; p < phases.size(); ++p) {
    take_items(p, run, 0);
    wait_until_done(p, run);
    if (done) done(p);
  }
}

// Whole chunks, as many in each part as in the others, or one less.
std::uint64_t ThreadPool::part_end(const Ticket& ticket, std::uint32_t part) const {
  const std::uint64_t n = ticket.n_items.load(std::memory_order_acquire);
  if (ticket.in_order.load(std::memory_order_acquire)) return n;  // the first is all
  const std::uint64_t chunk = ticket.chunk.load(std::memory_order_acquire);
  const std::uint64_t n_chunks = (n + chunk - 1) / chunk;
  return std::min(n, n_chunks * (part + 1) / n_ * chunk);
}

void ThreadPool::write_ticket(std::size_t i, const Phase& phase, std::uint32_t run) {
  const std::uint64_t tag = std::uint64_t{run} << 32;
  // First of all, threads of the run before must find nothing to take: who sees any of the new
  // numbers sees this.
  for (std::uint32_t part = 0; part < n_; ++part)
    next_of(i, part).store(tag | UINT32_MAX, std::memory_order_relaxed);
  Ticket& ticket = tickets_[i];
  ticket.n_items.store(static_cast<std::uint32_t>(phase.n_items), std::memory_order_release);
  ticket.chunk.store(static_cast<std::uint32_t>(phase.chunk), std::memory_order_release);
  ticket.in_order.store(phase.in_order, std::memory_order_release);
  ticket.finished.store(0, std::memory_order_relaxed);
  std::uint64_t begin = 0;
  for (std::uint32_t part = 0; part < n_; ++part) {
    next_of(i, part).store(tag | begin, std::memory_order_release);
    begin = part_end(ticket, part);
  }
}

// Takes chunks and does them until none is left; false when the run is another one by now.
bool ThreadPool::take_items(std::size_t phase, std::uint32_t run, std::uint32_t thread) {
  for (std::uint32_t i = 0; i < n_; ++i) {
    if (!take_part(phase, run, (thread + i) % n_, thread)) return false;
  }
  return true;
}

bool ThreadPool::take_part(std::size_t phase, std::uint32_t run, std::uint32_t part,
                           std::uint32_t thread) {
  Ticket& ticket = tickets_[phase];
  Next& at = next_of(phase, part);
  std::uint64_t next = at.load(std::memory_order_acquire);
  for (;;) {
    if (next >> 32 != run) return false;
    const auto begin = static_cast<std::uint32_t>(next);
    const auto part_to = static_cast<std::uint32_t>(part_end(ticket, part));
    if (begin >= part_to) return true;
    const std::uint32_t end =
        begin + std::min(part_to - begin, ticket.chunk.load(std::memory_order_acquire));
    if (!at.compare_exchange_weak(next, std::uint64_t{run} << 32 | end, std::memory_order_acq_rel,
                                  std::memory_order_acquire))
      continue;
    // From here to `finished`, the run cannot end: everything stays as it is.
    const std::uint32_t n = ticket.n_items.load(std::memory_order_relaxed);
    (*work_.load(std::memory_order_relaxed))(phase, begin, end, thread);
    const std::uint32_t before = ticket.finished.fetch_add(end - begin, std::memory_order_acq_rel);
    if (before + (end - begin) == n) wake_waiters();
    next = at.load(std::memory_order_acquire);
  }
}

// Returns when the phase is done, or the run is over.
void ThreadPool::wait_until_done(std::size_t phase, std::uint32_t run) const {
  const Ticket& ticket = tickets_[phase];
  const auto over = [&] {
    return ticket.finished.load(std::memory_order_acquire) ==
               ticket.n_items.load(std::memory_order_relaxed) ||
           run_.load(std::memory_order_acquire) != run;
  };
  while (!over()) wait_for(signal_, over);
}

void ThreadPool::help(std::uint32_t thread) {
  if (pin_) {
    const std::vector<int> processors = allowed_processors();
    if (thread < processors.size()) {
      cpu_set_t set;
      CPU_ZERO(&set);
      CPU_SET(processors[thread], &set);
      sched_setaffinity(0, sizeof(set), &set);  // a wish: without it the thread just moves about
    }
  }
  std::uint32_t seen = 0;
  for (;;) {
    const auto called = [&] { return run_.load(std::memory_order_acquire) != seen; };
    while (!called() && !stop_) wait_for(run_, called);
    if (stop_) return;
    seen = run_.load(std::memory_order_acquire);
    const std::size_t n = n_phases_.load(std::memory_order_relaxed);
    for (std::size_t p = 0; p < n && take_items(p, seen, thread); ++p) wait_until_done(p, seen);
  }
}

std::uint32_t usable_cores() {
  std::set<std::string> cores;
  std::uint32_t without_topology = 0;
  for (const int processor : allowed_processors()) {
    std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(processor) +
                       "/topology/thread_siblings_list");
    std::string siblings;
    if (std::getline(file, siblings)) {
      cores.insert(siblings);
    } else {
      ++without_topology;
    }
  }
  const auto n = static_cast<std::uint32_t>(cores.size()) + without_topology;
  return n == 0 ? 1 : n;
}

}  // namespace forge::cpu
