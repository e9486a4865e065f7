// The program on recorded machines with a mock pack for GPUs: a GPU that fails is one warning and
// an answer from the processor, or with --require-gpu the exit code of what was in the way.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/safety/device_lock.hpp"
#include "host/cli/exit_code.hpp"
#include "tests/catch.hpp"
#include "tests/process.hpp"
#include "tests/support/device_tree.hpp"

namespace forge::test {
namespace {

using cli::ExitCode;

// A machine, and folders for locks and caches of the test's own.
class Machine {
 public:
  explicit Machine(const std::string& tree = "7900xt", std::string pack = "gpu-staged")
      : tree_(tree), pack_(std::move(pack)) {
    std::filesystem::create_directories(scratch_ / "run");
  }

  Finished rocmforge(std::vector<std::string> arguments,
                     std::map<std::string, std::string> environment = {}) const {
    arguments.insert(arguments.begin(), FORGE_PROGRAM);
    for (const std::string& more :
         {std::string("--device-root"), tree_.root().string(), std::string("--plugin-path"),
          FORGE_BUILD_DIR "/tests/gpu_mocks/" + pack_, std::string("--no-config")}) {
      arguments.push_back(more);
    }
    // The mock is the only pack for the machine's card, where the real one was built, too.
    if (std::filesystem::exists(FORGE_BUILD_DIR "/plugins/gfx1100/gfx1100.plugin.toml"))
      arguments.insert(arguments.end(), {"--deny-plugin", "gfx1100"});
    environment["FORGE_LOCK_TIMEOUT"] = "0.1";
    environment["XDG_CACHE_HOME"] = scratch_.path() / "cache";
    environment["XDG_RUNTIME_DIR"] = scratch_.path() / "run";
    return run({arguments, environment, {}});
  }
  Finished answer(std::vector<std::string> more = {},
                  std::map<std::string, std::string> environment = {}) const {
    std::vector<std::string> arguments = {"run", "-p", "Hi", "-n", "4", "--temp", "0", "-q"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return rocmforge(std::move(arguments), std::move(environment));
  }
  bool remembers_a_pass() const {
    const std::filesystem::path folder = scratch_ / "cache/rocmforge/preflight";
    return std::filesystem::exists(folder) && !std::filesystem::is_empty(folder);
  }
  std::filesystem::path locks() const { return scratch_ / "run/rocmforge"; }

 private:
  DeviceTree tree_;
  std::string pack_;
  Scratch scratch_;
};

// What the processor says, to the letter: greedy answers do not change.
const std::string& expected() {
  static const std::string text = Machine("none").answer().out;
  return text;
}

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST_CASE("gpu: one that passes its checks is used without a word") {
  REQUIRE(expected().size() > 3);
  const Machine machine;
  for (int i = 0; i < 2; ++i) {  // checked, then remembered
    const Finished finished = machine.answer({"--require-gpu"});
    CHECK(finished.exit_code == 0);
    CHECK(finished.err == "");
    CHECK(finished.out == expected());
  }
}

TEST_CASE("gpu: whatever fails is one warning and the same answer, or the exit code") {
  struct Case {
    const char* variable;
    const char* value;
    ExitCode code;
    const char* sentence;
  };
  for (const Case& c : {
           Case{"MOCK_PREFLIGHT", "fails:runtime", cli::kExitGpuRuntime,
                "GPU check 'runtime' on 0000:03:00.0 (Radeon RX 7900 XT) failed: 7 of 4096"},
           Case{"MOCK_PREFLIGHT", "crashes:memory", cli::kExitGpuMemory, "it crashed (SIGSEGV)"},
           Case{"MOCK_PREFLIGHT", "hangs:kernel", cli::kExitGpuKernel,
                "it did not come back within 3 s and was stopped"},
           Case{"MOCK_PREFLIGHT", "lies:matrix", cli::kExitGpuMatrix,
                "it claims success after 3 of 4 stages"},
           Case{"MOCK_DEVICE", "fails", cli::kExitGpuLoad,
                "pack 'gpu-staged' cannot open device 0000:03:00.0: the mock's queue is stuck"},
           // 19.98 GiB - 1.31 GiB in use - 4 GiB for the desktop, to the byte
           Case{"MOCK_DEVICE", "budget", cli::kExitGpuLoad,
                "0000:03:00.0 may take 15759876096 bytes"},
           Case{"MOCK_FREE", "4294967296", cli::kExitGpuBudget,
                "4.00 GiB free as the runtime says - 4.00 GiB for the desktop leaves 0.00 GiB"},
       }) {
    CAPTURE(c.variable, c.value);
    const Machine machine;
    const Finished warned = machine.answer({"--preflight-limit", "3"}, {{c.variable, c.value}});
    CHECK(warned.exit_code == 0);
    CHECK(warned.out == expected());
    CAPTURE(warned.err);
    CHECK(lines_of(warned.err) == 1);
    CHECK(warned.err.starts_with("warning: safety: "));
    CHECK(warned.err.find(c.sentence) != std::string::npos);
    CHECK(warned.err.find(" runs the model instead\n") != std::string::npos);
    for (const char* flag : {"--require-gpu", "--device=gpu"}) {
      const Finished refused =
          machine.answer({flag, "--preflight-limit", "3"}, {{c.variable, c.value}});
      CHECK(refused.exit_code == c.code);
      CHECK(refused.out.empty());
      CHECK(lines_of(refused.err) == 1);
      CHECK(refused.err.starts_with("error: a GPU is required and cannot be used: "));
      CHECK(refused.err.find(c.sentence) != std::string::npos);
    }
    CHECK_FALSE(safety::DeviceLock::holder("0000:03:00.0", machine.locks()).has_value());
  }
}

TEST_CASE("gpu: no GPU, safe mode, too large a reserve, a lock that somebody has") {
  CHECK(Machine("none").answer({"--require-gpu"}).exit_code == cli::kExitNoGpu);
  CHECK(Machine("none").answer({}, {{"FORGE_REQUIRE_GPU", "1"}}).exit_code == cli::kExitNoGpu);
  CHECK(Machine("igpu-only").answer({"--require-gpu"}).exit_code == cli::kExitNoGpu);
  const Machine machine;
  const Finished safe = machine.answer({"--require-gpu", "--safe"});
  CHECK(safe.exit_code == cli::kExitNoGpu);
  CHECK(safe.err.find("safe mode: GPU packs are not used") != std::string::npos);
  CHECK(machine.answer({}, {{"FORGE_SAFE", "1"}}).err == "");
  const Finished greedy = machine.answer({"--require-gpu"}, {{"FORGE_DESKTOP_VRAM_GB", "1000"}});
  CHECK(greedy.exit_code == cli::kExitGpuBudget);
  auto lock = safety::DeviceLock::acquire("0000:03:00.0", {machine.locks(), "the test", {}, {}});
  REQUIRE(lock.ok());
  const Finished busy = machine.answer({"--require-gpu"});
  CHECK(busy.exit_code == cli::kExitGpuBusy);
  CHECK(busy.err.find("(the test, since 20") != std::string::npos);
  CHECK(machine.answer().out == expected());
}

TEST_CASE("gpu: one that fails while it works is given up, and the processor goes on") {
  const Machine machine("7900xt", "gpu-norm");
  const Finished whole = machine.answer();
  CHECK(whole.err == "");
  CHECK(machine.remembers_a_pass());
  // The norms of a model are several parts of a step: these are in the prompt and behind it.
  for (const char* fault : {"fails:0", "fails:40", "fails:60"}) {
    CAPTURE(fault);
    const Finished finished = machine.answer({}, {{"MOCK_EXECUTE", fault}});
    CHECK(finished.exit_code == 0);
    CHECK(finished.out == whole.out);
    CAPTURE(finished.err);
    CHECK(lines_of(finished.err) == 1);
    CHECK(finished.err.find("the device is lost; 'rocmforge doctor' checks the GPU step by step; "
                            "cpu-avx") != std::string::npos);
    CHECK_FALSE(machine.remembers_a_pass());
  }
  const Finished required = machine.answer({"--require-gpu"}, {{"MOCK_EXECUTE", "fails:40"}});
  CHECK(required.exit_code == cli::kExitGpuOther);
}

TEST_CASE("gpu: a crash of the program while it uses a GPU forgets the pass and frees the lock") {
  const Machine machine("7900xt", "gpu-norm");
  REQUIRE(machine.answer().exit_code == 0);
  REQUIRE(machine.remembers_a_pass());
  // A sanitizer ends a crashing program itself, with status 1.
  const int least = FORGE_SANITIZER[0] == '\0' ? 129 : 1;
  CHECK(machine.answer({}, {{"MOCK_EXECUTE", "crashes:20"}}).exit_code >= least);
  CHECK_FALSE(machine.remembers_a_pass());
  CHECK(machine.answer({"--require-gpu"}).exit_code == 0);
}

TEST_CASE("gpu: a model that does not fit its memory runs on the processor, with every term told") {
  const Machine machine("7900xt", "gpu-norm");
  const std::map<std::string, std::string> large = {{"MOCK_WEIGHTS", "10737418240"}};
  const Finished warned = machine.answer({}, large);
  CHECK(warned.exit_code == 0);
  CAPTURE(warned.err);
  CHECK(warned.err.find(
            "the model does not fit onto GPU 0000:03:00.0 (Radeon RX 7900 XT): weights ") !=
        std::string::npos);
  CHECK(warned.err.find("but its budget is 14.68 GiB: 19.98 GiB of memory - 1.31 GiB in use - 4.00 "
                        "GiB for the desktop. Use a smaller or more strongly quantized model") !=
        std::string::npos);
  CHECK(machine.remembers_a_pass());  // it is no fault of the card
  CHECK(machine.answer({"--require-gpu"}, large).exit_code == cli::kExitGpuBudget);
}

TEST_CASE("gpu: a pack that was named for a measurement is checked, others are left alone") {
  const Machine machine;
  const Finished reference =
      machine.rocmforge({"bench", "--with", "reference", "-p", "2", "-n", "1", "-r", "1", "-q"},
                        {{"MOCK_PREFLIGHT", "fails:runtime"}});
  CAPTURE(reference.err);
  CHECK(reference.err.find("GPU check") == std::string::npos);
}

TEST_CASE("doctor: works everywhere, and changes nothing") {
  const Machine machine;
  const Finished text = machine.rocmforge({"doctor"}, {{"MOCK_PREFLIGHT", "fails:memory"}});
  CHECK(text.exit_code == 0);
  CHECK(text.err == "");
  CHECK(text.out.find("To use the GPU: undo overclocking") != std::string::npos);
  const Finished json = machine.rocmforge({"doctor", "--json"});
  CHECK(json.exit_code == 0);
  const auto parsed = nlohmann::json::parse(json.out);
  CHECK(parsed.at("verdict").at("pack") == "gpu-staged");
  CHECK(parsed.at("checks").at(0).at("stages").size() == 6);
  CHECK(parsed.at("checks").at(0).at("stages").at(2).at("milliseconds").is_number());
  const Finished quick = machine.rocmforge({"doctor", "--no-preflight", "--json"},
                                           {{"MOCK_PREFLIGHT", "crashes:runtime"}});
  CHECK(nlohmann::json::parse(quick.out).at("checks").empty());
  // This machine, whatever it has.
  const Finished here = run({{FORGE_PROGRAM, "doctor", "--no-config"}, {}, {}});
  CHECK(here.exit_code == 0);
  CHECK(here.out.find("\n'rocmforge run' would use ") != std::string::npos);
}

}  // namespace
}  // namespace forge::test
