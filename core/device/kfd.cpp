#include "core/device/kfd.hpp"

#include <fmt/core.h>

#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "core/base/quote.hpp"

namespace forge::device {
namespace {

constexpr std::string_view kNodes = "/sys/class/kfd/kfd/topology/nodes";

using Properties = std::map<std::string, std::string, std::less<>>;

// "key value" lines. Lines of another form are left out: the numbers that are needed say so
// themselves when they are missing.
Properties parse_properties(std::string_view text) {
  Properties properties;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t blank = line.find(' ');
    if (blank == 0 || blank == std::string_view::npos) continue;
    properties.insert_or_assign(std::string(line.substr(0, blank)),
                                std::string(line.substr(blank + 1)));
  }
  return properties;
}

// Property `key` into *out; absent leaves it. Something else than a number that fits: an error.
template <class Number>
Status take(const Properties& properties, std::string_view key, Number* out) {
  const auto found = properties.find(key);
  if (found == properties.end()) return {};
  const Result<std::uint64_t> number = parse_number(found->second);
  if (!number.ok() || *number > std::numeric_limits<Number>::max()) {
    return data_loss(fmt::format("property {} is {}, which is not a number in its range", key,
                                 quote(found->second, 40)));
  }
  *out = static_cast<Number>(*number);
  return {};
}

std::uint64_t sum_banks(const KernelFiles& files, const std::string& node) {
  std::uint64_t sum = 0;
  const Result<std::vector<std::string>> banks = files.list(node + "/mem_banks");
  if (!banks.ok()) return 0;
  for (const std::string& bank : *banks) {
    const Result<std::string> text =
        files.read(fmt::format("{}/mem_banks/{}/properties", node, bank));
    std::uint64_t bytes = 0;
    if (text.ok() && take(parse_properties(*text), "size_in_bytes", &bytes).ok()) sum += bytes;
  }
  return sum;
}

// nullopt: a CPU.
Result<std::optional<KfdNode>> read_node(const KernelFiles& files, const std::string& node) {
  const Result<std::uint64_t> gpu_id = files.read_number(node + "/gpu_id");
  if (gpu_id.ok() && *gpu_id == 0) return std::optional<KfdNode>();
  if (!gpu_id.ok() && gpu_id.code() != Code::kNotFound) return gpu_id.status();
  FORGE_ASSIGN(const std::string text, files.read(node + "/properties"));
  const Properties properties = parse_properties(text);
  KfdNode out;
  FORGE_TRY(take(properties, "simd_count", &out.simd_count));
  if (out.simd_count == 0 && !gpu_id.ok()) return std::optional<KfdNode>();
  FORGE_TRY(take(properties, "simd_per_cu", &out.simd_per_cu));
  FORGE_TRY(take(properties, "gfx_target_version", &out.gfx_target_version));
  FORGE_TRY(take(properties, "vendor_id", &out.vendor_id));
  FORGE_TRY(take(properties, "device_id", &out.device_id));
  FORGE_TRY(take(properties, "location_id", &out.location_id));
  FORGE_TRY(take(properties, "domain", &out.domain));
  FORGE_TRY(take(properties, "drm_render_minor", &out.drm_render_minor));
  out.bank_bytes = sum_banks(files, node);
  return std::optional<KfdNode>(out);
}

Finding topology_finding(const Status& status) {
  if (status.code() == Code::kNotFound) {
    return {Severity::kNote, "kfd",
            fmt::format("no AMD GPU compute driver is loaded ({} does not exist)", kNodes),
            "if this machine has an AMD GPU, load its driver: sudo modprobe amdgpu"};
  }
  return {Severity::kProblem, "kfd", status.message(),
          "make /sys/class/kfd readable for this process; in a container, share the host's /sys"};
}

Finding node_finding(const std::string& name, const Status& status) {
  std::string action = "report this with the output of tools/device-tree.sh record";
  if (status.code() == Code::kPermissionDenied) {
    action =
        "this process's container or control group hides the device; pass it in with "
        "--device /dev/kfd --device /dev/dri";
  }
  return {Severity::kProblem, "kfd node " + name, status.message(), std::move(action)};
}

}  // namespace

std::string KfdNode::pci_id() const {
  return fmt::format("{:04x}:{:02x}:{:02x}.{}", domain, (location_id >> 8) & 0xffu,
                     (location_id >> 3) & 0x1fu, location_id & 0x7u);
}

std::vector<KfdNode> read_kfd_nodes(const KernelFiles& files, std::vector<Finding>& findings) {
  std::vector<KfdNode> nodes;
  const Result<std::vector<std::string>> names = files.list(kNodes);
  if (!names.ok()) {
    findings.push_back(topology_finding(names.status()));
    return nodes;
  }
  for (const std::string& name : *names) {
    const Result<std::uint64_t> index = parse_number(name);
    if (!index.ok() || *index > std::numeric_limits<std::uint32_t>::max()) continue;
    const Result<std::optional<KfdNode>> node =
        read_node(files, fmt::format("{}/{}", kNodes, name));
    if (!node.ok()) {
      findings.push_back(node_finding(name, node.status()));
    } else if (const std::optional<KfdNode>& gpu = *node; gpu.has_value()) {
      nodes.push_back(*gpu);
      nodes.back().index = static_cast<std::uint32_t>(*index);
    }
  }
  return nodes;
}

}  // namespace forge::device
