// plugins/hip/runtime/parallel.hpp: a loop over several host threads.
#ifndef FORGE_PLUGINS_HIP_RUNTIME_PARALLEL_HPP_
#define FORGE_PLUGINS_HIP_RUNTIME_PARALLEL_HPP_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace forge::hip {

// body(i) for i < n, by up to n_threads threads, the caller's included. body must not throw. The
// threads are made for this call: for work of a millisecond and more.
template <class Body>
void parallel_for(std::uint32_t n_threads, std::uint32_t n, const Body& body) {
  std::atomic<std::uint32_t> next{0};
  const auto work = [&] {
    for (std::uint32_t i = next.fetch_add(1); i < n; i = next.fetch_add(1)) body(i);
  };
  std::vector<std::jthread> helpers;
  for (std::uint32_t t = 1; t < std::min(n_threads, n); ++t) helpers.emplace_back(work);
  work();
}

}  // namespace forge::hip

#endif  // FORGE_PLUGINS_HIP_RUNTIME_PARALLEL_HPP_
