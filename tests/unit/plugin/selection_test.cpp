#include "core/plugin/selection.hpp"

#include "tests/catch.hpp"
#include "tests/support/cpuid_records.hpp"
#include "tests/support/device_tree.hpp"
#include "tests/support/scratch.hpp"

namespace forge::plugin {
namespace {

device::Survey survey_of(const std::string& tree_name,
                         const device::CpuidRecord& cpuid = test::epyc_genoa(),
                         const device::AccessCheck& access = device::may_open) {
  const test::DeviceTree tree(tree_name);
  return device::survey({.root = tree.root(),
                         .may_open = access,
                         .cpuid = cpuid,
                         .affinity = std::vector<std::uint32_t>{0}});
}

// The plugins this project plans, in one folder, with empty libraries.
class Plugins {
 public:
  Plugins() {
    add("cpu-avx512", "kernel-pack",
        "cpu_features = [\"avx512f\", \"avx512bw\", \"avx512vl\", \"avx512vnni\", "
        "\"avx512bf16\"]");
    add("cpu-avx2", "kernel-pack", "cpu_features = [\"avx2\", \"fma\", \"f16c\"]");
    add("gfx1100", "kernel-pack", "gfx = [\"gfx1100\"]\ncode_objects = [\"gfx1100.co\"]");
    add("gfx1201", "kernel-pack", "gfx = [\"gfx1200\", \"gfx1201\"]\nrocm = \">=6.2\"");
    add("arch-qwen", "architecture", "");
    scratch_.write("gfx1100/gfx1100.co", "");
  }

  void add(const std::string& id, const std::string& kind, const std::string& needs,
           const std::string& more = "") const {
    scratch_.write(id + "/" + id + ".plugin.toml",
                   "[plugin]\nid = \"" + id + "\"\nkind = \"" + kind +
                       "\"\nabi = \"1.0\"\nversion = \"1\"\nlibrary = \"x.so\"\n" + more +
                       "\n[requires]\n" + needs + "\n");
    scratch_.write(id + "/x.so", "");
  }

  Selection select(const device::Survey& survey, const PluginOptions& options = {}) const {
    return plugin::select(discover({{scratch_.path(), "test"}}), survey, options);
  }

  const test::Scratch& folder() const { return scratch_; }

 private:
  test::Scratch scratch_;
};

std::string id_of(const Candidate* candidate) {
  return candidate == nullptr ? "" : candidate->id();
}

const Candidate& get(const Selection& selection, std::string_view id) {
  for (const Candidate& candidate : selection.candidates()) {
    if (candidate.id() == id) return candidate;
  }
  FAIL("no candidate " << id);
  throw std::logic_error("unreachable");
}

TEST_CASE("on each machine the right packs are chosen") {
  const Plugins plugins;
  struct Machine {
    const char* tree;
    const char* primary;
    const char* device;
    const char* fallback;
  };
  for (const Machine& machine :
       {Machine{"7900xt", "gfx1100", "0000:03:00.0", "cpu-avx512"},
        Machine{"9070xt-igpu", "gfx1201", "0000:03:00.0", "cpu-avx512"},
        Machine{"two-cards", "gfx1201", "0000:06:00.0", "cpu-avx512"},
        Machine{"igpu-only", "cpu-avx512", "cpu", ""}, Machine{"none", "cpu-avx512", "cpu", ""},
        Machine{"no-kfd", "cpu-avx512", "cpu", ""}}) {
    CAPTURE(machine.tree);
    const Selection selection = plugins.select(survey_of(machine.tree));
    CHECK(id_of(selection.find(Role::kPrimary)) == machine.primary);
    CHECK(selection.find(Role::kPrimary)->devices.at(0).key == machine.device);
    CHECK(id_of(selection.find(Role::kFallback)) == machine.fallback);
    CHECK(get(selection, "arch-qwen").role == Role::kLoaded);
    CHECK(selection.notes().empty());
  }
}

TEST_CASE("reasons name what is missing") {
  const Plugins plugins;
  const Selection none = plugins.select(survey_of("none", test::avx2_only()));
  CHECK(get(none, "gfx1100").why_not() == "needs a GPU with gfx1100; this machine shows none");
  CHECK(get(none, "gfx1201").reason_bits() == static_cast<std::uint32_t>(Reason::kNoDevice));
  CHECK(get(none, "gfx1201").why_not() ==
        "needs a GPU with gfx1200 or gfx1201; this machine shows none");
  CHECK(get(none, "cpu-avx512")
            .why_not()
            .starts_with("needs CPU feature 'avx512f': the processor does not have it; needs CPU "
                         "feature 'avx512bw'"));
  CHECK(id_of(none.find(Role::kPrimary)) == "cpu-avx2");

  const Selection one = plugins.select(survey_of("7900xt"));
  CHECK(get(one, "gfx1201").why_not() ==
        "pack gfx1200/gfx1201 on device gfx1100 (0000:03:00.0): processor mismatch");
  CHECK(get(one, "cpu-avx2").why_not() == "outranked by cpu-avx512 (score 1517 against 1259)");
}

TEST_CASE("AVX-512 that the operating system does not save loses to AVX2") {
  const Plugins plugins;
  const Selection selection =
      plugins.select(survey_of("none", test::with_xcr0(test::epyc_genoa(), 0x7)));
  CHECK(id_of(selection.find(Role::kPrimary)) == "cpu-avx2");
  CHECK(get(selection, "cpu-avx512").why_not().find("does not save its registers (XCR0 is 0x7)") !=
        std::string::npos);
}

TEST_CASE("a GPU that may not be opened is a reason with a way out") {
  const Plugins plugins;
  const Selection selection =
      plugins.select(survey_of("permission-denied", test::epyc_genoa(), test::access_as_stranger));
  CHECK(get(selection, "gfx1100").reason_bits() == static_cast<std::uint32_t>(Reason::kAccess));
  CHECK(get(selection, "gfx1100").why_not() ==
        "device 0000:03:00.0 fits, but no permission to open /dev/dri/renderD128 (Permission "
        "denied): add yourself to the render group and log in again: sudo usermod -aG render "
        "$USER");
  CHECK(id_of(selection.find(Role::kPrimary)) == "cpu-avx512");
}

TEST_CASE("on two fitting cards memory decides, then the one without a display") {
  const Plugins plugins;
  plugins.add("any", "kernel-pack", "gfx = [\"gfx1100\", \"gfx1201\"]", "priority = 1");
  const Selection selection = plugins.select(survey_of("two-cards"));
  const Candidate& any = get(selection, "any");
  REQUIRE(any.devices.size() == 2);
  CHECK(any.devices[0].key == "0000:06:00.0");  // R9700: 31 GiB whole, no monitor
  CHECK(any.devices[0].score == 3315);
  CHECK(any.devices[1].score == 3190);  // 7900 XT: 19 GiB whole, a monitor
  // Equal score on the same card: priority.
  CHECK(id_of(selection.find(Role::kPrimary)) == "any");
  CHECK(get(selection, "gfx1201").lost ==
        "outranked by any (same score; priority, then the alphabet, decides)");
}

TEST_CASE("a small integrated GPU ranks below the CPU, a large one above") {
  const Plugins plugins;
  plugins.add("igpu", "kernel-pack", "gfx = [\"gfx1036\"]");
  device::Survey survey = survey_of("igpu-only");
  CHECK(id_of(plugins.select(survey).find(Role::kPrimary)) == "cpu-avx512");
  CHECK(get(plugins.select(survey), "igpu").accepted());
  survey.gpus[0].compute_units = 40;
  const Selection large = plugins.select(survey);
  CHECK(id_of(large.find(Role::kPrimary)) == "igpu");
  CHECK(id_of(large.find(Role::kFallback)) == "cpu-avx512");
}

TEST_CASE("allow, deny and force do what they say") {
  const Plugins plugins;
  const device::Survey survey = survey_of("two-cards");
  PluginOptions options;
  options.deny = {"gfx1201"};
  CHECK(id_of(plugins.select(survey, options).find(Role::kPrimary)) == "gfx1100");
  CHECK(get(plugins.select(survey, options), "gfx1201").why_not() == "on the deny list");

  options = {};
  options.allow = {"cpu-avx2", "arch-qwen"};
  CHECK(id_of(plugins.select(survey, options).find(Role::kPrimary)) == "cpu-avx2");
  CHECK(get(plugins.select(survey, options), "gfx1100").why_not() == "not on the allow list");

  options = {};
  options.force = {"cpu-avx2"};
  const Selection forced = plugins.select(survey, options);
  CHECK(id_of(forced.find(Role::kPrimary)) == "cpu-avx2");
  CHECK(get(forced, "gfx1201").lost == "cpu-avx2 is forced");

  options.allow = {"gfx1100"};  // force wins over allow, deny over force
  CHECK(id_of(plugins.select(survey, options).find(Role::kPrimary)) == "cpu-avx2");
  options.deny = {"cpu-avx2"};
  CHECK(id_of(plugins.select(survey, options).find(Role::kPrimary)) == "gfx1100");
}

TEST_CASE("force names a device, and does not make an unfit plugin fit") {
  const Plugins plugins;
  plugins.add("any", "kernel-pack", "gfx = [\"gfx1100\", \"gfx1201\"]");
  PluginOptions options;
  options.force = {"any@0000:03:00.0"};
  const Selection selection = plugins.select(survey_of("two-cards"), options);
  CHECK(selection.find(Role::kPrimary)->devices.size() == 1);
  CHECK(selection.find(Role::kPrimary)->devices[0].key == "0000:03:00.0");

  options.force = {"gfx1100@0000:06:00.0"};
  CHECK(get(plugins.select(survey_of("two-cards"), options), "gfx1100").why_not() ==
        "forced onto device '0000:06:00.0', which it cannot run on");
  options.force = {"gfx1100"};
  const Selection unfit = plugins.select(survey_of("9070xt-igpu"), options);
  CHECK_FALSE(get(unfit, "gfx1100").accepted());
  CHECK(id_of(unfit.find(Role::kPrimary)) == "any");
}

TEST_CASE("names in the lists that no plugin has are told, with the nearest") {
  const Plugins plugins;
  PluginOptions options;
  options.force = {"gfx1101"};
  options.deny = {"nothing-like-it"};
  const Selection selection = plugins.select(survey_of("none"), options);
  REQUIRE(selection.notes().size() == 2);
  CHECK(selection.notes()[0] ==
        "force names plugin 'gfx1101', which was not found; did you mean 'gfx1100'?");
  CHECK(selection.notes()[1] == "deny names plugin 'nothing-like-it', which was not found");
}

TEST_CASE("safe mode takes neither GPUs nor AVX-512, and cpu_only only the former") {
  const Plugins plugins;
  PluginOptions options;
  options.safe = true;
  const Selection safe = plugins.select(survey_of("7900xt"), options);
  CHECK(id_of(safe.find(Role::kPrimary)) == "cpu-avx2");
  CHECK(get(safe, "gfx1100").why_not() == "safe mode: GPU packs are not used");
  CHECK(get(safe, "cpu-avx512").why_not() == "safe mode: nothing beyond x86-64-v3 (AVX2) is used");
  CHECK(get(safe, "arch-qwen").accepted());
  options.safe = false;
  options.cpu_only = true;
  CHECK(id_of(plugins.select(survey_of("7900xt"), options).find(Role::kPrimary)) == "cpu-avx512");
}

TEST_CASE("a pack for devices that are not surveyed is taken on request and not otherwise") {
  const Plugins plugins;
  plugins.add("exotic", "kernel-pack", "device = \"cuda\"");
  const device::Survey survey = survey_of("7900xt");
  const Selection left = plugins.select(survey);
  CHECK(get(left, "exotic").reason_bits() == static_cast<std::uint32_t>(Reason::kNoDevice));
  CHECK(get(left, "exotic").why_not().find("--pack exotic") != std::string::npos);
  PluginOptions options;
  options.force = {"exotic"};
  const Selection taken = plugins.select(survey, options);
  CHECK(id_of(taken.find(Role::kPrimary)) == "exotic");
  CHECK(id_of(taken.find(Role::kFallback)) == "cpu-avx512");
  REQUIRE(get(taken, "exotic").devices.size() == 1);
  CHECK(get(taken, "exotic").devices[0].key == "cuda");
  options.safe = true;
  CHECK_FALSE(get(plugins.select(survey, options), "exotic").accepted());
  options.safe = false;
  options.cpu_only = true;
  CHECK_FALSE(get(plugins.select(survey, options), "exotic").accepted());
}

TEST_CASE("what is rejected later is replaced by the next best") {
  const Plugins plugins;
  Selection selection = plugins.select(survey_of("7900xt"));
  selection.reject("gfx1100", {Reason::kProbe, "crashed"});
  CHECK(get(selection, "gfx1100").why_not() == "crashed");
  CHECK(id_of(selection.find(Role::kPrimary)) == "cpu-avx512");
  CHECK(selection.find(Role::kFallback) == nullptr);
  selection.reject("cpu-avx512", {Reason::kLoad, "failed"});
  CHECK(id_of(selection.find(Role::kPrimary)) == "cpu-avx2");
  selection.reject("cpu-avx2", {Reason::kLoad, "failed"});
  CHECK(selection.find(Role::kPrimary) == nullptr);
  selection.reject("no such id", {Reason::kLoad, "ignored"});
}

TEST_CASE("files must be there and inside the folder, links followed") {
  const Plugins plugins;
  std::filesystem::remove(plugins.folder() / "gfx1100/gfx1100.co");
  std::filesystem::remove(plugins.folder() / "cpu-avx2/x.so");
  std::filesystem::create_symlink("../cpu-avx512/x.so", plugins.folder() / "cpu-avx2/x.so");
  const Selection selection = plugins.select(survey_of("7900xt"));
  CHECK(get(selection, "gfx1100").why_not().starts_with("code object '"));
  CHECK(get(selection, "gfx1100")
            .why_not()
            .ends_with("gfx1100/gfx1100.co' does not exist: reinstall the plugin"));
  CHECK(get(selection, "cpu-avx2")
            .why_not()
            .ends_with("cpu-avx2/x.so' is a link out of the plugin's folder"));
}

TEST_CASE("versions of ROCm, processor levels and features that nobody knows") {
  const Plugins plugins;
  plugins.add("old", "kernel-pack", "gfx = [\"gfx1100\"]\nrocm = \"<6\"");
  plugins.add("v4", "codec", "host_isa = \"x86-64-v4\"");
  plugins.add("typo", "codec", "cpu_features = [\"avx512vnn\"]");
  const Selection selection = plugins.select(survey_of("7900xt", test::avx2_only()));
  CHECK(get(selection, "old").why_not() == "needs ROCm <6; installed is 6.4.1");
  CHECK(get(selection, "v4").why_not() ==
        "its library is compiled for x86-64-v4; this processor offers x86-64-v3");
  CHECK(get(selection, "typo").why_not() ==
        "needs CPU feature 'avx512vnn': this version of the program does not know it; did you mean "
        "'avx512vnni'?");
  // Unknown ROCm is no reason: the preflight asks the runtime itself.
  const Selection unknown = plugins.select(survey_of("9070xt-igpu"));
  REQUIRE(get(unknown, "gfx1201").notes.size() == 2);
  CHECK(get(unknown, "gfx1201").notes[0] ==
        "the installed ROCm's version is not known; needs >=6.2");
  CHECK(get(unknown, "gfx1201").notes[1] ==
        "pack gfx1200/gfx1201 on device gfx1036 (0000:0e:00.0): processor mismatch");
}

}  // namespace
}  // namespace forge::plugin
