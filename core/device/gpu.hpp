// core/device/gpu.hpp: AMD GPUs as the kernel describes them, without HIP.
//
// Sources, all below a root: KFD's topology (/sys/class/kfd/kfd/topology/nodes/N) for what
// computes, DRM (/sys/class/drm/renderDN/device) for memory, names and displays, /dev for
// permissions. Nothing is opened but text files, so a survey neither wakes nor disturbs a card.
#ifndef FORGE_CORE_DEVICE_GPU_HPP_
#define FORGE_CORE_DEVICE_GPU_HPP_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/device/finding.hpp"
#include "core/device/gfx_target.hpp"
#include "core/device/sysfs.hpp"

namespace forge::device {

// What a number of bytes that could not be read is: absent. A value type.
struct Gpu {
  std::string pci_id;  // "0000:03:00.0": its key everywhere
  std::string gfx;     // "gfx1100"; empty when the kernel gave no usable version
  std::string name;    // "Radeon RX 7900 XT", or "AMD GPU 1002:744c" when it is not known
  std::uint16_t vendor = 0;
  std::uint16_t device = 0;
  std::uint8_t revision = 0;
  GpuKind kind = GpuKind::kUnknown;
  std::uint32_t compute_units = 0;
  std::uint32_t kfd_node = 0;

  // Memory on the card (of an integrated GPU: the part of the computer's memory set aside for it),
  // and beside it the computer's memory that the GPU may map. Never to be added up: the second is
  // slow, and taking it takes it from the rest of the system.
  std::optional<std::uint64_t> vram_total;
  std::optional<std::uint64_t> vram_used;
  std::optional<std::uint64_t> gtt_total;
  std::optional<std::uint64_t> gtt_used;

  std::string render_node;  // "/dev/dri/renderD128"; empty when it has none
  bool permitted = false;   // this process may open /dev/kfd and the render node

  std::optional<bool> display_attached;
  std::vector<std::string> displays;  // connectors in use: "DP-1"

  // May a pack be tried on it: processor known, render node there and permitted.
  bool usable() const { return !gfx.empty() && !render_node.empty() && permitted; }
};

struct GpuSurvey {
  std::vector<Gpu> gpus;  // in the order of KFD's nodes
  std::vector<Finding> findings;
};

// Never fails: what cannot be read becomes a finding. A machine without any GPU is a normal one.
GpuSurvey survey_gpus(const KernelFiles& files, const AccessCheck& may_open);

}  // namespace forge::device

#endif  // FORGE_CORE_DEVICE_GPU_HPP_
