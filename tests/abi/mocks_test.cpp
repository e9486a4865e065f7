// Every mock ends in its sentence, and in a host that works on.
#include <algorithm>
#include <chrono>

#include "core/codec/host_codecs.hpp"
#include "core/codec/registry.hpp"
#include "core/plugin/loader.hpp"
#include "tests/catch.hpp"
#include "tests/support/mocks.hpp"

namespace forge::plugin {
namespace {

struct Case {
  const char* mock;
  Reason reason;
  const char* sentence;
};

constexpr Case kCases[] = {
    {"old-major", Reason::kProbe,
     "the library was compiled for plugin ABI 0.9, but this program speaks 1.2: rebuild the plugin "
     "against this version"},
    {"short-struct", Reason::kProbe,
     "forge_plugin_entry has struct_size 40; ABI 1.2 needs at least 72: rebuild the plugin"},
    {"no-symbol", Reason::kProbe,
     "library 'libforge_no-symbol.so' exports no symbol forge_plugin_entry: it is no plugin, or "
     "hides it"},
    {"other-id", Reason::kProbe,
     "the library says it is plugin 'somebody-else', its manifest says 'other-id'"},
    {"no-interface", Reason::kProbe,
     "its manifest promises interface forge.architecture/1, but the library does not have it"},
    {"null-slot", Reason::kProbe, "forge.kernel_pack/1: required slot execute is null"},
    {"taken-type", Reason::kProbe,
     "codecs: codec MINE (type 12) of 'the plugin' has the type number of codec Q4_K (type 12) of "
     "'core'; private numbers start at 65536"},
    {"throws", Reason::kProbe,
     "initialize() threw an exception (boom); nothing may be thrown across the plugin boundary"},
    {"crashes", Reason::kProbe, "crashed (SIGSEGV) in initialize()"},
    {"crashes-late", Reason::kProbe, "crashed (SIGBUS) in shutdown()"},
    {"exits", Reason::kProbe, "ended the process with exit code 0 in initialize()"},
    {"fails-init", Reason::kProbe, "initialize(): the licence of the mock has run out"},
    {"fails-self-test", Reason::kProbe, "self_test(): 2 + 2 is 5; expected 4"},
    {"static-init", Reason::kProbe, "crashed (SIGILL) while its library was opened"},
    {"manifest-old-major", Reason::kAbi,
     "built for plugin ABI 0.9, but this program speaks 1.2: rebuild the plugin against this "
     "version"},
    {"garbage", Reason::kProbe, "library 'libforge_garbage.so' cannot be opened: "},
    {"no-library", Reason::kFiles, "libforge_no-library.so' does not exist: reinstall the plugin"},
    {"bad-manifest", Reason::kManifest,
     "bad-manifest.plugin.toml:7:11: library is '../outside.so'; write a path relative to this "
     "file that stays in its folder"},
    {"good-codec-copy", Reason::kShadowed, "has the same id and was found first"},
    {"wrong-gfx", Reason::kProcessor,
     "pack gfx1100 on device gfx1201 (0000:03:00.0): processor mismatch; pack gfx1100 on device "
     "gfx1036 (0000:0e:00.0): processor mismatch"},
    {"needs-cpu", Reason::kCpu, "needs CPU feature 'amx-fp16': the processor does not have it"},
    {"static-init-cpu", Reason::kCpu,
     "needs CPU feature 'amx-fp16': the processor does not have it"},
};

// The mocks' own codecs, apart from those of other cases; plugins ask the process's.
struct Codecs : CodecRegistry {
  Codecs() { process_codecs(); }
};

bool is_mapped(const std::filesystem::path& library) {
  return test::read_file("/proc/self/maps").find(library.string()) != std::string::npos;
}

void check_sound_ones_work(const PluginView& view, const CodecRegistry& codecs) {
  REQUIRE(view.kernel_pack("good-pack") != nullptr);
  CHECK(view.kernel_pack("good-pack")->version == "2.1.0");
  CHECK(view.kernel_pack("good-pack")->devices.at(0).processor == "x86-64-v4");
  REQUIRE(view.architecture("mock-arch-2") != nullptr);
  CHECK(view.architecture("mock-arch-2")->plugin == "good-pack");
  CHECK(view.architecture("none") == nullptr);
  REQUIRE(codecs.view().find(FORGE_TYPE_PRIVATE) != nullptr);
  const unsigned char block = 7;
  float out = 0;
  codecs.view().find(FORGE_TYPE_PRIVATE)->dequantize(&block, &out, 1);
  CHECK(out == 7.0f);
}

TEST_CASE("each mock is rejected with its sentence and the sound plugins work on") {
  for (const Case& c : kCases) {
    CAPTURE(c.mock);
    test::MockFolder folder;
    folder.add("good-codec").add("good-pack").add(c.mock);
    Selection selection = folder.select(folder.options());
    Codecs codecs;
    Loader loader(folder.options(), codecs);
    loader.load_chosen(selection);
    const Candidate* const rejected = test::candidate(selection, c.mock);
    REQUIRE(rejected != nullptr);
    CHECK_FALSE(rejected->accepted());
    CHECK(rejected->reason_bits() == static_cast<std::uint32_t>(c.reason));
    // Sentences with a path of this test in front are compared by their end.
    const std::string why = rejected->why_not();
    CAPTURE(why);
    CHECK(why.find(c.sentence) != std::string::npos);
    CHECK_FALSE(is_mapped(folder.directory() / c.mock));
    check_sound_ones_work(loader.view(), codecs);
  }
}

TEST_CASE("a mock with another sanitizer is rejected, whatever this build's is") {
  test::MockFolder folder;
  folder.add("other-sanitizer");
  Selection selection = folder.select(folder.options());
  Codecs codecs;
  Loader loader(folder.options(), codecs);
  loader.load_chosen(selection);
  const std::string why = test::candidate(selection, "other-sanitizer")->why_not();
  CHECK(why.starts_with("the library was built with sanitizer 'memory', this program with "));
  CHECK(why.ends_with(": build both alike"));
}

TEST_CASE("a plugin that hangs is stopped when its time is over") {
  test::MockFolder folder;
  folder.add("hangs").add("good-codec");
  PluginOptions options = folder.options();
  options.probe_limit = std::chrono::milliseconds(3000);
  Selection selection = folder.select(options);
  Codecs codecs;
  Loader loader(options, codecs);
  loader.load_chosen(selection);
  CHECK(test::candidate(selection, "hangs")->why_not() ==
        "hung in initialize(): stopped after 3 s; it printed: 'waiting for a device'");
  CHECK(codecs.view().find(FORGE_TYPE_PRIVATE) != nullptr);
}

TEST_CASE("probing alone finds the same, without loading anything") {
  test::MockFolder folder;
  folder.add("good-codec").add("crashes").add("throws");
  Selection selection = folder.select(folder.options());
  Codecs codecs;
  const Loader loader(folder.options(), codecs);
  loader.probe_all(selection);
  CHECK(selection.find("good-codec") != nullptr);
  CHECK(test::candidate(selection, "crashes")->why_not() == "crashed (SIGSEGV) in initialize()");
  CHECK(test::candidate(selection, "throws")->reason_bits() ==
        static_cast<std::uint32_t>(Reason::kProbe));
  CHECK_FALSE(is_mapped(folder.directory()));
  CHECK(codecs.view().find(FORGE_TYPE_PRIVATE) == nullptr);
}

// Without a probe a plugin's mistakes that can be caught are caught in this process.
TEST_CASE("with probing switched off, failures are still told") {
  for (const char* name : {"throws", "fails-init", "fails-self-test", "other-id", "no-interface",
                           "short-struct", "garbage", "no-symbol"}) {
    CAPTURE(name);
    test::MockFolder folder;
    folder.add(name).add("good-codec").add("good-pack");
    PluginOptions options = folder.options();
    options.probe = false;
    Selection selection = folder.select(options);
    Codecs codecs;
    Loader loader(options, codecs);
    loader.load_chosen(selection);
    const auto expected = std::find_if(std::begin(kCases), std::end(kCases), [&](const Case& c) {
      return std::string_view(c.mock) == name;
    });
    const Candidate* const rejected = test::candidate(selection, name);
    CHECK(rejected->reason_bits() == static_cast<std::uint32_t>(Reason::kLoad));
    CHECK(rejected->why_not().find(expected->sentence) != std::string::npos);
    check_sound_ones_work(loader.view(), codecs);
  }
}

TEST_CASE("all mocks at once leave the sound plugins working") {
  test::MockFolder folder;
  folder.add_all();
  std::filesystem::remove_all(folder.directory() / "hangs");  // has its own test
  Selection selection = folder.select(folder.options());
  Codecs codecs;
  Loader loader(folder.options(), codecs);
  loader.load_chosen(selection);
  for (const Candidate& c : selection.candidates()) {
    CAPTURE(c.found.path);
    const bool sound = c.found.path.parent_path().filename() == "good-codec" ||
                       c.found.path.parent_path().filename() == "good-pack";
    CHECK(c.accepted() == sound);
    CHECK(c.accepted() == c.why_not().empty());
  }
  check_sound_ones_work(loader.view(), codecs);
}

}  // namespace
}  // namespace forge::plugin
