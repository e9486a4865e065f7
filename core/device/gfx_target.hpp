// core/device/gfx_target.hpp: names of AMD GPU processors.
#ifndef FORGE_CORE_DEVICE_GFX_TARGET_HPP_
#define FORGE_CORE_DEVICE_GFX_TARGET_HPP_

#include <cstdint>
#include <string>
#include <string_view>

namespace forge::device {

// The processor's name from KFD's gfx_target_version, which is major * 10000 + minor * 100 +
// stepping: 110000 is "gfx1100", 120001 "gfx1201", 90010 "gfx90a" (minor and stepping are one
// hexadecimal digit each). Empty for 0 (a CPU) and for numbers that are no such version.
std::string gfx_name(std::uint64_t gfx_target_version);

// Whether `name` names one processor: "gfx1100". Not "gfx11-generic", not "gfx942:xnack-".
bool is_exact_processor(std::string_view name);

enum class GpuKind {
  kUnknown,
  kIntegrated,  // shares the computer's memory
  kDiscrete,    // has memory of its own
};
std::string_view kind_name(GpuKind kind);  // "integrated"

// Column "dGPU/APU" of the processor table in https://llvm.org/docs/AMDGPUUsage.html. A processor
// that is built both ways (gfx942) or is not in the table: kUnknown.
GpuKind kind_of_processor(std::string_view gfx);

// The product's name for a PCI device and revision id, such as "Radeon RX 7900 XT" for 744c rev cc;
// empty when it is not one of the cards known here.
// Source: https://gitlab.freedesktop.org/mesa/drm/-/blob/main/data/amdgpu.ids
std::string_view product_name(std::uint16_t device, std::uint8_t revision);

}  // namespace forge::device

#endif  // FORGE_CORE_DEVICE_GFX_TARGET_HPP_
