// hipsim: runs the lanes of one workgroup.
#ifndef FORGE_TESTS_HIPSIM_WORKGROUP_HPP_
#define FORGE_TESTS_HIPSIM_WORKGROUP_HPP_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/hipsim/fibers.hpp"
#include "tests/hipsim/lanes.hpp"
#include "tests/hipsim/options.hpp"

namespace hipsim {

using Dim3 = std::array<std::uint32_t, 3>;

// A kernel with everything it is launched with.
struct Launch {
  Kernel kernel;  // its strings live as long as the process
  Dim3 grid{1, 1, 1};
  Dim3 block{1, 1, 1};
  std::vector<std::byte> arguments;  // the one struct

  std::uint32_t n_threads() const { return block[0] * block[1] * block[2]; }
  std::uint64_t n_blocks() const { return std::uint64_t{grid[0]} * grid[1] * grid[2]; }
};

// How a kernel went wrong by itself.
struct KernelFault {
  std::string text;
  bool bad_address = false;
  std::optional<const void*> address;  // if bad, and known
};

// One thread's workplace for workgroups, one after another. Its stacks are made once.
class Workgroup {
 public:
  // The calling thread's.
  static Workgroup& of_this_thread();
  // The one whose lane is running on this thread, or null. For signal handlers too.
  static Workgroup* running();

  // Runs all lanes of workgroup `index` of the launch to their end, or until one fails.
  std::optional<KernelFault> run(const Launch& launch, std::uint64_t index, const Order& order);

  // Of the running lane; see lanes.hpp.
  std::uint32_t lane() const { return lane_; }
  const Launch& launch() const { return *launch_; }
  std::uint32_t block(int dimension) const { return block_[static_cast<std::size_t>(dimension)]; }
  void barrier();
  const void* gather(const void* mine, std::size_t bytes);
  // The running lane did something for which the processor raised `signal`. Does not return, and
  // does nothing that is forbidden in a signal handler.
  void interrupted(int signal, const void* address);

 private:
  enum class State : std::uint8_t { kReady, kAtBarrier, kAtGather, kDone };
  struct Lane {
    Fiber* fiber = nullptr;  // null: has not begun
    State state = State::kReady;
  };
  struct Wave {
    std::size_t bytes = 0;  // of the deposits that are coming in
    unsigned turn = 0;      // which of the two buffers takes them
    alignas(16) std::byte deposits[2][kWaveSize * kMaxDeposit];
  };
  struct Interrupt {
    int signal = 0;
    const void* address = nullptr;
  };

  static void enter_lane(void* self);
  [[noreturn]] void fail(std::string text);
  void begin(const Launch& launch, std::uint64_t index, const Order& order);
  void permute(std::vector<std::uint32_t>& items, std::uint32_t n);
  void run_wave(std::uint32_t wave);
  void run_lane(std::uint32_t index);
  void finish_gather(std::uint32_t index);
  bool failed() const { return fault_ || interrupt_.signal != 0; }
  std::string divergence(std::uint32_t wave) const;
  std::string lanes_in(std::uint32_t wave, State state) const;
  void abandon_lanes();
  void describe_interrupt();
  Fiber* take_fiber();

  const Launch* launch_ = nullptr;
  Dim3 block_{};
  Order order_;
  std::mt19937_64 random_;
  std::uint32_t lane_ = 0;
  std::uint32_t n_threads_ = 0;
  std::optional<KernelFault> fault_;
  Interrupt interrupt_;
  std::vector<Lane> lanes_;
  std::vector<std::unique_ptr<Wave>> waves_;
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<Fiber*> idle_fibers_;  // the last one was used last, so its stack is in the cache
  std::vector<std::uint32_t> wave_order_, lane_order_;
  alignas(64) std::array<std::byte, kMaxArgumentBytes> arguments_;
};

}  // namespace hipsim

#endif  // FORGE_TESTS_HIPSIM_WORKGROUP_HPP_
