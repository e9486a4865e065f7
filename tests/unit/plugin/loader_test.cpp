// The static path: plugins linked into the program. The dynamic one is tested in tests/abi.
#include "core/plugin/loader.hpp"

#include "core/codec/registry.hpp"
#include "forge/sdk/plugin.hpp"
#include "tests/abi/mocks/mock.hpp"
#include "tests/catch.hpp"

namespace forge::plugin {
namespace {

int g_shutdowns = 0;

// A plugin of this file: an entry made by the SDK for a type of its own, since an entry is brought
// up once in a process.
template <int kNumber>
struct Static {
  static constexpr const char* kNames[] = {"arch-a", "arch-b"};
  static constexpr forge_plugin_architecture_v1 kArchitecture = {
      sizeof(forge_plugin_architecture_v1), 2, kNames, mock::build, nullptr};
  static constexpr sdk::Interface kInterfaces[] = {
      {FORGE_INTERFACE_KERNEL_PACK_V1, &mock::kPack},
      {FORGE_INTERFACE_ARCHITECTURE_V1, &kArchitecture}};
  static constexpr sdk::Plugin kPlugin{
      .id = "static", .version = "1.0", .interfaces = kInterfaces, .shutdown = [] {
        ++g_shutdowns;
      }};
  static constexpr forge_plugin_entry_v1 kEntry = sdk::make_entry<kPlugin>();
};

Manifest manifest_of(std::vector<Kind> kinds, const char* id = "static") {
  Manifest manifest;
  manifest.path = std::filesystem::path("/nowhere") / id / "x.plugin.toml";
  manifest.id = id;
  manifest.kinds = std::move(kinds);
  manifest.abi = {1, 0, 0};
  return manifest;
}

PluginOptions options() {
  PluginOptions options;
  options.probe = false;
  return options;
}

TEST_CASE("a plugin linked into the program is registered and shut down") {
  g_shutdowns = 0;
  CodecRegistry codecs;
  {
    Loader loader(options(), codecs);
    const Status status = loader.load_static(manifest_of({Kind::kKernelPack, Kind::kArchitecture}),
                                             Static<0>::kEntry, {{"cpu", "a CPU", "x86-64", 1}});
    REQUIRE(status.message().empty());
    REQUIRE(loader.view().kernel_packs().size() == 1);
    const RegisteredPack& pack = loader.view().kernel_packs()[0];
    CHECK(pack.id == "static");
    CHECK(pack.directory == "/nowhere/static");
    CHECK(pack.devices.at(0).name == "a CPU");
    CHECK_FALSE(pack.gpu);
    CHECK(loader.view().architecture("arch-b")->plugin == "static");
    CHECK(loader.load_static(manifest_of({Kind::kKernelPack}), Static<1>::kEntry).code() ==
          Code::kAlreadyExists);
  }
  CHECK(g_shutdowns == 1);
}

TEST_CASE("an entry is brought up once, whoever asks") {
  CodecRegistry codecs;
  Loader first(options(), codecs);
  REQUIRE(first.load_static(manifest_of({Kind::kKernelPack}), Static<2>::kEntry).ok());
  first.shutdown();
  CHECK(first.view().kernel_packs().empty());
  CHECK(first.view().architectures().empty());
  Loader second(options(), codecs);
  CHECK(second.load_static(manifest_of({Kind::kKernelPack}), Static<2>::kEntry).message() ==
        "this process has loaded its library before; a plugin is initialised once");
}

TEST_CASE("of two plugins that build one architecture the first stays") {
  CodecRegistry codecs;
  Loader loader(options(), codecs);
  REQUIRE(loader.load_static(manifest_of({Kind::kArchitecture}), Static<3>::kEntry).ok());
  static constexpr sdk::Plugin kOther{
      .id = "other", .version = "1", .interfaces = Static<4>::kInterfaces};
  static constexpr forge_plugin_entry_v1 kEntry = sdk::make_entry<kOther>();
  REQUIRE(loader.load_static(manifest_of({Kind::kArchitecture}, "other"), kEntry).ok());
  CHECK(loader.view().architecture("arch-a")->plugin == "static");
  CHECK(loader.view().architectures().size() == 2);
}

TEST_CASE("without the probe program nothing is loaded unprobed") {
  Manifest manifest = manifest_of({Kind::kCodec});
  PluginOptions probing;
  probing.probe_program = "/no/such/rocmforge-probe";
  probing.cache_directory = "/nowhere";
  CHECK(Prober(probing).probe(manifest).status().message() ==
        "cannot start '/no/such/rocmforge-probe': No such file or directory");
  CHECK(Prober(options()).probe(manifest).ok());
}

}  // namespace
}  // namespace forge::plugin
