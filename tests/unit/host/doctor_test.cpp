// The doctor on recorded machines, word for word: tests/data/doctor/. What it should say was read
// by people; RECORD_DOCTOR=1 writes the files anew for that.
#include <cstdlib>
#include <fstream>
#include <string>

#include "host/cli/version.hpp"
#include "host/doctor/examination.hpp"
#include "tests/catch.hpp"
#include "tests/support/gpu_mocks.hpp"
#include "tests/support/mocks.hpp"

namespace forge {
namespace {

const std::string kData = FORGE_TEST_DATA "/doctor/";

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at))
    text.replace(at, what.size(), with);
  return text;
}

struct Case {
  const char* tree;
  const char* name;   // of the files
  const char* fault;  // MOCK_PREFLIGHT
  bool stranger = false;
  bool busy = false;
};

// As a machine has them beside the recording.
void furnish(const std::filesystem::path& root) {
  const auto write = [&root](const char* path, const char* text) {
    std::filesystem::create_directories((root / path).parent_path());
    std::ofstream(root / path) << text;
  };
  write("etc/os-release", "PRETTY_NAME=\"Ubuntu 24.04.1 LTS\"\n");
  write("etc/group", "video:x:44:\nrender:x:109:\n");
  write("proc/sys/kernel/osrelease", "6.8.0-48-generic\n");
  write("opt/rocm/.info/version", "6.2.4-151\n");
  write("opt/rocm/lib/libamdhip64.so.6.2.60204", "");
}

Examination examine(const Case& c) {
  const test::Variable fault("MOCK_PREFLIGHT", c.fault);
  const test::Variable rocm("ROCM_PATH", "");
  const test::Variable hip("HIP_PATH", "");
  const test::GpuMachine machine(c.tree);
  furnish(machine.root());
  PluginSetup setup;
  const device::AccessCheck access = c.stranger ? test::access_as_stranger : device::may_open;
  setup.survey = device::survey({.root = machine.root(),
                                 .may_open = access,
                                 .cpuid = test::epyc_genoa(),
                                 .affinity = std::vector<std::uint32_t>{0}});
  setup.survey.cpu.name = "EPYC";  // else from this machine's /proc
  setup.options.cache_directory = machine.cache();
  setup.options.probe_limit = std::chrono::seconds(60);
  setup.discovery = plugin::discover({{test::gpu_mocks_directory() / "gpu-staged", "test"},
                                      {test::mocks_directory() / "good-pack", "test"}});
  setup.selection = plugin::select(setup.discovery, setup.survey, setup.options);
  ExaminationOptions options;
  options.groups = {1000};
  if (!c.stranger) options.groups.push_back(109);  // render
  options.gate = machine.gate_options();
  options.gate.may_open = access;
  auto lock = safety::DeviceLock::acquire(c.busy ? "0000:03:00.0" : "other",
                                          {machine.locks(), "rocmforge chat", {}, {}});
  REQUIRE(lock.ok());
  Examination found = examine(std::move(setup), Config{}, options);
  for (PackCheck& check : found.checks) {
    for (safety::StageReport& stage : check.report.stages) stage.time = safety::Milliseconds(1);
  }
  for (DeviceMemory& memory : found.memory) {
    if (memory.holder) memory.holder->pid = 1234, memory.holder->since = "2026-11-21 11:20:05";
  }
  return found;
}

// Without what changes from release to release.
std::string timeless(std::string text) {
  text = replaced(std::move(text), "\"version\": \"" + std::string(cli::version()) + "\"",
                  "\"version\": \"VERSION\"");
  return replaced(std::move(text), "  rocmforge     " + std::string(cli::version()) + ",",
                  "  rocmforge     VERSION,");
}

void compare(const std::string& name, const std::string& text) {
  if (std::getenv("RECORD_DOCTOR") != nullptr) std::ofstream(kData + name) << text;
  CAPTURE(name);
  CHECK(text == test::read_file(kData + name));
}

TEST_CASE("doctor: what it says on recorded machines, for people and for machines") {
  for (const Case& c :
       {Case{"7900xt", "7900xt", "none"}, Case{"7900xt", "7900xt-fails", "fails:memory"},
        Case{"9070xt-igpu", "9070xt-igpu", "none"}, Case{"two-cards", "two-cards", "none"},
        Case{"two-cards", "two-cards-crash", "crashes:runtime"},
        Case{"igpu-only", "igpu-only", "none"}, Case{"none", "none", "none"},
        Case{"permission-denied", "permission-denied", "none", true}}) {
    const Examination found = examine(c);
    compare(std::string(c.name) + ".txt", timeless(examination_text(found, 100)));
    compare(std::string(c.name) + ".json", timeless(examination_json(found)));
  }
}

TEST_CASE("doctor: a GPU in use is left alone, and it is told who uses it") {
  const Examination found = examine({"7900xt", "", "crashes:runtime", false, true});
  REQUIRE(found.checks.size() == 1);
  CHECK(found.checks[0].report.stages.empty());
  const std::string text = examination_text(found, 100);
  CAPTURE(text);
  CHECK(text.find("in use by process 1234 (rocmforge chat, since 2026-11-21 11:20:05)") !=
        std::string::npos);
  CHECK(text.find("'rocmforge run' would use good-pack on cpu") != std::string::npos);
  CHECK(text.find("To use the GPU: wait until that process ends, or end it") != std::string::npos);
}

TEST_CASE("doctor: no line is longer than the page, unless a word is") {
  const Examination found = examine({"7900xt", "", "fails:memory"});
  for (const std::size_t width : {40u, 60u, 100u}) {
    const std::string text = examination_text(found, width);
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      const std::string line = text.substr(at, end - at);
      at = end + 1;
      if (line.find("  MS  FOUND") != std::string::npos || line.find("ed  ") != std::string::npos ||
          line.find("not run") != std::string::npos || line.starts_with("'rocmforge run'"))
        continue;  // a table, whose cells stay whole
      CAPTURE(line);
      CHECK((line.size() <= width || line.find_last_of(' ') <= 16));
    }
  }
}

}  // namespace
}  // namespace forge
