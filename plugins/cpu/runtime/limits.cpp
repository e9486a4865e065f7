// What the processor can do at most, measured with the device's threads.
#include <algorithm>
#include <chrono>

#include "plugins/cpu/runtime/buffer.hpp"
#include "plugins/cpu/runtime/device.hpp"

namespace forge::cpu {
namespace {

// The best of several short turns: whatever else the machine does only makes a turn slower. `work`
// does item i of `n_items` and returns nothing; `amount` is what all items do together.
template <class Work>
double best_rate(ThreadPool& pool, std::size_t n_items, double amount, const Work& work) {
  constexpr int kTurns = 12;
  double best = 0;
  for (int turn = 0; turn < kTurns; ++turn) {
    const Phase all = {n_items, 1};
    const auto start = std::chrono::steady_clock::now();
    pool.run({&all, 1}, [&](std::size_t, std::size_t begin, std::size_t end, std::uint32_t) {
      for (std::size_t i = begin; i < end; ++i) work(i);
    });
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    best = std::max(best, amount / seconds.count());
  }
  return best;
}

}  // namespace

Result<forge_limits_v1> CpuDevice::measure_limits() {
  // Many times what the last-level caches of desktops hold.
  constexpr std::size_t kBytes = std::size_t{1} << 30;
  constexpr std::size_t kPiece = std::size_t{1} << 22;
  constexpr std::uint64_t kRounds = 100'000;
  FORGE_ASSIGN(const Buffer buffer, Buffer::allocate(kBytes));
  const std::size_t pieces = kBytes / kPiece;
  best_rate(pool_, pieces, 0, [&](std::size_t i) {
    for (std::size_t at = 0; at < kPiece; at += 4096) buffer.data()[i * kPiece + at] = 1;
  });
  forge_limits_v1 limits = {};
  limits.struct_size = sizeof(limits);
  limits.read_bytes = best_rate(pool_, pieces, kBytes, [&](std::size_t i) {
    kernels_.read_through(buffer.data() + i * kPiece, kPiece);
  });
  const std::size_t items = std::size_t{pool_.size()} * 16;
  const auto peak = [&](std::uint64_t (*kernel)(std::uint64_t)) {
    const double of_item = static_cast<double>(kernel(kRounds));
    return best_rate(pool_, items, of_item * static_cast<double>(items),
                     [&](std::size_t) { kernel(kRounds); });
  };
  limits.int8_macs = peak(kernels_.peak_int8);
  limits.f32_macs = peak(kernels_.peak_f32);
  if (kernels_.bfloat16.peak != nullptr) limits.bf16_macs = peak(kernels_.bfloat16.peak);
  return limits;
}

}  // namespace forge::cpu
