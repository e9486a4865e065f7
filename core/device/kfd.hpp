// core/device/kfd.hpp: the compute nodes the amdgpu driver shows in KFD's topology.
//
// Layout of one node (Linux 5.x and 6.x): gpu_id (0 for a CPU), name, properties ("key value"
// lines, decimal), mem_banks/I/properties. A node that this process's control group may not use
// answers EPERM.
#ifndef FORGE_CORE_DEVICE_KFD_HPP_
#define FORGE_CORE_DEVICE_KFD_HPP_

#include <cstdint>
#include <string>
#include <vector>

#include "core/device/finding.hpp"
#include "core/device/sysfs.hpp"

namespace forge::device {

// A GPU node, numbers as the kernel gives them; 0 where a property is absent.
struct KfdNode {
  std::uint32_t index = 0;  // N of nodes/N
  std::uint64_t gfx_target_version = 0;
  std::uint32_t simd_count = 0;
  std::uint32_t simd_per_cu = 0;
  std::uint32_t vendor_id = 0;
  std::uint32_t device_id = 0;
  std::uint32_t location_id = 0;  // PCI bus << 8 | device << 3 | function
  std::uint32_t domain = 0;       // PCI domain
  std::uint32_t drm_render_minor = 0;
  std::uint64_t bank_bytes = 0;  // of all memory banks. Small integrated GPUs show their GTT here

  std::string pci_id() const;  // "0000:03:00.0"
  std::uint32_t compute_units() const { return simd_per_cu == 0 ? 0 : simd_count / simd_per_cu; }
};

// The GPU nodes by index. CPU nodes are skipped; nodes that cannot be read or understood are
// skipped with a finding, as is the whole topology.
std::vector<KfdNode> read_kfd_nodes(const KernelFiles& files, std::vector<Finding>& findings);

}  // namespace forge::device

#endif  // FORGE_CORE_DEVICE_KFD_HPP_
