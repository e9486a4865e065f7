// core/conformance/random.hpp: the suite's numbers; the same for a seed on every machine.
#ifndef FORGE_CORE_CONFORMANCE_RANDOM_HPP_
#define FORGE_CORE_CONFORMANCE_RANDOM_HPP_

#include <cstdint>
#include <initializer_list>

namespace forge::conformance {

// SplitMix64 (Steele et al. 2014). A value type; thread-compatible.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  // A stream of its own for each list of numbers.
  Random(std::uint64_t seed, std::initializer_list<std::uint64_t> numbers) : state_(seed) {
    for (const std::uint64_t n : numbers) state_ = next() ^ (n * 0x9e3779b97f4a7c15u);
  }

  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  // 0 .. n - 1.
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(next() % n); }
  // In [-1, 1).
  float uniform() { return static_cast<float>(static_cast<std::int64_t>(next()) >> 40) * 0x1p-23f; }
  // About normal, standard deviation 1, never beyond 6: the sum of twelve uniform numbers.
  float normal() {
    float sum = 0;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return 0.5f * sum;
  }

 private:
  std::uint64_t state_;
};

}  // namespace forge::conformance

#endif  // FORGE_CORE_CONFORMANCE_RANDOM_HPP_
