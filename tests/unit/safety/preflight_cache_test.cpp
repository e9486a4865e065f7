#include "core/safety/preflight_cache.hpp"

#include <map>
#include <string>

#include "tests/catch.hpp"
#include "tests/support/scratch.hpp"

namespace forge::safety {
namespace {

constexpr const char* kDevice = "0000:03:00.0";

struct Fixture {
  Fixture() {
    pack.path = scratch.write("pack/p.plugin.toml", "manifest");
    pack.id = "p";
    pack.library = "p.so";
    pack.needs.code_objects = {"p.co"};
    scratch.write("pack/p.so", "library");
    scratch.write("pack/p.co", "code");
    gpu.pci_id = kDevice;
    gpu.gfx = "gfx1100";
    system.kernel = "6.8.0";
    system.hip = device::HipLibrary{scratch.write("lib/libamdhip64.so.6", "hip").string(), "6"};
    probe = scratch.write("probe", "program");
    report.stages = {
        {"access", "nodes", StageState::kPassed, Milliseconds(0.125), "/dev/dri/renderD128"},
        {"kernel", "a kernel", StageState::kPassed, Milliseconds(12.5), ""}};
    report.facts.runtime_version = "6.2.41134";
    report.facts.runtime_path = scratch.write("lib/used.so", "used").string();
    report.facts.memory_free = 77;  // of then: not kept
  }

  std::string conditions() const {
    return conditions_of(pack, gpu, system, probe, [this](const char* name) {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
  }
  PreflightCache cache(const std::string& boot = "boot-1") const {
    return PreflightCache(scratch / "cache", boot);
  }
  bool found() const { return cache().find(pack, kDevice, conditions()).has_value(); }
  void remember() const { cache().remember(pack, kDevice, conditions(), report); }

  test::Scratch scratch;
  plugin::Manifest pack;
  device::Gpu gpu;
  device::System system;
  std::filesystem::path probe;
  PreflightReport report;
  std::map<std::string, std::string> variables;
};

TEST_CASE("preflight cache: a pass comes back with its stages, until it is forgotten") {
  const Fixture f;
  CHECK_FALSE(f.found());
  f.remember();
  const auto found = f.cache().find(f.pack, kDevice, f.conditions());
  REQUIRE(found.has_value());
  CHECK(found->remembered);
  CHECK(found->passed());
  CHECK(found->stages == f.report.stages);
  CHECK(found->facts.runtime_version == "6.2.41134");
  CHECK_FALSE(found->facts.memory_free.has_value());
  CHECK_FALSE(f.cache().find(f.pack, "0000:06:00.0", f.conditions()).has_value());
  CHECK_FALSE(f.cache("boot-2").find(f.pack, kDevice, f.conditions()).has_value());
  f.cache().forget(f.pack, kDevice);
  CHECK_FALSE(f.found());
}

TEST_CASE("preflight cache: whatever changes makes it another case") {
  Fixture f;
  const auto is_another_case = [&f](auto change) {
    f.remember();
    const bool before = f.found();
    change();
    return before && !f.found();
  };
  CHECK(is_another_case([&] { f.system.kernel = "6.9.0"; }));
  CHECK(is_another_case([&] { f.system.driver_version = "6.8.5"; }));
  CHECK(is_another_case([&] { f.scratch.write("pack/p.so", "another"); }));
  CHECK(is_another_case([&] { f.scratch.write("pack/p.co", "another"); }));
  CHECK(is_another_case([&] { f.scratch.write("pack/p.plugin.toml", "another"); }));
  CHECK(is_another_case([&] { f.scratch.write("lib/libamdhip64.so.6", "another"); }));
  CHECK(is_another_case([&] { f.scratch.write("lib/used.so", "another"); }));
  CHECK(is_another_case([&] { f.scratch.write("probe", "another"); }));
  CHECK(is_another_case([&] { f.system.hip.reset(); }));
  CHECK(is_another_case([&] { f.gpu.gfx = "gfx1101"; }));
  CHECK(is_another_case([&] { f.gpu.revision = 3; }));
  CHECK(is_another_case([&] { f.variables["HSA_OVERRIDE_GFX_VERSION"] = "11.0.0"; }));
  CHECK(is_another_case([&] { f.variables["HSA_OVERRIDE_GFX_VERSION"] = "12.0.0"; }));
  f.variables["UNRELATED"] = "1";
  f.remember();
  f.variables["UNRELATED"] = "2";
  CHECK(f.found());
}

TEST_CASE("preflight cache: damage of any kind reads as not there") {
  const Fixture f;
  f.remember();
  const std::filesystem::path entry =
      std::filesystem::directory_iterator(f.scratch / "cache")->path();
  const std::string sound = test::read_file(entry);
  for (std::size_t i = 0; i < sound.size(); ++i) {
    std::string damaged = sound;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    std::ofstream(entry, std::ios::binary) << damaged;
    CHECK_FALSE(f.found());
    std::ofstream(entry, std::ios::binary) << sound.substr(0, i);
    CHECK_FALSE(f.found());
  }
  std::ofstream(entry, std::ios::binary) << sound << "more";
  CHECK_FALSE(f.found());
  std::ofstream(entry, std::ios::binary) << sound;
  CHECK(f.found());
}

TEST_CASE("preflight cache: the text of a pass is checked word by word") {
  const std::string head = "runtime_version 6\nruntime_path \nruntime_file \n";
  const std::string stage = "stage 1.5 kernel\nfor a kernel\nfound nothing\n";
  REQUIRE(read_pass(head + stage).has_value());
  CHECK(read_pass(head + stage + stage)->stages.size() == 2);
  for (const std::string& text :
       {std::string(), head, stage, head + "stage x kernel\nfor a\nfound b\n",
        head + "stage -1 kernel\nfor a\nfound b\n", head + "stage nan kernel\nfor a\nfound b\n",
        head + "stage 1e9 kernel\nfor a\nfound b\n", head + "stage 1 KERNEL\nfor a\nfound b\n",
        head + "stage 1 kernel\nfound b\n", head + stage + "more\n",
        "runtime_version 6\nruntime_path /no/such\nruntime_file something\n" + stage}) {
    CAPTURE(text);
    CHECK_FALSE(read_pass(text).has_value());
  }
}

TEST_CASE("preflight cache: without a folder nothing is kept and nothing breaks") {
  const Fixture f;
  const PreflightCache blocked(f.probe / "below a file", "boot-1");
  blocked.remember(f.pack, kDevice, f.conditions(), f.report);
  CHECK_FALSE(blocked.find(f.pack, kDevice, f.conditions()).has_value());
  blocked.forget(f.pack, kDevice);
}

}  // namespace
}  // namespace forge::safety
