// hipsim: the memory that kernels see.
#ifndef FORGE_TESTS_HIPSIM_MEMORY_HPP_
#define FORGE_TESTS_HIPSIM_MEMORY_HPP_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace hipsim {

inline constexpr int kHostMemory = -1;

struct Allocation {
  std::byte* base = nullptr;
  std::size_t bytes = 0;
  int device = kHostMemory;  // or: memory of the host that kernels may use too
  // Pages around it, without those that nothing may touch.
  std::byte* pages = nullptr;
  std::size_t page_bytes = 0;
};

// Allocations lie at the end of their pages, with a page on either side that nothing may touch.
// What is fresh holds kPoison over and over: not a number as f16, bf16, f32 and f64. The rest of
// the pages keeps it, and damaged() finds who wrote there. Freed addresses are never used again.
//
// While the device does nothing, its memory cannot be touched at all, so that a host that reads it
// without a copy fails here as it does with a GPU.
//
// Thread-compatible: the simulator's lock protects it.
class Memory {
 public:
  static constexpr std::uint16_t kPoison = 0xffa5;
  static constexpr std::size_t kAlignment = 256;

  Memory();
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  // Null: the computer has no more.
  const Allocation* allocate(int device, std::size_t bytes);
  // False: `base` is not what allocate() gave, for a device or for the host as asked.
  bool release(const void* base, bool host);

  // The allocation that has any of these bytes, or null.
  const Allocation* touching(const void* address, std::size_t bytes) const;
  // Whether all of them are in one allocation.
  static bool inside(const Allocation& allocation, const void* address, std::size_t bytes);
  // For messages: "4 bytes behind an allocation of 1024 bytes".
  std::string describe(const void* address) const;

  // Names an allocation around which something has written, and repairs it.
  std::optional<std::string> damaged();

  std::uint64_t used(int device) const;
  const std::map<const std::byte*, Allocation>& all() const { return allocations_; }

  // While one lives, device memory may be touched.
  class Access {
   public:
    explicit Access(Memory& memory);
    ~Access();
    Access(const Access&) = delete;
    Access& operator=(const Access&) = delete;

   private:
    Memory& memory_;
  };

 private:
  void protect(bool usable);
  bool map_poison(std::byte* at, std::size_t bytes) const;

  std::map<const std::byte*, Allocation> allocations_;  // by base
  int poison_file_ = -1;
  unsigned accesses_ = 0;
};

// How much of the card an allocation takes: whole pages, as the driver gives them.
std::uint64_t taken_bytes(std::size_t bytes);

}  // namespace hipsim

#endif  // FORGE_TESTS_HIPSIM_MEMORY_HPP_
