#include <numeric>

#include "tests/hipsim/fixture.hpp"
#include "tests/hipsim/sanitizers.hpp"

namespace {

using namespace hipsim_test;  // NOLINT(google-build-using-namespace)
using Words = std::vector<std::uint32_t>;

// What a kernel of WordsArgs makes of x.
Words run(const char* kernel, const Words& x, unsigned grid, unsigned block, std::uint32_t n,
          const std::string& variables = "") {
  const Hip hip(variables);
  const Kernels kernels(hip);
  const Array<std::uint32_t> from(hip, x);
  const Array<std::uint32_t> to(hip, Words(x.size(), 0));
  REQUIRE(kernels.launch(kernel, grid, block, WordsArgs{from.data(), to.data(), n}) == hipSuccess);
  REQUIRE(kernels.wait() == hipSuccess);
  return to.read();
}

// The error of a kernel that must fail, and what was said about it.
hipError_t fail(const char* kernel, unsigned block, std::string& message) {
  const Hip hip;
  const Kernels kernels(hip);
  const Array<std::uint32_t> x(hip, Words(block, 7)), y(hip, block);
  REQUIRE(kernels.launch(kernel, 1, block, WordsArgs{x.data(), y.data(), 0}) == hipSuccess);
  const hipError_t error = kernels.wait();
  message = hipsim::last_message();
  CHECK(kernels.wait() == error);  // and from now on
  return error;
}

constexpr const char* kOrders[] = {"", "ORDER=reverse", "ORDER=random:3",
                                   "ORDER=random:4 THREADS=3", "THREADS=1"};

}  // namespace

TEST_CASE("hipsim lanes: a barrier completes before anyone goes on") {
  for (const char* order : kOrders) {
    for (const unsigned block : {1U, 31U, 64U, 1000U, 1024U}) {
      const Words x = count_from<std::uint32_t>(5, std::size_t{3} * block);
      Words expected(x.size());
      for (std::size_t i = 0; i < x.size(); ++i)
        expected[i] = x[i / block * block + block - 1 - i % block];
      CHECK(run("reverse", x, 3, block, 0, order) == expected);
    }
  }
}

TEST_CASE("hipsim lanes: many barriers, each with everybody's words") {
  for (const char* order : kOrders) {
    constexpr unsigned kBlock = 96, kRounds = 50;
    const Words x = count_from<std::uint32_t>(0, kBlock);
    Words expected(kBlock);
    for (std::size_t i = 0; i < kBlock; ++i) expected[i] = x[(i + kRounds) % kBlock];
    CHECK(run("deal", x, 1, kBlock, kRounds, order) == expected);
  }
}

TEST_CASE("hipsim lanes: a gather gives all 32 deposits, zero for those who returned") {
  for (const char* order : kOrders) {
    for (const unsigned block : {32U, 40U, 256U}) {
      for (const unsigned alive : {32U, 17U, 1U}) {
        const Words x = count_from<std::uint32_t>(1, std::size_t{2} * block);
        Words expected(x.size(), 0);
        for (std::size_t i = 0; i < x.size(); ++i) {
          const std::size_t lane = i % block, wave = i - lane % 32;
          if (lane % 32 >= alive) continue;
          for (std::size_t l = 0; l < alive && lane / 32 * 32 + l < block; ++l)
            expected[i] += x[wave + l];
        }
        CHECK(run("wave_sum", x, 2, block, alive, order) == expected);
      }
    }
  }
}

TEST_CASE("hipsim lanes: gathers one after another do not mix") {
  for (const char* order : kOrders) {
    constexpr unsigned kRounds = 9;  // the words move on by 0 + 1 + ... + 8 = 36 lanes
    const Words x = count_from<std::uint32_t>(0, 64);
    Words expected(64);
    for (std::size_t i = 0; i < 64; ++i) expected[i] = x[i / 32 * 32 + (i + 36) % 32];
    CHECK(run("gather_turns", x, 1, 64, kRounds, order) == expected);
  }
}

TEST_CASE("hipsim lanes: the order of lanes shows a missing barrier") {
  const auto racy = [](const char* order) {
    run("racy", Words(64, 1000), 1, 64, 0, order);  // LDS keeps what was there before
    return run("racy", count_from<std::uint32_t>(0, 64), 1, 64, 0, order);
  };
  const Words forward = racy("ORDER=forward"), reverse = racy("ORDER=reverse");
  CHECK(forward[5] == 1000);
  CHECK(reverse[5] == 6);
}

TEST_CASE("hipsim lanes: atomic_add counts once, on all threads") {
  for (const char* order : kOrders) {
    const Words x = count_from<std::uint32_t>(1, 64 * 100);
    const Words y = run("count", x, 100, 64, 0, order);
    CHECK(y[0] == std::accumulate(x.begin(), x.end(), 0U));
  }
}

TEST_CASE("hipsim lanes: indices of three dimensions") {
  const Hip hip;
  const Kernels kernels(hip);
  constexpr unsigned kGrid[] = {3, 4, 2}, kThreads = 2 * 3 * 2;
  const Array<std::uint32_t> y(hip, std::size_t{6} * 3 * 4 * 2 * kThreads);
  WhoArgs args{y.data()};
  void* parameters[] = {&args};
  REQUIRE(hip->hipModuleLaunchKernel(kernels.find("who"), 3, 4, 2, 2, 3, 2, 0, kernels.stream(),
                                     parameters, nullptr) == hipSuccess);
  REQUIRE(kernels.wait() == hipSuccess);
  const Words words = y.read();
  for (std::uint32_t i = 0; i < words.size() / 6; ++i) {
    const std::uint32_t b = i / kThreads;
    const Words expected = {i % kThreads, kThreads, b % 3 + 100 * (b / 3 % 4) + 10000 * (b / 12),
                            kGrid[0],     kGrid[1], kGrid[2]};
    CHECK(Words(words.begin() + 6 * i, words.begin() + 6 * i + 6) == expected);
  }
}

TEST_CASE("hipsim lanes: a divergent barrier fails the launch") {
  std::string message;
  CHECK(fail("divergent", 64, message) == hipErrorLaunchFailure);
  CHECK(message ==
        "kernel 'divergent': divergent barrier in wave 1 of workgroup (0, 0, 0): lanes 16-31 wait "
        "at a barrier, lanes 0-15 in a wave_gather");
}

TEST_CASE("hipsim lanes: gathers of different size fail the launch") {
  std::string message;
  CHECK(fail("uneven", 32, message) == hipErrorLaunchFailure);
  CHECK(message == "kernel 'uneven': lanes of wave 0 gather 8 and 4 bytes at the same time");
}

#if !HIPSIM_ASAN && !HIPSIM_TSAN  // they report it themselves
TEST_CASE("hipsim lanes: an integer division by zero fails the launch") {
  std::string message;
  CHECK(fail("divide", 32, message) == hipErrorLaunchFailure);
  CHECK(message == "kernel 'divide': lane 0 of workgroup (0, 0, 0) divided an integer by zero");
}
#endif

TEST_CASE("hipsim lanes: after a failure a fresh simulator works") {
  std::string message;
  CHECK(fail("divergent", 64, message) == hipErrorLaunchFailure);
  const Words x = count_from<std::uint32_t>(0, 64);
  CHECK(run("deal", x, 1, 64, 64) == x);
}
