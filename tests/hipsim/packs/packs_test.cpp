// The program with the packs for AMD GPUs as they are shipped, on recorded machines whose card is
// the simulator.
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/safety/device_lock.hpp"
#include "host/cli/exit_code.hpp"
#include "tests/catch.hpp"
#include "tests/process.hpp"
#include "tests/support/device_tree.hpp"

namespace forge::test {
namespace {

using cli::ExitCode;

struct Target {
  const char* pack;
  const char* tree;     // of the recorded machine
  const char* devices;  // of the simulator
};
constexpr Target kTargets[] = {{"gfx1100", "7900xt", "0000:03:00.0=gfx1100,20"},
                               {"gfx1201", "9070xt-igpu", "0000:03:00.0=gfx1201,16"}};

// A machine with a simulated card, and folders for locks and caches of the test's own.
class Machine {
 public:
  explicit Machine(const Target& target) : target_(target), tree_(target.tree) {
    std::filesystem::create_directories(scratch_ / "run");
  }

  Finished rocmforge(std::vector<std::string> arguments,
                     std::map<std::string, std::string> environment = {}) const {
    return run_by({}, std::move(arguments), std::move(environment));
  }
  // The same, by a program that is told the command line.
  Finished run_by(std::vector<std::string> by, std::vector<std::string> arguments,
                  std::map<std::string, std::string> environment = {}) const {
    arguments.insert(arguments.begin(), FORGE_PROGRAM);
    arguments.insert(arguments.begin(), by.begin(), by.end());
    for (const std::string& more :
         {std::string("--device-root"), tree_.root().string(), std::string("--no-config")})
      arguments.push_back(more);
    environment["FORGE_LOCK_TIMEOUT"] = "0.1";
    environment.emplace("FORGE_HIP_TIMEOUT_S", "120");  // a slow machine, and sanitizers
    environment["FORGE_HIP_LIBRARY"] =
        std::string(FORGE_BUILD_DIR "/tests/libhipsim_") + target_.pack + ".so";
    environment["FORGE_HIPSIM_DEVICES"] = target_.devices;
    environment["XDG_CACHE_HOME"] = scratch_.path() / "cache";
    environment["XDG_RUNTIME_DIR"] = scratch_.path() / "run";
    return run({arguments, environment, {}});
  }
  Finished answer(std::vector<std::string> more = {},
                  std::map<std::string, std::string> environment = {}) const {
    std::vector<std::string> arguments = {"run", "-p", "What is 12 + 30?", "-n", "12", "--temp",
                                          "0",   "-q"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return rocmforge(std::move(arguments), std::move(environment));
  }
  std::filesystem::path locks() const { return scratch_ / "run/rocmforge"; }

 private:
  const Target& target_;
  DeviceTree tree_;
  Scratch scratch_;
};

#ifdef FORGE_SLOW_BUILD  // sanitizers: the simulator is slow enough without them
constexpr bool kSlow = true;
#else
constexpr bool kSlow = false;
#endif

TEST_CASE("packs on a simulated card: the demo model answers") {
  for (const Target& target : kTargets) {
    CAPTURE(target.pack);
    const Machine machine(target);
    for (const char* order : {"forward", "reverse"}) {
      const Finished finished = machine.answer({"--require-gpu"}, {{"FORGE_HIPSIM_ORDER", order}});
      CAPTURE(finished.err);
      CHECK(finished.exit_code == 0);
      CHECK(finished.out == "12 + 30 = 42.\n");
      if (kSlow) break;
    }
  }
}

// Whoever asks for probabilities gets all logits from the card, others tokens that it has drawn, or
// the best ones: the same text.
TEST_CASE(
    "packs on a simulated card: the same answers from tokens that it draws and from all logits") {
  const Machine machine(kTargets[0]);
  const TemporaryFolder folder;
  std::string lines[2];
  for (const bool logprobs : {false, true}) {
    std::string requests;
    // The best; the default chain; a nucleus among the best tokens, and one that most tokens belong
    // to; no limit.
    for (const char* settings :
         {R"("temperature": 0)", R"("temperature": 3, "seed": 3)",
          R"("temperature": 3, "seed": 3, "top_k": 0, "top_p": 0.95, "min_p": 0)",
          R"("temperature": 3, "seed": 3, "top_k": 0, "top_p": 0.999999, "min_p": 0)",
          R"("temperature": 3, "seed": 3, "top_k": 0, "top_p": 1, "min_p": 0)"})
      requests += std::string(R"({"prompt": "Tell me a story about something.", "max_tokens": )") +
                  (kSlow ? "3, " : "8, ") + settings + (logprobs ? R"(, "logprobs": 1})" : "}") +
                  "\n";
    const std::string file = folder.file(logprobs ? "all.jsonl" : "few.jsonl", requests);
    const Finished finished = machine.rocmforge({"run", "--require-gpu", "--batch", file, "-q"});
    CAPTURE(finished.err);
    REQUIRE(finished.exit_code == 0);
    lines[logprobs ? 1 : 0] = finished.out;
  }
  const auto texts = [](const std::string& out) {
    std::vector<std::string> found;
    for (std::size_t at = out.find("\"text\":"); at != std::string::npos;
         at = out.find("\"text\":", at + 1))
      found.push_back(out.substr(at, out.find('"', at + 8) - at));
    return found;
  };
  CHECK(lines[1].find("logprob") != std::string::npos);
  CHECK(lines[0].find("logprob") == std::string::npos);
  CHECK(texts(lines[0]).size() == 5);
  CHECK(texts(lines[0]) == texts(lines[1]));
  CHECK(texts(lines[0])[3] != texts(lines[0])[4]);
}

void check_conformance(const Target& target, const std::vector<std::string>& which) {
  std::vector<std::string> arguments = {"conformance", target.pack};
  arguments.insert(arguments.end(), which.begin(), which.end());
  const Finished finished = Machine(target).rocmforge(arguments);
  CAPTURE(target.pack, which, finished.out, finished.err);
  CHECK(finished.exit_code == 0);
  CHECK(finished.out.find(" 0 wrong") != std::string::npos);
}

TEST_CASE("packs on a simulated card: conformance of gfx1100") {
  check_conformance(kTargets[0],
                    kSlow ? std::vector<std::string>{"--op", "norm"} : std::vector<std::string>{});
}

// What has matrix fragments, which are all that differs from the other pack.
TEST_CASE("packs on a simulated card: conformance of gfx1201") {
  if (!kSlow) check_conformance(kTargets[1], {"--op", "linear"});
  if (!kSlow) check_conformance(kTargets[1], {"--op", "moe_experts", "--type", "q8_0"});
  check_conformance(kTargets[1], {"--op", "attention", "--type", "f16"});
}

// Logits of 40 tokens, which are a prompt, multiplied in `type`.
std::vector<float> logits_of_prompt(const Target& target, const std::string& type) {
  const TemporaryFolder folder;
  std::string tokens = "1";
  for (int i = 2; i <= 40; ++i) tokens += "," + std::to_string(i * 7);
  const Finished finished = Machine(target).rocmforge(
      {"logits", FORGE_MODELS "/demo-draft.gguf", "--tokens", tokens, "--out",
       folder.in("logits.f32"), "-q", "--require-gpu", "--prompt-type", type});
  CAPTURE(target.pack, type, finished.err);
  REQUIRE(finished.exit_code == 0);
  // Said where the card has nothing to do it with.
  const bool lacking = type == "fp8" && std::string_view(target.pack) == "gfx1100";
  CHECK((finished.err.find("has no matrix units for FP8") != std::string::npos) == lacking);
  const std::string bytes = read_file(folder.in("logits.f32"));
  std::vector<float> logits(bytes.size() / sizeof(float));
  std::memcpy(logits.data(), bytes.data(), bytes.size());
  return logits;
}

// Root of the mean square of the difference, relative.
double distance(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  double off = 0, all = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    off += std::pow(a[i] - b[i], 2.0);
    all += std::pow(a[i], 2.0);
  }
  return std::sqrt(off / all);
}

// Other bits than in int8, but for f16 no further away than packs are from each other, which differ
// by 2 % (root of the mean square) in what int8 made of the inputs. E4M3 has 4 bits: weights and
// inputs are 2 to 3 % off each, which the layers add up.
TEST_CASE("packs on a simulated card: prompts in f16 and in FP8") {
  for (const Target& target : kTargets) {
    CAPTURE(target.pack);
    const bool has_fp8 = std::string_view(target.pack) == "gfx1201";
    if (!kSlow) check_conformance(target, {"--op", "linear", "--prompt-type", "f16"});
    if (!kSlow && has_fp8) check_conformance(target, {"--op", "linear", "--prompt-type", "fp8"});
    const std::vector<float> exact = logits_of_prompt(target, "int8");
    const double f16 = distance(exact, logits_of_prompt(target, "f16"));
    const double fp8 = distance(exact, logits_of_prompt(target, "fp8"));
    CAPTURE(f16, fp8);
    CHECK(f16 > 0);
    CHECK(f16 < 0.04);
    CHECK((fp8 > 0) == has_fp8);
    CHECK(fp8 < 0.15);
  }
}

TEST_CASE(
    "packs on a simulated card: every fault is one sentence and the processor's answer, or the "
    "exit code") {
  struct Case {
    const char* fault;
    ExitCode code;  // with --require-gpu, when the fault is there before the first token
    const char* sentence;
  };
  constexpr Case kCases[] = {
      {"no_device", cli::kExitGpuRuntime, "GPU check 'runtime'"},
      {"permission", cli::kExitGpuRuntime, "groups render and video"},
      {"old_rocm", cli::kExitGpuRuntime, "older than 5.2"},
      {"hang_init", cli::kExitGpuRuntime, "did not come back within 3 s and was stopped"},
      {"hang_malloc", cli::kExitGpuMemory, "did not come back within 3 s and was stopped"},
      {"oom", cli::kExitGpuMemory, "out of memory"},
      {"hang_kernel", cli::kExitGpuKernel, "did not come back within 3 s and was stopped"},
      {"page_fault", cli::kExitGpuKernel, "illegal memory access"},
      {"lost", cli::kExitGpuKernel, "look at the output of"},
      {"wrong_result", cli::kExitGpuKernel, "where"},
      {"wrong_result=probe_matrix", cli::kExitGpuMatrix, "of a product of tiles is"},
  };
  const Target& target = kTargets[kSlow ? 1 : 0];
  for (const Case& c : kCases) {
    CAPTURE(c.fault);
    const Machine machine(target);
    // What hangs is to be stopped soon; what does not has all the time that a busy machine takes.
    const bool hangs = std::string_view(c.fault).starts_with("hang");
    const std::string limit = hangs ? "3" : "120";
    const Finished warned =
        machine.answer({"--preflight-limit", limit}, {{"FORGE_HIPSIM_FAULT", c.fault}});
    CAPTURE(warned.err);
    CHECK(warned.exit_code == 0);
    CHECK(warned.out == "12 + 30 = 42.\n");
    CHECK(warned.err.find(c.sentence) != std::string::npos);
    CHECK(warned.err.find(" runs the model instead\n") != std::string::npos);
    const Finished refused = machine.answer({"--require-gpu", "--preflight-limit", limit},
                                            {{"FORGE_HIPSIM_FAULT", c.fault}});
    CHECK(refused.exit_code == c.code);
    CHECK(refused.out.empty());
    CHECK_FALSE(safety::DeviceLock::holder("0000:03:00.0", machine.locks()).has_value());
  }
}

TEST_CASE("packs on a simulated card: a card that fails while it works") {
  const Machine machine(kTargets[0]);
  // The preflight has two launches, so that these are the model's; the last is in the middle of the
  // answer.
  for (const char* fault : {"oom=5", "hang_kernel=25", "page_fault=30", "lost=40", "lost=200"}) {
    CAPTURE(fault);
    std::map<std::string, std::string> environment = {{"FORGE_HIPSIM_FAULT", fault}};
    if (std::string_view(fault).starts_with("hang")) environment["FORGE_HIP_TIMEOUT_S"] = "5";
    const Finished warned = machine.answer({}, environment);
    CAPTURE(warned.err);
    CHECK(warned.exit_code == 0);
    CHECK(warned.out == "12 + 30 = 42.\n");
    CHECK(warned.err.find(" runs the model instead\n") != std::string::npos);
    CHECK_FALSE(safety::DeviceLock::holder("0000:03:00.0", machine.locks()).has_value());
  }
}

// A chat of two messages, of which as many come after the card was let go.
Finished chat_with_rests(const Machine& machine, const char* n_rests, const std::string& fault) {
  const TemporaryFolder folder;
  const std::string script = folder.file("chat.sh", R"sh(
cd "$1"
rests=$2
shift 2
mkfifo messages
: > err
"$@" < messages > answers 2> err &
program=$!
exec 3> messages
for n in 1 2; do
  until [ "$(grep -c 'may sleep' err)" -ge $n -o $n -gt $rests ]; do
    kill -0 $program 2> none || break
    sleep 0.02
  done
  echo 'What is 12 + 30?' >&3
done
exec 3>&-
wait $program
code=$?
cat answers
cat err >&2
exit $code
)sh");
  return machine.run_by({"sh", script, folder.path(), n_rests},
                        {"chat", "-n", kSlow ? "3" : "12", "--temp", "0", "-q", "--idle-release",
                         "0.01", "--log-level", "info"},
                        {{"FORGE_HIPSIM_FAULT", fault}});
}

// Of 12 tokens each, or of 3.
constexpr const char* kTwoAnswers = kSlow ? "12 +\n12 +\n" : "12 + 30 = 42.\n12 + 30 = 42.\n";

TEST_CASE("packs on a simulated card: a chat lets the card sleep, and goes on") {
  const Machine machine(kTargets[0]);
  const Finished finished = chat_with_rests(machine, "2", "");
  CAPTURE(finished.err);
  CHECK(finished.exit_code == 0);
  CHECK(finished.out == kTwoAnswers);
}

TEST_CASE(
    "packs on a simulated card: a chat goes on on the processor where the card does not wake") {
  const Machine machine(kTargets[0]);
  // The first stream is for the weights, the second the plan's.
  const Finished finished = chat_with_rests(machine, "1", "no_stream=3");
  CAPTURE(finished.err);
  CHECK(finished.exit_code == 0);
  CHECK(finished.out == kTwoAnswers);
  CHECK(finished.err.find("hipStreamCreateWithFlags") != std::string::npos);
  CHECK(finished.err.find(" runs the model instead\n") != std::string::npos);
}

TEST_CASE("packs on a simulated card: a pack is the files of its folder") {
  const Machine machine(kTargets[0]);
  const TemporaryFolder folder;
  std::filesystem::copy(FORGE_BUILD_DIR "/plugins/gfx1100/libforge_gfx1100.so", folder.path());
  std::filesystem::copy(FORGE_BUILD_DIR "/plugins/gfx1100/gfx1100.plugin.toml", folder.path());
  for (const char* gfx : {"gfx1100", "gfx1101", "gfx1102", "gfx1103"})
    std::filesystem::copy(std::string(FORGE_BUILD_DIR "/plugins/gfx1100/") + gfx + ".hsaco",
                          folder.path());
  const std::vector<std::string> only = {"plugins", "--plugin-path", folder.path()};
  const Finished there = machine.rocmforge(only);
  CHECK(there.out.find("gfx1100     kernel-pack   primary") != std::string::npos);
  // The pack for the other generation is listed, with the reason.
  CHECK(there.out.find("on device gfx1100 (0000:03:00.0): processor mismatch") !=
        std::string::npos);
  std::filesystem::remove(folder.in("gfx1102.hsaco"));
  const Finished incomplete = machine.rocmforge(only);
  CHECK(incomplete.out.find("gfx1102.hsaco' does not exist") != std::string::npos);
}

}  // namespace
}  // namespace forge::test
