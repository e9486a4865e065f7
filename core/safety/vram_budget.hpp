// core/safety/vram_budget.hpp: how much of a GPU's memory a pack may take.
//
//   free    = min(total - used as the kernel says, free as the runtime says, where it says)
//   budget  = free - what is left to the desktop
//
// Of the card's own memory only: the computer's memory that the GPU can map (GTT) is slow, and
// taking it takes it from everybody else.
#ifndef FORGE_CORE_SAFETY_VRAM_BUDGET_HPP_
#define FORGE_CORE_SAFETY_VRAM_BUDGET_HPP_

#include <cstdint>
#include <optional>
#include <string>

#include "core/device/gpu.hpp"
#include "core/device/sysfs.hpp"
#include "forge/sdk/status.hpp"

namespace forge::safety {

// What the desktop needs, in GiB: windows, a browser with video, a second monitor. The user may
// choose less; nothing else may.
inline constexpr double kDesktopReserveGib = 4.0;

// A value type; bytes.
struct VramBudget {
  std::uint64_t total = 0;
  std::uint64_t used = 0;                     // as the kernel says
  std::optional<std::uint64_t> runtime_free;  // as the runtime says
  std::uint64_t free = 0;
  std::uint64_t reserve = 0;  // left to the desktop
  std::uint64_t bytes = 0;    // the budget

  // "20.00 GiB of memory - 1.30 GiB in use - 4.00 GiB for the desktop"
  std::string terms() const;
};

// The reserve for a GPU: `reserve_gib` where a display hangs on it, or may; otherwise none. A
// number that is not 0 or more is read as the default.
std::uint64_t desktop_reserve(const device::Gpu& gpu, double reserve_gib);

// An error when the memory's size or use is not known, or when nothing is left: kResourceExhausted
// with every term and what to change. [any-thread]
Result<VramBudget> vram_budget(const device::Gpu& gpu, double reserve_gib,
                               std::optional<std::uint64_t> runtime_free = std::nullopt);

// Reads the use of a GPU's memory anew: a survey may be seconds old.
void refresh_memory(const device::KernelFiles& files, device::Gpu& gpu);

}  // namespace forge::safety

#endif  // FORGE_CORE_SAFETY_VRAM_BUDGET_HPP_
