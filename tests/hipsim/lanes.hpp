// hipsim: what a device kernel compiled for the host may call.
//
// A kernel runs as one C++ function called once a lane. All lanes of a workgroup run on one thread
// of the computer, each on a stack of its own, and change over only inside barrier() and
// wave_gather(); so `static thread_local` arrays of a kernel are its LDS. Workgroups that run at
// the same time do so on different threads.
//
// The functions that concern "the running lane" may be called only from within a kernel.
#ifndef FORGE_TESTS_HIPSIM_LANES_HPP_
#define FORGE_TESTS_HIPSIM_LANES_HPP_

#include <cstddef>
#include <cstdint>

#define HIPSIM_API __attribute__((visibility("default")))

namespace hipsim {

inline constexpr std::uint32_t kWaveSize = 32;
inline constexpr std::uint32_t kMaxThreads = 1024;  // of a workgroup
inline constexpr std::size_t kMaxDeposit = 256;     // bytes that a lane may give to wave_gather
inline constexpr std::uint32_t kMaxArgumentBytes = 4096;  // of a kernel's argument struct

// The running lane: its index in the workgroup, 0 .. n_threads() - 1, with x fastest.
HIPSIM_API std::uint32_t thread();
// Lanes of the workgroup.
HIPSIM_API std::uint32_t n_threads();
// The workgroup's index and their number; dimension is 0, 1 or 2.
HIPSIM_API std::uint32_t block(int dimension);
HIPSIM_API std::uint32_t n_blocks(int dimension);

// Waits until all lanes of the workgroup that have not returned are here.
HIPSIM_API void barrier();

// Deposits `bytes` (1 .. kMaxDeposit, the same for all lanes of a wave) of this lane and waits for
// the other lanes of its wave that have not returned. The answer has the deposits of all 32 lanes,
// lane i at i * bytes, zero for lanes that returned before; it is valid until this lane's next
// wave_gather or barrier.
//
// Lanes that wait here while others wait in a barrier for them are a fault of the kernel, and so
// are deposits of different size: the launch fails with a message that names the kernel.
HIPSIM_API const void* wave_gather(const void* mine, std::size_t bytes);

// *p += v, as one step for all lanes of the device; returns the value before.
HIPSIM_API std::uint32_t atomic_add(std::uint32_t* p, std::uint32_t v);

// A kernel that hipModuleGetFunction can find. `args` is the lane's workgroup's copy of the one
// struct that is launched with kernelParams = {&struct}.
struct Kernel {
  const char* target;  // "gfx1100"
  const char* name;
  void (*run)(const void* args);
  std::uint32_t args_size;  // bytes; at most kMaxArgumentBytes
};

// Makes a kernel known; the strings are copied. For static initialisers of libraries of kernels; a
// kernel of the same target and name is replaced. [any thread]
HIPSIM_API void register_kernel(const Kernel& kernel);

}  // namespace hipsim

#endif  // FORGE_TESTS_HIPSIM_LANES_HPP_
