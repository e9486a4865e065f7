#include "core/device/cpu.hpp"

#include <fmt/core.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <set>
#include <thread>

namespace forge::device {
namespace {

// Leaves 0x80000002..4 hold 48 bytes of name, register by register.
std::string brand_string(const CpuidRecord& cpuid) {
  std::string name;
  for (std::uint32_t leaf = 0x80000002u; leaf <= 0x80000004u; ++leaf) {
    const CpuidRegisters r = cpuid.find(leaf);
    for (const std::uint32_t part : {r.eax, r.ebx, r.ecx, r.edx}) {
      char bytes[4];
      std::memcpy(bytes, &part, sizeof bytes);
      name.append(bytes, sizeof bytes);
    }
  }
  name.resize(std::min(name.size(), name.find('\0')));
  std::replace_if(name.begin(), name.end(), [](char c) { return c < ' ' || c > '~'; }, ' ');
  while (!name.empty() && name.back() == ' ') name.pop_back();
  name.erase(0, std::min(name.find_first_not_of(' '), name.size()));
  return name.empty() ? "unknown processor" : name;
}

// Intel's leaf 4 and AMD's leaf 0x8000001d have the same layout.
std::vector<CpuCache> decode_caches(const CpuidRecord& cpuid, std::uint32_t leaf) {
  std::vector<CpuCache> caches;
  for (std::uint32_t i = 0; i < 16; ++i) {
    const CpuidRegisters r = cpuid.find(leaf, i);
    const std::uint32_t type = r.eax & 0x1fu;
    if (type == 0) break;
    CpuCache cache;
    cache.level = (r.eax >> 5) & 0x7u;
    cache.kind = type == 1   ? CpuCache::Kind::kData
                 : type == 2 ? CpuCache::Kind::kInstruction
                             : CpuCache::Kind::kUnified;
    cache.sharing_threads = ((r.eax >> 14) & 0xfffu) + 1;
    cache.line = (r.ebx & 0xfffu) + 1;
    const std::uint64_t partitions = ((r.ebx >> 12) & 0x3ffu) + 1;
    const std::uint64_t ways = ((r.ebx >> 22) & 0x3ffu) + 1;
    cache.bytes = ways * partitions * cache.line * (std::uint64_t{r.ecx} + 1);
    caches.push_back(cache);
  }
  return caches;
}

// Distinct sets of sibling threads among the allowed ones. Without topology files (some containers)
// every thread counts as a core.
std::uint32_t count_cores(const KernelFiles& files, const std::vector<std::uint32_t>& affinity) {
  std::set<std::string> siblings;
  for (const std::uint32_t cpu : affinity) {
    const std::string topology = fmt::format("/sys/devices/system/cpu/cpu{}/topology/", cpu);
    Result<std::string> list = files.read(topology + "core_cpus_list");  // Linux 5.3 and later
    if (!list.ok()) list = files.read(topology + "thread_siblings_list");
    siblings.insert(list.ok() ? *list : fmt::format("cpu{}", cpu));
  }
  return static_cast<std::uint32_t>(std::max<std::size_t>(siblings.size(), 1));
}

// cgroup v2: "max 100000" or "150000 100000" (microseconds of CPU time a period). 0: no limit.
double quota_v2(std::string_view text) {
  const std::size_t blank = text.find(' ');
  const Result<std::uint64_t> time = parse_number(text.substr(0, blank));
  if (!time.ok() || blank == std::string_view::npos) return 0;
  const Result<std::uint64_t> period = parse_number(text.substr(blank + 1));
  if (!period.ok() || *period == 0) return 0;
  return static_cast<double>(*time) / static_cast<double>(*period);
}

double quota_v1(const KernelFiles& files, const std::string& folder) {
  const Result<std::uint64_t> time = files.read_number(folder + "/cpu.cfs_quota_us");
  const Result<std::uint64_t> period = files.read_number(folder + "/cpu.cfs_period_us");
  if (!time.ok() || !period.ok() || *period == 0) return 0;  // -1, no limit, is not a number here
  return static_cast<double>(*time) / static_cast<double>(*period);
}

double smaller_limit(double a, double b) { return a == 0 || (b != 0 && b < a) ? b : a; }

// A limit can sit on the process's own group or on any above it; the tightest holds.
double tightest(const KernelFiles& files, const std::string& mount, std::string group, bool v2) {
  double quota = 0;
  while (true) {
    const std::string folder = mount + group;
    if (v2) {
      const Result<std::string> text = files.read(folder + "/cpu.max");
      if (text.ok()) quota = smaller_limit(quota, quota_v2(*text));
    } else {
      quota = smaller_limit(quota, quota_v1(files, folder));
    }
    if (group.empty()) return quota;
    const std::size_t slash = group.rfind('/');
    group.resize(slash == std::string::npos ? 0 : slash);
  }
}

bool has_controller(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    if (list.substr(0, comma) == name) return true;
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return false;
}

// /proc/self/cgroup: "0::/user.slice/..." for v2, "4:cpu,cpuacct:/..." for v1.
double control_group_quota(const KernelFiles& files) {
  const Result<std::string> groups = files.read("/proc/self/cgroup");
  if (!groups.ok()) return 0;
  double quota = 0;
  std::string_view rest = *groups;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    std::string group(line.substr(second + 1));
    if (group.find("..") != std::string::npos) continue;  // outside of this namespace
    if (group == "/") group.clear();
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    if (controllers.empty()) {
      quota = smaller_limit(quota, tightest(files, "/sys/fs/cgroup", group, true));
    } else if (has_controller(controllers, "cpu")) {
      quota = smaller_limit(quota, tightest(files, "/sys/fs/cgroup/cpu", group, false));
    }
  }
  return quota;
}

}  // namespace

std::uint32_t Cpu::recommended_threads() const {
  std::uint32_t count = std::max(cores, 1u);
  if (quota > 0) {
    const double allowed = std::max(std::ceil(quota), 1.0);
    if (allowed < count) count = static_cast<std::uint32_t>(allowed);
  }
  return count;
}

Cpu survey_cpu(const KernelFiles& files, const CpuidRecord& cpuid,
               const std::vector<std::uint32_t>& affinity) {
  Cpu cpu;
  cpu.name = brand_string(cpuid);
  cpu.features = CpuFeatures(cpuid);
  cpu.caches = decode_caches(cpuid, 4);
  if (cpu.caches.empty()) cpu.caches = decode_caches(cpuid, 0x8000001du);
  cpu.threads = static_cast<std::uint32_t>(std::max<std::size_t>(affinity.size(), 1));
  cpu.cores = count_cores(files, affinity);
  cpu.quota = control_group_quota(files);
  return cpu;
}

std::vector<std::uint32_t> current_affinity() {
  // The kernel's mask may be larger than cpu_set_t's 1024 threads: ask with more until it fits.
  for (std::size_t n = 1024; n <= std::size_t{64} * 1024; n *= 4) {
    std::vector<cpu_set_t> mask(n / (8 * sizeof(cpu_set_t)));
    const std::size_t bytes = mask.size() * sizeof(cpu_set_t);
    if (sched_getaffinity(0, bytes, mask.data()) != 0) {
      if (errno == EINVAL) continue;
      break;
    }
    std::vector<std::uint32_t> allowed;
    for (std::size_t i = 0; i < n; ++i) {
      if (CPU_ISSET_S(i, bytes, mask.data())) allowed.push_back(static_cast<std::uint32_t>(i));
    }
    return allowed;
  }
  std::vector<std::uint32_t> all(std::max(std::thread::hardware_concurrency(), 1u));
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint32_t>(i);
  return all;
}

}  // namespace forge::device
