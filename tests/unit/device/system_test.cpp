#include "core/device/system.hpp"

#include <filesystem>
#include <map>
#include <string>

#include "tests/catch.hpp"
#include "tests/support/scratch.hpp"

namespace forge::device {
namespace {

struct Machine {
  System survey(const std::vector<unsigned>& groups = {1000, 109},
                const std::map<std::string, std::string>& variables = {}) const {
    return survey_system(KernelFiles(scratch.path()), groups, [&](const char* name) {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
  }
  test::Scratch scratch;
};

TEST_CASE("system: nothing to read is nothing known") {
  const System system = Machine().survey();
  CHECK(system.os.empty());
  CHECK(system.kernel.empty());
  CHECK_FALSE(system.driver);
  CHECK_FALSE(system.hip.has_value());
  REQUIRE(system.groups.size() == 2);
  CHECK_FALSE(system.groups[0].exists);
  CHECK(driver_identity(system) == "amdgpu of the kernel on Linux of unknown version");
}

TEST_CASE("system: names, versions and groups") {
  const Machine machine;
  machine.scratch.write("etc/os-release", "ID=ubuntu\nPRETTY_NAME=\"Ubuntu 24.04.1 LTS\"\n");
  machine.scratch.write("proc/sys/kernel/osrelease", "6.8.0-48-generic\n");
  machine.scratch.write("sys/module/amdgpu/version", "6.8.5\n");
  machine.scratch.write("opt/rocm/.info/version", "6.2.4-151\n");
  machine.scratch.write("etc/group",
                        "root:x:0:\nvideo:x:44:alice\nrender:x:109:\nrender2:x:1000:\n");
  const System system = machine.survey();
  CHECK(system.os == "Ubuntu 24.04.1 LTS");
  CHECK(system.kernel == "6.8.0-48-generic");
  CHECK(system.driver);
  CHECK(driver_identity(system) == "amdgpu 6.8.5 on Linux 6.8.0-48-generic");
  CHECK(system.rocm == "6.2.4");
  CHECK((system.groups[0].name == "render" && system.groups[0].exists && system.groups[0].member));
  CHECK((system.groups[1].name == "video" && system.groups[1].exists && !system.groups[1].member));
}

TEST_CASE("system: files of another form say nothing") {
  const Machine machine;
  machine.scratch.write("etc/os-release", "PRETTY_NAME=\nNAME");
  machine.scratch.write("etc/group", "render\nrender:\nrender:x\nrender:x:\nrender:x:abc:\n");
  const System system = machine.survey({0});
  CHECK(system.os.empty());
  CHECK_FALSE(system.groups[0].exists);
}

TEST_CASE("system: the HIP library is found where packages put it") {
  const Machine machine;
  CHECK_FALSE(machine.survey().hip.has_value());
  machine.scratch.write("usr/lib/x86_64-linux-gnu/libamdhip64.so.5.2.21153", "");
  CHECK(machine.survey().hip->path == "/usr/lib/x86_64-linux-gnu/libamdhip64.so.5.2.21153");
  CHECK(machine.survey().hip->version == "5.2.21153");

  machine.scratch.write("opt/rocm-6.2.4/lib/libamdhip64.so.6.2.60204", "");
  const std::filesystem::path folder = machine.scratch / "opt/rocm-6.2.4/lib";
  std::filesystem::create_symlink("libamdhip64.so.6", folder / "libamdhip64.so");
  std::filesystem::create_symlink("libamdhip64.so.6.2.60204", folder / "libamdhip64.so.6");
  CHECK(machine.survey().hip->path == "/opt/rocm-6.2.4/lib/libamdhip64.so.6.2.60204");
  std::filesystem::create_directory_symlink("rocm-6.2.4", machine.scratch / "opt/rocm");
  CHECK(machine.survey().hip->version == "6.2.60204");

  machine.scratch.write("home/rocm/lib/libamdhip64.so.7", "");
  CHECK(machine.survey({}, {{"ROCM_PATH", "/home/rocm"}}).hip->path ==
        "/home/rocm/lib/libamdhip64.so.7");
  CHECK(machine.survey({}, {{"ROCM_PATH", "relative"}}).hip->version == "6.2.60204");
}

TEST_CASE("system: a link to nowhere is no library") {
  const Machine machine;
  std::filesystem::create_directories(machine.scratch / "usr/lib64");
  std::filesystem::create_symlink("libamdhip64.so.6.1",
                                  machine.scratch / "usr/lib64/libamdhip64.so");
  CHECK_FALSE(machine.survey().hip.has_value());
}

TEST_CASE("system: this process is in at least one group") {
  CHECK_FALSE(current_groups().empty());
}

}  // namespace
}  // namespace forge::device
