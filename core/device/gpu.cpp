#include "core/device/gpu.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "core/base/quote.hpp"
#include "core/device/kfd.hpp"

namespace forge::device {
namespace {

constexpr std::uint16_t kAmd = 0x1002;

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

class Surveyor {
 public:
  Surveyor(const KernelFiles& files, const AccessCheck& may_open, GpuSurvey& out)
      : files_(files), may_open_(may_open), out_(out) {}

  void run();

 private:
  void add(const KfdNode& node);
  std::string find_device(const KfdNode& node, Gpu& gpu);
  void read_identity(const std::string& device, Gpu& gpu);
  void read_memory(const std::string& device, Gpu& gpu);
  void read_displays(const std::string& device, Gpu& gpu);
  bool check_permission(const std::string& subject, const std::string& path);
  GpuKind decide_kind(const KfdNode& node, const std::string& device, const Gpu& gpu);
  std::string listed_name(const Gpu& gpu);
  void note_cards_without_kfd();
  void problem(const std::string& subject, std::string text, std::string action = {}) {
    out_.findings.push_back({Severity::kProblem, subject, std::move(text), std::move(action)});
  }

  const KernelFiles& files_;
  const AccessCheck& may_open_;
  GpuSurvey& out_;
};

void Surveyor::run() {
  const std::vector<KfdNode> nodes = read_kfd_nodes(files_, out_.findings);
  const bool kfd_permitted = nodes.empty() || check_permission("kfd", "/dev/kfd");
  for (const KfdNode& node : nodes) {
    add(node);
    out_.gpus.back().permitted &= kfd_permitted;
  }
  note_cards_without_kfd();
}

void Surveyor::add(const KfdNode& node) {
  Gpu& gpu = out_.gpus.emplace_back();
  gpu.pci_id = node.pci_id();
  gpu.kfd_node = node.index;
  gpu.compute_units = node.compute_units();
  gpu.vendor = static_cast<std::uint16_t>(node.vendor_id);
  gpu.device = static_cast<std::uint16_t>(node.device_id);
  gpu.gfx = gfx_name(node.gfx_target_version);
  if (gpu.gfx.empty()) {
    problem(gpu.pci_id,
            fmt::format("KFD node {} has gfx_target_version {}, which names no known processor",
                        node.index, node.gfx_target_version),
            "a newer kernel may know this GPU");
  }
  const std::string device = find_device(node, gpu);
  if (!device.empty()) {
    read_identity(device, gpu);
    read_memory(device, gpu);
    read_displays(device, gpu);
  }
  if (gpu.name.empty()) gpu.name = fmt::format("AMD GPU {:04x}:{:04x}", gpu.vendor, gpu.device);
  gpu.kind = decide_kind(node, device, gpu);
  gpu.permitted = !gpu.render_node.empty() && check_permission(gpu.pci_id, gpu.render_node);
}

// The device's folder in sysfs, found through its render node, or by its PCI id when it has none.
std::string Surveyor::find_device(const KfdNode& node, Gpu& gpu) {
  std::string by_pci = files_.resolve("/sys/bus/pci/devices/" + gpu.pci_id);
  if (node.drm_render_minor == 0) {
    problem(gpu.pci_id, fmt::format("KFD node {} names no render node", node.index),
            "check that the amdgpu driver is loaded completely: sudo dmesg | grep amdgpu");
    return by_pci;
  }
  const std::string render = fmt::format("renderD{}", node.drm_render_minor);
  std::string by_render = files_.resolve("/sys/class/drm/" + render + "/device");
  if (by_render.empty() || last_part(by_render) != gpu.pci_id) {
    problem(gpu.pci_id,
            fmt::format("KFD node {} names render node {}, but /sys/class/drm/{} {}", node.index,
                        render, render,
                        by_render.empty() ? "does not exist"
                                          : "belongs to " + quote(last_part(by_render), 40)),
            "in a container, share the host's /sys");
    return by_pci;
  }
  gpu.render_node = "/dev/dri/" + render;
  return by_render;
}

void Surveyor::read_identity(const std::string& device, Gpu& gpu) {
  const auto read_id = [&](const char* file, auto* out, std::uint64_t limit) {
    const Result<std::uint64_t> number = files_.read_number(device + "/" + file);
    using Id = std::remove_pointer_t<decltype(out)>;
    if (number.ok() && *number <= limit) *out = static_cast<Id>(*number);
  };
  read_id("vendor", &gpu.vendor, 0xffff);
  read_id("device", &gpu.device, 0xffff);
  read_id("revision", &gpu.revision, 0xff);
  gpu.name = product_name(gpu.device, gpu.revision);
  if (gpu.name.empty()) gpu.name = listed_name(gpu);
}

// libdrm's list, where it is installed: "7550,\tC0,\tAMD Radeon RX 9070 XT" lines.
std::string Surveyor::listed_name(const Gpu& gpu) {
  const Result<std::string> list = files_.read("/usr/share/libdrm/amdgpu.ids");
  if (!list.ok()) return {};
  const std::string key = fmt::format("\n{:04X},\t{:02X},\t", gpu.device, gpu.revision);
  const std::size_t at = list->find(key);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + key.size();
  return printable(std::string_view(*list).substr(begin, list->find('\n', begin) - begin));
}

void Surveyor::read_memory(const std::string& device, Gpu& gpu) {
  const auto read_bytes = [&](const char* file) -> std::optional<std::uint64_t> {
    const Result<std::uint64_t> bytes = files_.read_number(device + "/" + file);
    return bytes.ok() ? std::optional(*bytes) : std::nullopt;
  };
  gpu.vram_total = read_bytes("mem_info_vram_total");
  gpu.vram_used = read_bytes("mem_info_vram_used");
  gpu.gtt_total = read_bytes("mem_info_gtt_total");
  gpu.gtt_used = read_bytes("mem_info_gtt_used");
  if (!gpu.vram_total || !gpu.vram_used || *gpu.vram_used > *gpu.vram_total) {
    problem(gpu.pci_id,
            fmt::format("its memory is unknown: {}/mem_info_vram_total or _used is missing or not "
                        "a sensible number",
                        device),
            "no memory of this GPU will be planned with until the driver tells its size");
    gpu.vram_used.reset();
  }
}

void Surveyor::read_displays(const std::string& device, Gpu& gpu) {
  const Result<std::vector<std::string>> minors = files_.list(device + "/drm");
  if (!minors.ok()) return;
  for (const std::string& card : *minors) {
    if (!card.starts_with("card")) continue;
    const std::string folder = fmt::format("{}/drm/{}", device, card);
    const std::string prefix = card + "-";  // of connectors: card1-DP-1
    const Result<std::vector<std::string>> entries = files_.list(folder);
    if (!entries.ok()) continue;
    gpu.display_attached = gpu.display_attached.value_or(false);
    for (const std::string& entry : *entries) {
      if (!entry.starts_with(prefix)) continue;
      const Result<std::string> status = files_.read(fmt::format("{}/{}/status", folder, entry));
      if (!status.ok() || *status != "connected") continue;
      gpu.display_attached = true;
      gpu.displays.push_back(printable(entry.substr(prefix.size())));
    }
  }
}

bool Surveyor::check_permission(const std::string& subject, const std::string& path) {
  const int error = may_open_(files_.real(path));
  if (error == 0) return true;
  if (error == ENOENT) {
    problem(subject, path + " does not exist",
            "in a container, pass the device in with --device /dev/kfd --device /dev/dri");
  } else {
    problem(
        subject,
        fmt::format("no permission to open {} ({})", path, std::generic_category().message(error)),
        "add yourself to the render group and log in again: sudo usermod -aG render $USER");
  }
  return false;
}

// 1. The processor, where LLVM's table knows it to be built one way only.
// 2. Integrated when KFD's memory bank is the GTT: the driver does that for integrated GPUs, whose
//    own part of the memory is too small to be of use.
// 3. Discrete when it hangs below a PCIe switch of AMD's: every Radeon since Vega carries one on
//    the card, between the slot and the chip.
GpuKind Surveyor::decide_kind(const KfdNode& node, const std::string& device, const Gpu& gpu) {
  const GpuKind known = kind_of_processor(gpu.gfx);
  if (known != GpuKind::kUnknown) return known;
  if (node.bank_bytes != 0 && gpu.gtt_total == node.bank_bytes &&
      gpu.vram_total != node.bank_bytes) {
    return GpuKind::kIntegrated;
  }
  const std::string bridge = device.substr(0, std::min(device.rfind('/'), device.size()));
  const Result<std::uint64_t> vendor = files_.read_number(bridge + "/vendor");
  return vendor.ok() && *vendor == kAmd ? GpuKind::kDiscrete : GpuKind::kUnknown;
}

// Cards that the driver drives for display only, as in a kernel without CONFIG_HSA_AMD.
void Surveyor::note_cards_without_kfd() {
  const Result<std::vector<std::string>> minors = files_.list("/sys/class/drm");
  if (!minors.ok()) return;
  for (const std::string& minor : *minors) {
    if (!minor.starts_with("renderD")) continue;
    const std::string device = files_.resolve("/sys/class/drm/" + minor + "/device");
    const Result<std::uint64_t> vendor = files_.read_number(device + "/vendor");
    if (device.empty() || !vendor.ok() || *vendor != kAmd) continue;
    const std::string pci_id = last_part(device);
    const bool surveyed = std::any_of(out_.gpus.begin(), out_.gpus.end(),
                                      [&](const Gpu& gpu) { return gpu.pci_id == pci_id; });
    if (surveyed) continue;
    problem(pci_id,
            fmt::format("an AMD GPU with {} but without a KFD node: it cannot compute", minor),
            "use a kernel with CONFIG_HSA_AMD; in a container, pass /dev/kfd in");
  }
}

}  // namespace

GpuSurvey survey_gpus(const KernelFiles& files, const AccessCheck& may_open) {
  GpuSurvey survey;
  Surveyor(files, may_open, survey).run();
  return survey;
}

}  // namespace forge::device
