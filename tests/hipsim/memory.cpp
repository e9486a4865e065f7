#include "tests/hipsim/memory.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>
#include <vector>

#include "tests/hipsim/options.hpp"

namespace hipsim {
namespace {

constexpr std::size_t kPageBytes = 4096;
// Fresh memory is this file again and again, copied when written: poison costs nothing.
constexpr std::size_t kPoisonFileBytes = 8U << 20;

std::size_t round_up(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

int make_poison_file() {
  const int file = memfd_create("hipsim", MFD_CLOEXEC);
  const std::vector<std::uint16_t> block(kPageBytes / sizeof(std::uint16_t), Memory::kPoison);
  bool good = file >= 0;
  for (std::size_t at = 0; good && at < kPoisonFileBytes; at += kPageBytes)
    good = write(file, block.data(), kPageBytes) == static_cast<ssize_t>(kPageBytes);
  if (!good) give_up("no memory for the pattern of fresh memory");
  return file;
}

// Whether [begin, end), less than a page, holds poison; repairs it if not.
bool check_poison(std::byte* begin, const std::byte* end) {
  static const std::vector<std::uint16_t> pattern(kPageBytes, Memory::kPoison);
  const auto* wanted_bytes = reinterpret_cast<const std::byte*>(pattern.data());
  const auto n = static_cast<std::size_t>(end - begin);
  if (std::memcmp(begin, wanted_bytes + reinterpret_cast<std::uintptr_t>(begin) % 2, n) == 0)
    return true;
  bool whole = true;
  for (std::byte* at = begin; at < end; ++at) {
    const auto wanted = static_cast<std::byte>(reinterpret_cast<std::uintptr_t>(at) % 2 == 0
                                                   ? Memory::kPoison & 0xff
                                                   : Memory::kPoison >> 8);
    if (*at == wanted) continue;
    whole = false;
    *at = wanted;
  }
  return whole;
}

std::string size_text(const Allocation& allocation) {
  return "an allocation of " + std::to_string(allocation.bytes) + " bytes";
}

}  // namespace

std::uint64_t taken_bytes(std::size_t bytes) { return round_up(bytes, kPageBytes); }

Memory::Memory() : poison_file_(make_poison_file()) {}

Memory::~Memory() {
  for (const auto& [base, allocation] : allocations_)
    munmap(allocation.pages - kPageBytes, allocation.page_bytes + 2 * kPageBytes);
  close(poison_file_);
}

bool Memory::map_poison(std::byte* at, std::size_t bytes) const {
  for (std::size_t done = 0; done < bytes; done += kPoisonFileBytes) {
    if (mmap(at + done, std::min(bytes - done, kPoisonFileBytes), PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, poison_file_, 0) == MAP_FAILED)
      return false;
  }
  return true;
}

const Allocation* Memory::allocate(int device, std::size_t bytes) {
  const std::size_t used = round_up(bytes, kAlignment);
  const std::size_t page_bytes = round_up(used, kPageBytes);
  void* region = mmap(nullptr, page_bytes + 2 * kPageBytes, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (region == MAP_FAILED) return nullptr;
  Allocation allocation{nullptr, bytes, device, static_cast<std::byte*>(region) + kPageBytes,
                        page_bytes};
  allocation.base = allocation.pages + page_bytes - used;
  const bool hidden = device != kHostMemory && accesses_ == 0;
  if (!map_poison(allocation.pages, page_bytes) ||
      (hidden && mprotect(allocation.pages, page_bytes, PROT_NONE) != 0)) {
    munmap(region, page_bytes + 2 * kPageBytes);
    return nullptr;
  }
  return &(allocations_[allocation.base] = allocation);
}

bool Memory::release(const void* base, bool host) {
  const auto found = allocations_.find(static_cast<const std::byte*>(base));
  if (found == allocations_.end()) return false;
  const Allocation& allocation = found->second;
  if ((allocation.device == kHostMemory) != host) return false;
  // The addresses stay taken, without memory behind them: a late use is an error and nothing else.
  if (mmap(allocation.pages, allocation.page_bytes, PROT_NONE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
    give_up("device memory cannot be taken away");
  allocations_.erase(found);
  return true;
}

const Allocation* Memory::touching(const void* address, std::size_t bytes) const {
  const auto* begin = static_cast<const std::byte*>(address);
  auto next = allocations_.upper_bound(begin);
  const auto overlaps = [&](const Allocation& a) {
    return std::less<>{}(begin, a.base + a.bytes) &&
           std::less<>{}(static_cast<const std::byte*>(a.base),
                         begin + std::max<std::size_t>(bytes, 1));
  };
  if (next != allocations_.end() && overlaps(next->second)) return &next->second;
  if (next == allocations_.begin()) return nullptr;
  const Allocation& before = std::prev(next)->second;
  return overlaps(before) ? &before : nullptr;
}

bool Memory::inside(const Allocation& allocation, const void* address, std::size_t bytes) {
  const auto* begin = static_cast<const std::byte*>(address);
  if (std::less<>{}(begin, static_cast<const std::byte*>(allocation.base))) return false;
  const auto offset = static_cast<std::size_t>(begin - allocation.base);
  return offset <= allocation.bytes && bytes <= allocation.bytes - offset;
}

std::string Memory::describe(const void* address) const {
  const auto* at = static_cast<const std::byte*>(address);
  const auto next = allocations_.upper_bound(at);
  if (next != allocations_.begin()) {
    const Allocation& before = std::prev(next)->second;
    const auto offset = static_cast<std::size_t>(at - before.base);
    if (offset < before.bytes) return "within " + size_text(before);
    if (offset < before.page_bytes + kPageBytes)
      return std::to_string(offset - before.bytes) + " bytes behind " + size_text(before);
  }
  if (next != allocations_.end() &&
      static_cast<std::size_t>(next->second.base - at) < next->second.page_bytes + kPageBytes) {
    return std::to_string(next->second.base - at) + " bytes before " + size_text(next->second);
  }
  return "near no allocation";
}

std::optional<std::string> Memory::damaged() {
  std::optional<std::string> text;
  for (auto& [base, allocation] : allocations_) {
    const bool before = check_poison(allocation.pages, base);
    const bool behind =
        check_poison(allocation.base + allocation.bytes, allocation.pages + allocation.page_bytes);
    if (!before) text = "it wrote before " + size_text(allocation);
    if (!behind) text = "it wrote behind the end of " + size_text(allocation);
  }
  return text;
}

std::uint64_t Memory::used(int device) const {
  std::uint64_t sum = 0;
  for (const auto& [base, allocation] : allocations_)
    if (allocation.device == device) sum += taken_bytes(allocation.bytes);
  return sum;
}

void Memory::protect(bool usable) {
  for (const auto& [base, allocation] : allocations_) {
    if (allocation.device == kHostMemory) continue;
    if (mprotect(allocation.pages, allocation.page_bytes,
                 usable ? PROT_READ | PROT_WRITE : PROT_NONE) != 0)
      give_up("device memory cannot be protected");
  }
}

Memory::Access::Access(Memory& memory) : memory_(memory) {
  if (memory_.accesses_++ == 0) memory_.protect(true);
}

Memory::Access::~Access() {
  if (--memory_.accesses_ == 0) memory_.protect(false);
}

}  // namespace hipsim
