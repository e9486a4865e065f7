#include "tests/hipsim/kernels.hpp"

#include <initializer_list>

#include "tests/hipsim/lanes.hpp"

namespace hipsim_test {
namespace {

using hipsim::barrier;
using hipsim::block;
using hipsim::n_blocks;
using hipsim::n_threads;
using hipsim::thread;
using hipsim::wave_gather;

thread_local std::uint32_t lds[hipsim::kMaxThreads];

std::uint32_t global_lane() { return block(0) * n_threads() + thread(); }

const std::uint32_t* gather(std::uint32_t word) {
  return static_cast<const std::uint32_t*>(wave_gather(&word, sizeof(word)));
}

void add(const AddArgs& a) {
  if (const std::uint32_t i = global_lane(); i < a.n) a.y[i] = a.a[i] + a.b[i];
}

void add_beyond(const AddArgs& a) {
  if (const std::uint32_t i = global_lane(); i <= a.n) a.y[i] = i < a.n ? a.a[i] + a.b[i] : 0;
}

void add_far(const AddArgs& a) {
  add(a);
  if (global_lane() == 0) a.y[a.n + (1U << 20)] = 0;
}

void reverse(const WordsArgs& a) {
  lds[thread()] = a.x[global_lane()];
  barrier();
  a.y[global_lane()] = lds[n_threads() - 1 - thread()];
}

void wave_sum(const WordsArgs& a) {
  if (thread() % 32 >= a.n) return;
  const std::uint32_t* all = gather(a.x[global_lane()]);
  std::uint32_t sum = 0;
  for (int i = 0; i < 32; ++i) sum += all[i];
  barrier();  // lanes that returned must not be waited for
  a.y[global_lane()] = sum;
}

void deal(const WordsArgs& a) {
  std::uint32_t word = a.x[global_lane()];
  for (std::uint32_t round = 0; round < a.n; ++round) {
    lds[thread()] = word;
    barrier();
    word = lds[(thread() + 1) % n_threads()];
    barrier();
  }
  a.y[global_lane()] = word;
}

void gather_turns(const WordsArgs& a) {
  std::uint32_t word = a.x[global_lane()];
  for (std::uint32_t round = 0; round < a.n; ++round) word = gather(word)[(thread() + round) % 32];
  a.y[global_lane()] = word;
}

void racy(const WordsArgs& a) {
  lds[thread()] = a.x[global_lane()];
  a.y[global_lane()] = lds[(thread() + 1) % n_threads()];
}

void divergent(const WordsArgs& a) {
  if (thread() + 16 >= n_threads())
    barrier();
  else
    a.y[global_lane()] = gather(0)[0];
}

void uneven(const WordsArgs& a) {
  const std::uint64_t mine = 0;
  wave_gather(&mine, thread() % 2 == 0 ? 4 : 8);
  a.y[global_lane()] = 0;
}

// On purpose: the processor stops at it, and so must a sanitizer not before.
__attribute__((no_sanitize("undefined"))) void divide(const WordsArgs& a) {
  a.y[global_lane()] = a.x[global_lane()] / a.n;
}

void count(const WordsArgs& a) { hipsim::atomic_add(a.y, a.x[global_lane()]); }

void who(const WhoArgs& a) {
  const std::uint32_t at = block(0) + n_blocks(0) * (block(1) + n_blocks(1) * block(2));
  std::uint32_t* y = a.y + 6 * (at * n_threads() + thread());
  y[0] = thread();
  y[1] = n_threads();
  y[2] = block(0) + 100 * block(1) + 10000 * block(2);
  for (int i = 0; i < 3; ++i) y[3 + i] = n_blocks(i);
}

template <auto kKernel, class Args>
bool known(const char* name) {
  for (const char* target : {"gfx1100", "gfx1201"}) {
    hipsim::register_kernel({target, name,
                             [](const void* args) { kKernel(*static_cast<const Args*>(args)); },
                             sizeof(Args)});
  }
  return true;
}

[[maybe_unused]] const bool all_known =
    known<add, AddArgs>("add") && known<add_beyond, AddArgs>("add_beyond") &&
    known<add_far, AddArgs>("add_far") && known<reverse, WordsArgs>("reverse") &&
    known<wave_sum, WordsArgs>("wave_sum") && known<deal, WordsArgs>("deal") &&
    known<gather_turns, WordsArgs>("gather_turns") && known<racy, WordsArgs>("racy") &&
    known<divergent, WordsArgs>("divergent") && known<uneven, WordsArgs>("uneven") &&
    known<divide, WordsArgs>("divide") && known<count, WordsArgs>("count") &&
    known<who, WhoArgs>("who");

}  // namespace
}  // namespace hipsim_test
