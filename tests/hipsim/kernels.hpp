// Small kernels for hipsim's own tests; kernels.cpp has what they do.
#ifndef FORGE_TESTS_HIPSIM_KERNELS_HPP_
#define FORGE_TESTS_HIPSIM_KERNELS_HPP_

#include <cstdint>

namespace hipsim_test {

// "add": y[i] = a[i] + b[i] for i < n.
// "add_beyond": the same for i <= n, which is one too many.
// "add_far": the same, and y[n + 2^20] = 0.
struct AddArgs {
  const float* a;
  const float* b;
  float* y;
  std::uint32_t n;
};

// All read x and write y, one word a lane, workgroups one behind the other.
// "reverse": each workgroup's words in reverse order, through LDS.
// "wave_sum": the sum over the lane's wave; lanes that returned count as 0. Lanes l with
//     l % 32 >= n return before.
// "deal": n rounds; in each, every lane gets the word of the lane behind it, through LDS.
// "gather_turns": n rounds; in each, the words of the wave are rotated by the round's number.
// "racy": as a round of "deal" without its barriers.
// "divergent": half of the lanes of the last wave go to a barrier, the others to a gather.
// "uneven": lanes of a wave gather different numbers of bytes.
// "divide": x / n, of integers.
// "count": adds each word to y[0].
struct WordsArgs {
  const std::uint32_t* x;
  std::uint32_t* y;
  std::uint32_t n;
};

// "who": every lane writes six words: thread, n_threads, block index as one number, n_blocks.
struct WhoArgs {
  std::uint32_t* y;
};

}  // namespace hipsim_test

#endif  // FORGE_TESTS_HIPSIM_KERNELS_HPP_
