// core/device/system.hpp: operating system, driver and ROCm, as far as text files tell.
#ifndef FORGE_CORE_DEVICE_SYSTEM_HPP_
#define FORGE_CORE_DEVICE_SYSTEM_HPP_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/device/sysfs.hpp"

namespace forge::device {

// The HIP runtime's file, links resolved. Found by name: nothing is opened.
struct HipLibrary {
  std::string path;     // "/opt/rocm-6.2.4/lib/libamdhip64.so.6.2.60204"
  std::string version;  // "6.2.60204", as its name ends; empty when that says nothing
};

// One of the groups that own the device nodes.
struct Group {
  std::string name;  // "render"
  bool exists = false;
  bool member = false;  // this process is in it
};

// A value type; what is not known is empty.
struct System {
  std::string os;       // "Ubuntu 24.04.1 LTS"
  std::string kernel;   // "6.8.0-48-generic"
  bool driver = false;  // the amdgpu driver is loaded
  // Of a driver that was installed apart from the kernel; the kernel's own has none.
  std::string driver_version;
  std::string rocm;  // "6.2.4"; empty when none is found
  std::optional<HipLibrary> hip;
  std::vector<Group> groups;  // render, video
};

// Value of an environment variable, or nothing.
using EnvironmentReader = std::function<std::optional<std::string>(const char* name)>;
std::optional<std::string> process_variable(const char* name);

// Reads below the files' root. `groups`: numbers of the groups this process is in. [any-thread]
System survey_system(const KernelFiles& files, const std::vector<unsigned>& groups,
                     const EnvironmentReader& environment = process_variable);

// Version of the installed ROCm, "6.2.4"; empty when none is found.
std::string rocm_version(const KernelFiles& files);

// "amdgpu 6.8.5 on Linux 6.8.0-48-generic": what a remembered check depends on.
std::string driver_identity(const System& system);

// Numbers of the groups this process is in.
std::vector<unsigned> current_groups();

}  // namespace forge::device

#endif  // FORGE_CORE_DEVICE_SYSTEM_HPP_
