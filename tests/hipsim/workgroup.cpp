#include "tests/hipsim/workgroup.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <numeric>
#include <utility>

namespace hipsim {
namespace {

// Set only while a lane runs. Initial-exec: lanes ask for it all the time, and so may a handler of
// a signal. That makes all thread-local variables of the library static ones, of which dlopen has
// few bytes to give: large ones are pointers.
__attribute__((tls_model("initial-exec"))) thread_local Workgroup* t_running = nullptr;

std::string address_text(const void* address) {
  char text[32];
  std::snprintf(text, sizeof(text), "%p", address);
  return text;
}

}  // namespace

Workgroup* Workgroup::running() { return t_running; }

Workgroup& Workgroup::of_this_thread() {
  static thread_local const std::unique_ptr<Workgroup> workgroup(new Workgroup);
  return *workgroup;
}

std::optional<KernelFault> Workgroup::run(const Launch& launch, std::uint64_t index,
                                          const Order& order) {
  begin(launch, index, order);
  const std::uint32_t n_waves = (n_threads_ + kWaveSize - 1) / kWaveSize;
  bool all_done = false;
  while (!all_done && !failed()) {
    permute(wave_order_, n_waves);
    for (std::size_t i = 0; i < n_waves && !failed(); ++i) run_wave(wave_order_[i]);
    // Every lane waits at the barrier or has returned: the barrier is complete.
    all_done = true;
    for (Lane& lane : lanes_) {
      if (lane.state != State::kAtBarrier) continue;
      lane.state = State::kReady;
      all_done = false;
    }
  }
  if (failed()) {
    describe_interrupt();
    abandon_lanes();
  }
  return std::exchange(fault_, std::nullopt);
}

void Workgroup::begin(const Launch& launch, std::uint64_t index, const Order& order) {
  launch_ = &launch;
  n_threads_ = launch.n_threads();
  block_ = {static_cast<std::uint32_t>(index % launch.grid[0]),
            static_cast<std::uint32_t>(index / launch.grid[0] % launch.grid[1]),
            static_cast<std::uint32_t>(index / launch.grid[0] / launch.grid[1])};
  order_ = order;
  if (order.kind == OrderKind::kRandom) random_.seed(order.seed * 0x9e3779b97f4a7c15U + index);
  lanes_.assign(n_threads_, Lane{});
  while (waves_.size() * kWaveSize < n_threads_) waves_.push_back(std::make_unique<Wave>());
  for (const auto& wave : waves_) wave->bytes = 0;
  std::memcpy(arguments_.data(), launch.arguments.data(), launch.arguments.size());
}

void Workgroup::permute(std::vector<std::uint32_t>& items, std::uint32_t n) {
  items.resize(n);
  std::iota(items.begin(), items.end(), 0U);
  if (order_.kind == OrderKind::kReverse) std::reverse(items.begin(), items.end());
  if (order_.kind == OrderKind::kRandom) std::shuffle(items.begin(), items.end(), random_);
}

// Until each lane of the wave waits at a barrier or has returned.
void Workgroup::run_wave(std::uint32_t wave) {
  const std::uint32_t first = wave * kWaveSize;
  const std::uint32_t n = std::min(kWaveSize, n_threads_ - first);
  for (;;) {
    permute(lane_order_, n);
    for (std::size_t i = 0; i < n; ++i) {
      if (lanes_[first + lane_order_[i]].state == State::kReady) run_lane(first + lane_order_[i]);
      if (failed()) return;
    }
    bool at_gather = false, at_barrier = false;
    for (std::uint32_t lane = first; lane < first + n; ++lane) {
      at_gather |= lanes_[lane].state == State::kAtGather;
      at_barrier |= lanes_[lane].state == State::kAtBarrier;
    }
    if (!at_gather) return;
    if (at_barrier) {
      fault_ = KernelFault{divergence(wave), false, {}};
      return;
    }
    finish_gather(wave);
  }
}

void Workgroup::run_lane(std::uint32_t index) {
  Lane& lane = lanes_[index];
  lane_ = index;
  if (!lane.fiber) lane.fiber = take_fiber();
  t_running = this;
  lane.fiber->resume();
  t_running = nullptr;
  if (lane.state == State::kDone) idle_fibers_.push_back(std::exchange(lane.fiber, nullptr));
}

Fiber* Workgroup::take_fiber() {
  if (idle_fibers_.empty()) {
    fibers_.push_back(std::make_unique<Fiber>(&enter_lane, this));
    idle_fibers_.push_back(fibers_.back().get());
  }
  Fiber* fiber = idle_fibers_.back();
  idle_fibers_.pop_back();
  return fiber;
}

void Workgroup::enter_lane(void* self) {
  auto* workgroup = static_cast<Workgroup*>(self);
  workgroup->launch_->kernel.run(workgroup->arguments_.data());
  workgroup->lanes_[workgroup->lane_].state = State::kDone;
}

void Workgroup::barrier() {
  Lane& lane = lanes_[lane_];
  lane.state = State::kAtBarrier;
  lane.fiber->suspend();
}

const void* Workgroup::gather(const void* mine, std::size_t bytes) {
  if (bytes == 0 || bytes > kMaxDeposit) {
    fail("wave_gather of " + std::to_string(bytes) + " bytes a lane; it can be 1 to " +
         std::to_string(kMaxDeposit));
  }
  Lane& lane = lanes_[lane_];
  Wave& wave = *waves_[lane_ / kWaveSize];
  if (wave.bytes == 0) wave.bytes = bytes;
  if (wave.bytes != bytes) {
    fail("lanes of wave " + std::to_string(lane_ / kWaveSize) + " gather " + std::to_string(bytes) +
         " and " + std::to_string(wave.bytes) + " bytes at the same time");
  }
  // Two buffers suffice: a lane can deposit for the next gather while others still read this one,
  // but for the one after that only when all have come to the next.
  std::byte* deposits = wave.deposits[wave.turn];
  std::memcpy(deposits + lane_ % kWaveSize * bytes, mine, bytes);
  lane.state = State::kAtGather;
  lane.fiber->suspend();
  return deposits;
}

void Workgroup::finish_gather(std::uint32_t index) {
  Wave& wave = *waves_[index];
  for (std::uint32_t i = 0; i < kWaveSize; ++i) {
    const std::uint32_t lane = index * kWaveSize + i;
    if (lane < n_threads_ && lanes_[lane].state == State::kAtGather)
      lanes_[lane].state = State::kReady;
    else
      std::memset(wave.deposits[wave.turn] + i * wave.bytes, 0, wave.bytes);
  }
  wave.turn ^= 1U;
  wave.bytes = 0;
}

void Workgroup::fail(std::string text) {
  fault_ = KernelFault{std::move(text), false, {}};
  lanes_[lane_].fiber->suspend();
  give_up("a failed lane was resumed");
}

void Workgroup::interrupted(int signal, const void* address) {
  interrupt_ = {signal, address};
  lanes_[lane_].fiber->suspend();
}

void Workgroup::describe_interrupt() {
  const auto [signal, address] = std::exchange(interrupt_, Interrupt{});
  if (signal == 0) return;
  const std::string where = "lane " + std::to_string(lane_) + " of workgroup (" +
                            std::to_string(block_[0]) + ", " + std::to_string(block_[1]) + ", " +
                            std::to_string(block_[2]) + ")";
  if (signal == SIGFPE)
    fault_ = KernelFault{where + " divided an integer by zero", false, {}};
  else
    fault_ = KernelFault{where + " touched address " + address_text(address), true, address};
}

std::string Workgroup::lanes_in(std::uint32_t wave, State state) const {
  std::string text;
  const std::uint32_t first = wave * kWaveSize, end = std::min(first + kWaveSize, n_threads_);
  for (std::uint32_t lane = first; lane < end; ++lane) {
    if (lanes_[lane].state != state) continue;
    std::uint32_t last = lane;
    while (last + 1 < end && lanes_[last + 1].state == state) ++last;
    text += (text.empty() ? "" : ", ") + std::to_string(lane - first);
    if (last > lane) text += "-" + std::to_string(last - first);
    lane = last;
  }
  return text;
}

std::string Workgroup::divergence(std::uint32_t wave) const {
  return "divergent barrier in wave " + std::to_string(wave) + " of workgroup (" +
         std::to_string(block_[0]) + ", " + std::to_string(block_[1]) + ", " +
         std::to_string(block_[2]) + "): lanes " + lanes_in(wave, State::kAtBarrier) +
         " wait at a barrier, lanes " + lanes_in(wave, State::kAtGather) + " in a wave_gather";
}

void Workgroup::abandon_lanes() {
  for (Lane& lane : lanes_) {
    if (!lane.fiber) continue;
    lane.fiber->restart();
    idle_fibers_.push_back(std::exchange(lane.fiber, nullptr));
  }
}

std::uint32_t thread() { return t_running->lane(); }
std::uint32_t n_threads() { return t_running->launch().n_threads(); }
std::uint32_t block(int dimension) { return t_running->block(dimension); }
std::uint32_t n_blocks(int dimension) {
  return t_running->launch().grid[static_cast<std::size_t>(dimension)];
}
void barrier() { t_running->barrier(); }
const void* wave_gather(const void* mine, std::size_t bytes) {
  return t_running->gather(mine, bytes);
}
std::uint32_t atomic_add(std::uint32_t* p, std::uint32_t v) {
  return std::atomic_ref(*p).fetch_add(v, std::memory_order_relaxed);
}

}  // namespace hipsim
