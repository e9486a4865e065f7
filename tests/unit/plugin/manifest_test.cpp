#include "core/plugin/manifest.hpp"

#include "tests/catch.hpp"
#include "tests/support/scratch.hpp"

namespace forge::plugin {
namespace {

constexpr const char* kPath = "/p/gfx1201.plugin.toml";

constexpr const char* kFull = R"([plugin]
id = "gfx1201"
kind = "kernel-pack"
abi = "1.0"
version = "0.1.0"
description = "RDNA4"
library = "lib/libforge_gfx1201.so"
priority = -5
[requires]
gfx = ["gfx1200", "gfx1201"]
host_isa = "x86-64-v3"
cpu_features = ["avx2"]
rocm = ">=6.2, <8"
code_objects = ["gfx1201.co"]
[provides]
architectures = ["qwen3"]
codecs = ["Q4_K"]
)";

// kFull with the first `from` replaced by `to`.
std::string changed(std::string_view from, std::string_view to) {
  std::string text = kFull;
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string error_of(const std::string& text, const char* path = kPath) {
  const Result<Manifest> manifest = parse_manifest(text, path);
  return manifest.ok() ? "" : manifest.status().message();
}

TEST_CASE("a full manifest is read into its fields") {
  const Result<Manifest> result = parse_manifest(kFull, kPath);
  REQUIRE(result.ok());
  const Manifest& m = *result;
  CHECK(m.id == "gfx1201");
  CHECK(m.kinds == std::vector{Kind::kKernelPack});
  CHECK(m.abi == Version{1, 0, 0});
  CHECK(m.version == "0.1.0");
  CHECK(m.description == "RDNA4");
  CHECK(m.priority == -5);
  CHECK(m.library_path() == "/p/lib/libforge_gfx1201.so");
  CHECK(m.needs.gfx == std::vector<std::string>{"gfx1200", "gfx1201"});
  CHECK(m.needs.host_isa == device::IsaLevel::kV3);
  CHECK(m.needs.cpu_features == std::vector<std::string>{"avx2"});
  CHECK(m.needs.rocm->text() == ">=6.2, <8");
  CHECK(m.needs.code_objects == std::vector<std::string>{"gfx1201.co"});
  CHECK(m.provides.architectures == std::vector<std::string>{"qwen3"});
  CHECK(m.provides.codecs == std::vector<std::string>{"Q4_K"});
  CHECK(m.is_gpu_pack());
}

TEST_CASE("the shortest manifest needs five keys") {
  const Result<Manifest> m = parse_manifest(
      "plugin = { id = \"a\", kinds = [\"codec\", \"architecture\"], abi = \"1.0\","
      " version = \"1\", library = \"a.so\" }",
      "a.plugin.toml");
  REQUIRE(m.ok());
  CHECK(m->has(Kind::kCodec));
  CHECK(m->has(Kind::kArchitecture));
  CHECK_FALSE(m->is_gpu_pack());
  CHECK(m->priority == 0);
  CHECK(m->needs.host_isa == device::IsaLevel::kV1);
}

TEST_CASE("a pack may be for a device that is not surveyed") {
  const Result<Manifest> m =
      parse_manifest(changed("gfx = [\"gfx1200\", \"gfx1201\"]", "device = \"cuda\""), kPath);
  INFO(m.status().message());
  REQUIRE(m.ok());
  CHECK(m->needs.device == "cuda");
  CHECK(m->is_unsurveyed_pack());
  CHECK_FALSE(m->is_gpu_pack());
}

TEST_CASE("unknown keys are errors with line, column and the nearest name") {
  CHECK(error_of(changed("library =", "librari =")) ==
        "/p/gfx1201.plugin.toml:7:1: unknown key 'librari' in [plugin]; did you mean 'library'?");
  CHECK(error_of(changed("host_isa", "host-isa")) ==
        "/p/gfx1201.plugin.toml:11:1: unknown key 'host-isa' in [requires]; did you mean "
        "'host_isa'?");
  CHECK(error_of(changed("[provides]", "[prvides]")) ==
        "/p/gfx1201.plugin.toml:15:2: unknown key 'prvides' in this file; did you mean "
        "'provides'?");
}

TEST_CASE("a manifest for a newer ABI may say more than this host knows") {
  const std::string text = changed("priority = -5", "priority = 1\ncolour = \"red\"");
  CHECK_FALSE(parse_manifest(text, kPath).ok());
  for (const char* abi : {"abi = \"1.3\"", "abi = \"2.0\""}) {
    std::string newer = text;
    newer.replace(newer.find("abi = \"1.0\""), 11, abi);
    CHECK(parse_manifest(newer, kPath).ok());
  }
}

TEST_CASE("missing keys are named") {
  CHECK(error_of("") == "/p/gfx1201.plugin.toml:1:1: section [plugin] is missing");
  CHECK(error_of(changed("version = \"0.1.0\"\n", "")) ==
        "/p/gfx1201.plugin.toml:1:1: key 'version' is missing in [plugin]");
  CHECK(error_of(changed("kind = \"kernel-pack\"\n", "")) ==
        "/p/gfx1201.plugin.toml:1:1: write either kind = \"...\" or kinds = [...] in [plugin]");
}

TEST_CASE("values of the wrong type, form or range are told with what is there") {
  const auto complaint = [](std::string_view from, std::string_view to) {
    return error_of(changed(from, to)).substr(std::string_view(kPath).size());
  };
  CHECK(complaint("priority = -5", "priority = \"high\"") ==
        ":8:12: priority is the text 'high'; write a whole number from -1000 to 1000");
  CHECK(complaint("priority = -5", "priority = 1001") ==
        ":8:12: priority is the number 1001; write a whole number from -1000 to 1000");
  CHECK(complaint("\"0.1.0\"", "0.1") ==
        ":5:11: version must be text in quotes; it is the number 0.1");
  CHECK(complaint("\"RDNA4\"", "\"a\\u001bb\"") ==
        ":6:15: description is 'a\\x1bb'; write 1 to 256 printable characters");
  CHECK(complaint("\"kernel-pack\"", "\"kernel_pack\"") ==
        ":3:8: kind 'kernel_pack' is not known; kinds are kernel-pack, codec and architecture; "
        "did you mean 'kernel-pack'?");
  CHECK(complaint("kind = \"kernel-pack\"", "kinds = [\"codec\", \"codec\"]") ==
        ":3:9: kind 'codec' is there twice");
  CHECK(complaint("\"1.0\"", "\"1\"") ==
        ":4:7: abi is '1'; write \"MAJOR.MINOR\", such as \"1.2\"");
  CHECK(complaint("\"1.0\"", "\"65536.0\"") ==
        ":4:7: abi is '65536.0'; write \"MAJOR.MINOR\", such as \"1.2\"");
  CHECK(complaint("\"gfx1200\"", "\"gfx12-generic\"") ==
        ":10:7: 'gfx12-generic' is not one exact processor, such as \"gfx1100\"");
  CHECK(complaint("[\"gfx1200\", \"gfx1201\"]", "\"gfx1201\"") ==
        ":10:7: gfx must be a list of at most 64 texts; it is the text 'gfx1201'");
  CHECK(complaint(">=6.2, <8", "6.2") ==
        ":13:8: rocm: '6.2' is not a comparison: start with >=, >, <=, < or =, such as "
        "\">=6.2, <8\"");
  CHECK(complaint("x86-64-v3", "x86-64-v5") ==
        ":11:12: host_isa 'x86-64-v5' is not known; write \"x86-64\", \"x86-64-v2\", "
        "\"x86-64-v3\" or \"x86-64-v4\"");
  CHECK(complaint("\"kernel-pack\"", "\"codec\"") == ":10:7: gfx is for kernel packs only");
  CHECK(complaint("host_isa = ", "device = \"cuda\"\nhost_isa = ") ==
        ":11:10: a pack is for gfx processors or for another device");
  CHECK(complaint("gfx = [\"gfx1200\", \"gfx1201\"]", "device = \"a b\"") ==
        ":10:10: device 'a b' is no name of a-z, 0-9, - _ and .");
  CHECK(complaint("[provides]", "x = = 1").starts_with(":15:"));
}

TEST_CASE("paths must stay in the manifest's folder") {
  for (const char* path : {"/usr/lib/x.so", "../x.so", "a/../../x.so", "a/..", "x/", "..", "a/"}) {
    const std::string text = changed("lib/libforge_gfx1201.so", path);
    CHECK(error_of(text).find("stays in its folder") != std::string::npos);
    CHECK(error_of(changed("gfx1201.co", path)).find("code_objects is") != std::string::npos);
  }
  CHECK(error_of(changed("lib/libforge_gfx1201.so", "./a..b/..x.so")).empty());
}

TEST_CASE("ids are plain, match the file's name and are no subsystem's") {
  for (const char* good : {"gfx1100", "arch-qwen", "a", "0x", "my.codec_2"})
    CHECK(is_plugin_id(good));
  for (const char* bad : {"", "-a", ".a", "A", "a b", "a/b", "plugin", "codec", "\xc3\xa9"})
    CHECK_FALSE(is_plugin_id(bad));
  CHECK(is_plugin_id(std::string(64, 'a')));
  CHECK_FALSE(is_plugin_id(std::string(65, 'a')));
  CHECK(error_of(kFull, "/p/other.plugin.toml") ==
        "/p/other.plugin.toml:2:6: id is 'gfx1201', so this file must be named "
        "gfx1201.plugin.toml");
  CHECK(error_of(changed("id = \"gfx1201\"", "id = \"Gfx\""))
            .starts_with("/p/gfx1201.plugin.toml:2:6: id 'Gfx' is not usable"));
}

TEST_CASE("files that are too large, no files or not TOML are refused") {
  const test::Scratch scratch;
  CHECK(read_manifest(scratch / "none").status().message().find("is not a file") !=
        std::string::npos);
  CHECK_FALSE(read_manifest(scratch.path()).ok());
  const std::filesystem::path large =
      scratch.write("large.plugin.toml", std::string(kMaxManifestBytes + 1, '#'));
  CHECK(read_manifest(large).status().message().find("is larger than 65536 bytes") !=
        std::string::npos);
  const std::filesystem::path binary =
      scratch.write("b.plugin.toml", std::string_view("\x7f"
                                                      "ELF\0\0\x01\xff",
                                                      8));
  CHECK(read_manifest(binary).code() == Code::kInvalidArgument);
}

}  // namespace
}  // namespace forge::plugin
