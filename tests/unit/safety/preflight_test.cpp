#include "core/safety/preflight.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "tests/catch.hpp"
#include "tests/support/gpu_mocks.hpp"

namespace forge::safety {
namespace {

using std::chrono::milliseconds;

constexpr const char* kStages[] = {"runtime", "memory", "kernel", "matrix"};
const std::string kWhere = " on 0000:03:00.0 (Radeon RX 7900 XT) failed: ";

plugin::Manifest manifest(const std::string& id = "gpu-staged") {
  auto read = plugin::read_manifest(test::gpu_mocks_directory() / id / (id + ".plugin.toml"));
  REQUIRE(read.ok());
  return *read;
}

const test::GpuMachine& machine() {
  static const test::GpuMachine one("7900xt");
  return one;
}

PreflightOptions options() {
  PreflightOptions made;
  made.probe_program = test::probe_program();
  made.files = device::KernelFiles(machine().root());
  made.limits.load_limit = std::chrono::seconds(60);
  made.grace = milliseconds(100);
  return made;
}

PreflightReport run(const std::string& fault = "none", const PreflightOptions& how = options()) {
  const test::Variable variable("MOCK_PREFLIGHT", fault);
  return run_preflight(manifest(), machine().survey().gpus.at(0), 1u << 30, how);
}

const StageReport& stage(const PreflightReport& report, const std::string& name) {
  for (const StageReport& one : report.stages) {
    if (one.name == name) return one;
  }
  FAIL("no stage " << name);
  throw std::logic_error("unreachable");
}

// One that fails in a stage: those before it passed, it failed, those behind it did not run.
void check_failed_at(const PreflightReport& report, const std::string& name) {
  CAPTURE(report.status.message());
  REQUIRE_FALSE(report.passed());
  CHECK(report.failed_stage == name);
  CHECK(report.status.message().starts_with("GPU check '" + name + "'" + kWhere));
  CHECK(report.status.message().find('\n') == std::string::npos);
  StageState expected = StageState::kPassed;
  for (const StageReport& one : report.stages) {
    CAPTURE(one.name);
    if (one.name == name) {
      CHECK(one.state == StageState::kFailed);
      CHECK_FALSE(one.text.empty());
      expected = StageState::kNotRun;
    } else {
      CHECK(one.state == expected);
    }
  }
}

bool has_children() { return !(waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD); }

TEST_CASE("preflight: passes, with every stage, its time and what was found") {
  const PreflightReport report = run();
  CAPTURE(report.status.message());
  REQUIRE(report.passed());
  REQUIRE(report.stages.size() == 6);
  CHECK(report.stages[0].name == "access");
  CHECK(report.stages[0].text == "/dev/dri/renderD128");
  CHECK(report.stages[1].name == "load");
  CHECK(report.stages[2].text == "HIP 6.2.41134 shows the device");
  CHECK(report.stages[3].purpose == "a pattern to the card and back");
  for (const StageReport& one : report.stages) {
    CHECK(one.state == StageState::kPassed);
    CHECK(one.time.count() >= 0);
  }
  CHECK(report.facts.runtime_version == "6.2.41134");
  CHECK_FALSE(report.facts.memory_free.has_value());
  CHECK_FALSE(report.remembered);
  CHECK_FALSE(has_children());
}

TEST_CASE("preflight: a failure is told with its stage, its cause and what to do") {
  for (const char* name : kStages) {
    const PreflightReport report = run(std::string("fails:") + name);
    check_failed_at(report, name);
    CHECK(report.status.code() == Code::kDataLoss);
    CHECK(stage(report, name).text == "7 of 4096 words differ");
  }
  CHECK(run("fails:memory").status.message() ==
        "GPU check 'memory'" + kWhere +
            "7 of 4096 words differ; undo overclocking, restart the computer, and look at the "
            "output of 'sudo dmesg | grep amdgpu'");
  CHECK(run("fails:runtime")
            .status.message()
            .ends_with("; check the installation of ROCm's HIP runtime ('rocmforge doctor' shows "
                       "what was found)"));
}

TEST_CASE("preflight: a crash, an exit and an exception end in the child") {
  for (const char* name : kStages) {
    const PreflightReport crash = run(std::string("crashes:") + name);
    check_failed_at(crash, name);
    CHECK(stage(crash, name).text == "it crashed (SIGSEGV)");
    const PreflightReport exit = run(std::string("exits:") + name);
    check_failed_at(exit, name);
    CHECK(stage(exit, name).text == "it ended the process with exit code 3");
    const PreflightReport thrown = run(std::string("throws:") + name);
    check_failed_at(thrown, name);
    CHECK(stage(thrown, name).text == "an exception of unknown type");
  }
  CHECK_FALSE(has_children());
}

TEST_CASE("preflight: a hang is stopped after the stage's limit, whatever it ignores or started") {
  PreflightOptions how = options();
  how.limits.stage_limit = milliseconds(2000);
  struct Case {
    const char* fault;
    const char* name;
    const char* printed;
  };
  for (const Case& c : {Case{"hangs", "runtime", "; it printed: 'waiting for a fence'"},
                        Case{"stubborn", "memory", ""}, Case{"swallows", "matrix", ""}}) {
    CAPTURE(c.fault);
    const PreflightReport report = run(std::string(c.fault) + ":" + c.name, how);
    check_failed_at(report, c.name);
    CHECK(report.status.code() == Code::kDeadlineExceeded);
    CHECK(stage(report, c.name).text ==
          std::string("it did not come back within 2 s and was stopped") + c.printed);
    CHECK(stage(report, c.name).time >= milliseconds(2000));
    CHECK(report.status.message().find("end other programs that use the GPU") != std::string::npos);
    CHECK_FALSE(has_children());  // no zombie
  }
}

TEST_CASE("preflight: garbage on every descriptor changes nothing") {
  for (const char* name : kStages) {
    const PreflightReport report = run(std::string("garbage:") + name);
    CAPTURE(report.status.message());
    CHECK(report.passed());
    CHECK(report.stages.size() == 6);
    CHECK_FALSE(report.facts.memory_free.has_value());
  }
}

TEST_CASE("preflight: who claims the end too early is not believed") {
  const PreflightReport report = run("lies:kernel");
  check_failed_at(report, "kernel");
  CHECK(stage(report, "kernel").text == "it claims success after 2 of 4 stages");
}

TEST_CASE("preflight: the user can stop it") {
  PreflightOptions how = options();
  how.stop = [] { return true; };
  const PreflightReport report = run("hangs:runtime", how);
  CHECK(report.status.code() == Code::kCancelled);
  CHECK_FALSE(has_children());
}

TEST_CASE("preflight: a pack without stages has one, its device") {
  const device::Gpu gpu = machine().survey().gpus.at(0);
  PreflightReport report = run_preflight(manifest("gpu-plain"), gpu, 17, options());
  REQUIRE(report.passed());
  REQUIRE(report.stages.size() == 3);
  CHECK(report.stages[2].name == "device");
  const test::Variable variable("MOCK_DEVICE", "budget");
  report = run_preflight(manifest("gpu-plain"), gpu, 17, options());
  check_failed_at(report, "device");
  CHECK(stage(report, "device").text == "0000:03:00.0 may take 17 bytes");
}

TEST_CASE("preflight: a missing or forbidden device node is told before anything runs") {
  PreflightOptions how = options();
  how.probe_program = "/no/such/program";
  how.may_open = [](const std::filesystem::path& path) {
    return path.filename() == "kfd" ? 0 : EACCES;
  };
  PreflightReport report = run("none", how);
  check_failed_at(report, "access");
  CHECK(report.stages.size() == 1);
  CHECK(report.status.code() == Code::kPermissionDenied);
  CHECK(report.status.message().find("no permission to open /dev/dri/renderD128 (Permission "
                                     "denied): add yourself to the render group") !=
        std::string::npos);
  how.may_open = [](const std::filesystem::path&) { return ENOENT; };
  CHECK(run("none", how).status.message().find("/dev/kfd does not exist") != std::string::npos);
  device::Gpu gpu = machine().survey().gpus.at(0);
  gpu.render_node.clear();
  report = run_preflight(manifest(), gpu, 0, how);
  CHECK(report.status.code() == Code::kNotFound);
}

TEST_CASE("preflight: a probe program that cannot be started or is none") {
  PreflightOptions how = options();
  how.probe_program = "/no/such/program";
  CHECK(run("none", how).status.message().find("cannot start '/no/such/program'") !=
        std::string::npos);
  how.probe_program.clear();
  CHECK(run("none", how).failed_stage == "load");
  how.probe_program = "/bin/true";
  CHECK(run("none", how)
            .status.message()
            .find("it ended the process with exit code 0 before its library was opened") !=
        std::string::npos);
}

TEST_CASE("preflight: a library that is none fails in stage load") {
  const test::Scratch scratch;
  plugin::Manifest broken = manifest();
  scratch.write("gpu-staged.plugin.toml", test::read_file(broken.path));
  scratch.write(broken.library, "no library\n");
  broken.path = scratch / "gpu-staged.plugin.toml";
  const PreflightReport report = run_preflight(broken, machine().survey().gpus.at(0), 0, options());
  CHECK(report.failed_stage == "load");
  CHECK(report.status.message().find("cannot be opened") != std::string::npos);
  CHECK(report.status.message().ends_with("reinstall the pack, or keep it out with --deny-plugin"));
}

}  // namespace
}  // namespace forge::safety
