#include "core/device/system.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ranges>
#include <utility>

#include "core/base/quote.hpp"

namespace forge::device {
namespace {

constexpr std::string_view kLibrary = "libamdhip64.so";

// Calls `take` with every line of the text.
template <class Take>
void for_each_line(std::string_view text, Take take) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    take(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string first_line(const KernelFiles& files, std::string_view path) {
  const Result<std::string> text = files.read(path);
  return text.ok() ? printable(text->substr(0, text->find('\n'))) : std::string();
}

// PRETTY_NAME="Ubuntu 24.04.1 LTS" of os-release(5).
std::string os_name(const KernelFiles& files) {
  const Result<std::string> text = files.read("/etc/os-release");
  std::string name;
  if (!text.ok()) return name;
  for_each_line(*text, [&name](std::string_view line) {
    constexpr std::string_view kKey = "PRETTY_NAME=";
    if (!line.starts_with(kKey)) return;
    line.remove_prefix(kKey.size());
    if (line.size() >= 2 && (line.front() == '"' || line.front() == '\'')) {
      line = line.substr(1, line.size() - 2);
    }
    name = printable(line);
  });
  return name;
}

// "render:x:109:alice,bob" of group(5).
Group find_group(std::string_view text, const char* name, const std::vector<unsigned>& groups) {
  Group group;
  group.name = name;
  const std::string prefix = group.name + ":";
  for_each_line(text, [&](std::string_view line) {
    if (!line.starts_with(prefix)) return;
    line.remove_prefix(std::min(line.find(':', prefix.size()), line.size() - 1) + 1);
    const Result<std::uint64_t> number = parse_number(line.substr(0, line.find(':')));
    if (!number.ok()) return;
    group.exists = true;
    group.member = std::find(groups.begin(), groups.end(), *number) != groups.end();
  });
  return group;
}

// Folders that libamdhip64 is installed in, as packages and the variables of ROCm's tools have it.
std::vector<std::string> hip_folders(const KernelFiles& files,
                                     const EnvironmentReader& environment) {
  std::vector<std::string> folders;
  for (const char* variable : {"ROCM_PATH", "HIP_PATH"}) {
    const std::optional<std::string> value = environment(variable);
    if (value && value->starts_with('/')) folders.push_back(*value + "/lib");
  }
  folders.emplace_back("/opt/rocm/lib");
  if (const Result<std::vector<std::string>> installed = files.list("/opt"); installed.ok()) {
    for (const std::string& name : std::ranges::reverse_view(*installed)) {
      if (name.starts_with("rocm-")) folders.push_back(fmt::format("/opt/{}/lib", name));
    }
  }
  for (const char* folder : {"/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"}) {
    folders.emplace_back(folder);
  }
  return folders;
}

std::optional<HipLibrary> find_hip(const KernelFiles& files, const EnvironmentReader& environment) {
  for (const std::string& folder : hip_folders(files, environment)) {
    const Result<std::vector<std::string>> names = files.list(folder);
    if (!names.ok()) continue;
    std::string longest;  // the real file: links to it have the shorter names
    for (const std::string& name : *names) {
      if (name.starts_with(kLibrary) && name.size() >= longest.size()) longest = name;
    }
    if (longest.empty()) continue;
    HipLibrary library;
    library.path = files.resolve(fmt::format("{}/{}", folder, longest));
    if (library.path.empty()) continue;  // a link to nowhere
    const std::string file = library.path.substr(library.path.rfind('/') + 1);
    if (file.size() > kLibrary.size() + 1) library.version = file.substr(kLibrary.size() + 1);
    library.path = printable(library.path);
    library.version = printable(library.version);
    return library;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> process_variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

System survey_system(const KernelFiles& files, const std::vector<unsigned>& groups,
                     const EnvironmentReader& environment) {
  System system;
  system.os = os_name(files);
  system.kernel = first_line(files, "/proc/sys/kernel/osrelease");
  system.driver = files.exists("/sys/module/amdgpu") || files.exists("/sys/class/kfd/kfd");
  system.driver_version = first_line(files, "/sys/module/amdgpu/version");
  system.rocm = rocm_version(files);
  system.hip = find_hip(files, environment);
  const Result<std::string> text = files.read("/etc/group");
  for (const char* name : {"render", "video"}) {
    system.groups.push_back(find_group(text.ok() ? *text : std::string(), name, groups));
  }
  return system;
}

// ROCm's packages write "6.2.4-151" there, up to and including ROCm 7.
std::string rocm_version(const KernelFiles& files) {
  const Result<std::string> text = files.read("/opt/rocm/.info/version");
  if (!text.ok()) return {};
  return printable(text->substr(0, text->find_first_not_of("0123456789.")));
}

std::string driver_identity(const System& system) {
  return fmt::format("amdgpu {} on Linux {}",
                     system.driver_version.empty() ? "of the kernel" : system.driver_version,
                     system.kernel.empty() ? "of unknown version" : system.kernel);
}

std::vector<unsigned> current_groups() {
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(getgroups(0, nullptr), 0)));
  const int n = getgroups(static_cast<int>(groups.size()), groups.data());
  groups.resize(static_cast<std::size_t>(std::max(n, 0)));
  groups.push_back(getegid());
  return {groups.begin(), groups.end()};
}

}  // namespace forge::device
