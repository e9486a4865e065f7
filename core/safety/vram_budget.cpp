#include "core/safety/vram_budget.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace forge::safety {
namespace {

constexpr double kGib = 1024.0 * 1024.0 * 1024.0;

// Below this a budget is of no use: no weight, no context.
constexpr std::uint64_t kLeast = std::uint64_t{64} << 20;

double gib(std::uint64_t bytes) { return static_cast<double>(bytes) / kGib; }

}  // namespace

std::string VramBudget::terms() const {
  std::string text = fmt::format("{:.2f} GiB of memory - {:.2f} GiB in use", gib(total), gib(used));
  if (runtime_free && *runtime_free < total - used) {
    text = fmt::format("{:.2f} GiB free as the runtime says", gib(*runtime_free));
  }
  if (reserve != 0) text += fmt::format(" - {:.2f} GiB for the desktop", gib(reserve));
  return text;
}

std::uint64_t desktop_reserve(const device::Gpu& gpu, double reserve_gib) {
  if (gpu.display_attached.has_value() && !*gpu.display_attached) return 0;
  const double wanted = reserve_gib >= 0 && reserve_gib < 1e6 ? reserve_gib : kDesktopReserveGib;
  return static_cast<std::uint64_t>(wanted * kGib);
}

Result<VramBudget> vram_budget(const device::Gpu& gpu, double reserve_gib,
                               std::optional<std::uint64_t> runtime_free) {
  if (!gpu.vram_total || !gpu.vram_used || *gpu.vram_used > *gpu.vram_total) {
    return failed_precondition(fmt::format(
        "the memory of GPU {} ({}) is not known, so none of it is used: check that the amdgpu "
        "driver shows mem_info_vram_total and mem_info_vram_used in sysfs",
        gpu.pci_id, gpu.name));
  }
  VramBudget budget;
  budget.total = *gpu.vram_total;
  budget.used = *gpu.vram_used;
  budget.runtime_free = runtime_free;
  budget.free = budget.total - budget.used;
  if (runtime_free) budget.free = std::min(budget.free, *runtime_free);
  budget.reserve = desktop_reserve(gpu, reserve_gib);
  if (budget.free > budget.reserve) budget.bytes = budget.free - budget.reserve;
  if (budget.bytes >= kLeast) return budget;
  return resource_exhausted(fmt::format(
      "no memory of GPU {} ({}) is left to use: {} leaves {:.2f} GiB; close programs that use the "
      "GPU{}",
      gpu.pci_id, gpu.name, budget.terms(), gib(budget.bytes),
      budget.reserve == 0 ? "" : ", or leave the desktop less with --desktop-reserve-gb"));
}

void refresh_memory(const device::KernelFiles& files, device::Gpu& gpu) {
  const std::string device = "/sys/bus/pci/devices/" + gpu.pci_id;
  const auto read = [&](const char* file) -> std::optional<std::uint64_t> {
    const Result<std::uint64_t> bytes = files.read_number(device + "/" + file);
    return bytes.ok() ? std::optional(*bytes) : std::nullopt;
  };
  gpu.vram_total = read("mem_info_vram_total");
  gpu.vram_used = read("mem_info_vram_used");
}

}  // namespace forge::safety
