#include "plugins/cpu/runtime/thread_pool.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <numeric>
#include <thread>

#include "plugins/cpu/runtime/buffer.hpp"
#include "tests/catch.hpp"

namespace forge::cpu {
namespace {

using Runs = std::vector<std::vector<int>>;  // [phase][item]: how often it was done

// All items of the phases, counted; and whether one began before the phase before it was over.
Runs run_all(ThreadPool& pool, const std::vector<Phase>& phases, std::atomic<int>& too_early) {
  Runs runs;
  std::vector<std::atomic<std::size_t>> finished(phases.size());
  for (const Phase& phase : phases) runs.emplace_back(phase.n_items, 0);
  pool.run(phases, [&](std::size_t p, std::size_t begin, std::size_t end, std::uint32_t thread) {
    if (p > 0 && finished[p - 1] != phases[p - 1].n_items) ++too_early;
    if (thread >= pool.size() || begin >= end) ++too_early;
    for (std::size_t i = begin; i < end; ++i) ++runs[p][i];  // plain: a second one would be a race
    finished[p] += end - begin;
  });
  return runs;
}

TEST_CASE("thread pool: every item is done once, phase after phase") {
  const std::vector<Phase> phases = {{1, 1}, {100, 3}, {0, 1}, {7, 100}, {64, 1}, {0, 5}, {33, 8}};
  Runs expected;
  for (const Phase& phase : phases) expected.emplace_back(phase.n_items, 1);
  for (const std::uint32_t n : {1u, 2u, 3u, 8u}) {
    CAPTURE(n);
    ThreadPool pool(n, false);
    CHECK(pool.size() == n);
    std::atomic<int> too_early{0};
    for (int run = 0; run < 500; ++run) REQUIRE(run_all(pool, phases, too_early) == expected);
    CHECK(too_early == 0);
  }
}

TEST_CASE("thread pool: what a phase wrote is there for the next, and for the caller") {
  ThreadPool pool(4, false);
  std::vector<std::uint64_t> a(64, 1), b(64, 0);
  const std::vector<Phase> phases(20, Phase{64, 5});
  std::uint64_t expected = 1;
  for (int run = 0; run < 100; ++run) {
    pool.run(phases, [&](std::size_t p, std::size_t begin, std::size_t end, std::uint32_t) {
      auto& from = p % 2 == 0 ? a : b;
      auto& to = p % 2 == 0 ? b : a;
      for (std::size_t i = begin; i < end; ++i) to[i] = from[(i + 1) % 64] + 1;
    });
    expected += phases.size();
    REQUIRE(a == std::vector<std::uint64_t>(64, expected));
  }
}

TEST_CASE("thread pool: threads that come late find the next run, shorter or longer") {
  // Runs without a pause between them, of every size: a late thread meets tickets being written.
  ThreadPool pool(4, false);
  std::atomic<int> too_early{0};
  for (std::size_t run = 0; run < 3000; ++run) {
    const std::vector<Phase> phases(1 + run % 5, Phase{run % 37, 1 + run % 3});
    const Runs runs = run_all(pool, phases, too_early);
    for (const auto& items : runs) REQUIRE(items == std::vector<int>(run % 37, 1));
  }
  CHECK(too_early == 0);
}

TEST_CASE("thread pool: a thread without a processor holds nobody up") {
  // The helper sleeps in its first item; the caller does everything else meanwhile.
  ThreadPool pool(2, false);
  std::atomic<bool> helper_came{false};
  std::atomic<int> by_caller{0};
  std::vector<Phase> phases(50, Phase{20, 1});
  pool.run(phases, [&](std::size_t, std::size_t, std::size_t, std::uint32_t thread) {
    if (thread == 0) {
      ++by_caller;
    } else if (!helper_came.exchange(true)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  });
  CHECK(by_caller >= 19);  // at least the rest of the phase the helper slept in, if it came at all
}

// 24 items of two threads, of which the caller's stays in its first chunk until the helper has done
// all the rest; what the helper did, in its order. It waits for the caller, or could be done before
// that one comes.
std::vector<std::size_t> done_by_helper(std::size_t chunk, bool in_order) {
  ThreadPool pool(2, false);
  std::vector<std::size_t> by_helper;
  std::atomic<std::size_t> done{0};
  std::atomic<bool> caller_came{false};
  const Phase phase = {24, chunk, in_order};
  pool.run(std::span(&phase, 1),
           [&](std::size_t, std::size_t begin, std::size_t end, std::uint32_t thread) {
             if (thread == 0) {
               caller_came = true;
               while (done != 24 - chunk) std::this_thread::yield();
               return;
             }
             while (!caller_came) std::this_thread::yield();
             for (std::size_t i = begin; i < end; ++i) by_helper.push_back(i);
             done += end - begin;
           });
  return by_helper;
}

TEST_CASE("thread pool: a thread begins with its own part, then takes of the others'") {
  for (const std::size_t chunk : {1u, 3u, 4u}) {
    CAPTURE(chunk);
    std::vector<std::size_t> expected(24 - chunk);
    std::iota(expected.begin(), expected.begin() + 12, 12u);
    std::iota(expected.begin() + 12, expected.end(), chunk);
    CHECK(done_by_helper(chunk, false) == expected);
  }
}

TEST_CASE("thread pool: in order, items are taken from front to back") {
  for (const std::size_t chunk : {1u, 3u, 4u}) {
    CAPTURE(chunk);
    const std::vector<std::size_t> items = done_by_helper(chunk, true);
    CHECK(items.size() == 24 - chunk);
    CHECK(std::is_sorted(items.begin(), items.end()));
  }
}

TEST_CASE("thread pool: the end of each phase is told on the caller's thread, in order") {
  for (const std::uint32_t n : {1u, 3u}) {
    ThreadPool pool(n, false);
    std::vector<std::size_t> told;
    const auto caller = std::this_thread::get_id();
    const std::vector<Phase> phases = {{5, 1}, {0, 1}, {9, 2}};
    pool.run(
        phases, [](std::size_t, std::size_t, std::size_t, std::uint32_t) {},
        [&](std::size_t p) {
          if (std::this_thread::get_id() == caller) told.push_back(p);
        });
    CHECK(told == std::vector<std::size_t>{0, 1, 2});
  }
}

TEST_CASE("thread pool: more phases than ever before, and sleeping threads") {
  ThreadPool pool(3, false);
  std::atomic<int> too_early{0};
  for (const std::size_t n : {1u, 64u, 65u, 1000u, 3u}) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // longer than they spin
    const Runs runs = run_all(pool, std::vector<Phase>(n, Phase{4, 1}), too_early);
    CHECK(runs == Runs(n, std::vector<int>(4, 1)));
  }
  CHECK(too_early == 0);
}

TEST_CASE("thread pool: made and gone at once, pinned ones too") {
  for (int i = 0; i < 50; ++i) const ThreadPool unused(4, false);
  for (int i = 0; i < 50; ++i) {
    ThreadPool pool(4, i % 2 == 0);  // more threads than processors, perhaps
    std::atomic<int> too_early{0};
    CHECK(run_all(pool, {{8, 1}}, too_early) == Runs(1, std::vector<int>(8, 1)));
  }
}

TEST_CASE("thread pool: two pools at a time, each from a thread of its own") {
  std::vector<std::thread> callers;
  std::atomic<int> total{0};
  for (int c = 0; c < 2; ++c) {
    callers.emplace_back([&] {
      ThreadPool pool(2, false);
      const std::vector<Phase> phases = {{3, 1}};
      for (int run = 0; run < 500; ++run)
        pool.run(phases, [&](std::size_t, std::size_t begin, std::size_t end, std::uint32_t) {
          total += static_cast<int>(end - begin);
        });
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(total == 2 * 3 * 500);
}

// Threads that lose their processor on the way to sleep find the counts of later runs when they get
// there: fewer items, so that what they read before comes again. A pool that cannot wake them
// hangs.
TEST_CASE("thread pool: on processors that others use, with fewer items from run to run") {
  std::atomic<bool> over{false};
  std::vector<std::thread> others;
  for (unsigned i = 0; i < 2 * std::max(1u, std::thread::hardware_concurrency()); ++i)
    others.emplace_back([&over] {
      while (!over) std::this_thread::yield();
    });
  std::atomic<int> spin{0};
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (std::chrono::steady_clock::now() < until) {
    ThreadPool pool(2, false);
    for (const std::size_t n : {4u, 3u, 2u, 1u}) {
      const std::vector<Phase> phases = {{n, 1}, {n, 1}};
      pool.run(phases, [&](std::size_t, std::size_t, std::size_t, std::uint32_t) {
        for (int i = 0; i < 3000; ++i) spin.fetch_add(1, std::memory_order_relaxed);
      });
    }
  }
  over = true;
  for (std::thread& other : others) other.join();
  CHECK(spin != 0);
}

TEST_CASE("usable cores: at least one, not more than there are processors") {
  CHECK(usable_cores() >= 1);
  CHECK(usable_cores() <= std::max(1u, std::thread::hardware_concurrency()));
}

TEST_CASE("buffer: zeroed, page-aligned, movable, and too much is an error") {
  auto buffer = Buffer::allocate(10000);
  REQUIRE(buffer.ok());
  CHECK(buffer->size() == 10000);
  CHECK(reinterpret_cast<std::uintptr_t>(buffer->data()) % 4096 == 0);
  CHECK(std::accumulate(buffer->data(), buffer->data() + 10000, 0u) == 0);
  std::uint8_t* const data = buffer->data();
  Buffer moved = std::move(*buffer);
  CHECK(moved.data() == data);
  Buffer other;
  other = std::move(moved);
  CHECK(other.data() == data);
  CHECK(Buffer::allocate(0)->data() == nullptr);
  const auto huge = Buffer::allocate(std::size_t{1} << 62);
  CHECK(huge.code() == Code::kResourceExhausted);
}

}  // namespace
}  // namespace forge::cpu
