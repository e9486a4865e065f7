// rocmforge plugins, as a user meets it: on recorded machines and with plugins that are wrong.
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/catch.hpp"
#include "tests/process.hpp"
#include "tests/support/device_tree.hpp"

namespace forge::test {
namespace {

using Json = nlohmann::json;

// The program with a cache of its own and without the user's configuration.
class Listing {
 public:
  Finished run(std::vector<std::string> arguments,
               std::map<std::string, std::string> environment = {}) const {
    arguments.insert(arguments.begin(), {FORGE_PROGRAM, "plugins"});
    environment.emplace("XDG_CONFIG_HOME", "/nonexistent");
    environment.emplace("XDG_CACHE_HOME", scratch_.path().string());
    return test::run({std::move(arguments), std::move(environment), {}});
  }

  Json json(std::vector<std::string> arguments,
            std::map<std::string, std::string> environment = {}) const {
    arguments.emplace_back("--json");
    const Finished finished = run(std::move(arguments), std::move(environment));
    CHECK(finished.exit_code == 0);
    CHECK(finished.err == "");
    return Json::parse(finished.out);
  }

 private:
  Scratch scratch_;
};

const std::string kMocks = FORGE_BUILD_DIR "/tests/mocks";

Json entry(const Json& listing, const std::string& folder) {
  for (const Json& plugin : listing.at("plugins")) {
    if (plugin.at("manifest").get<std::string>().find("/" + folder + "/") != std::string::npos)
      return plugin;
  }
  FAIL("no plugin in folder " << folder);
  return {};
}

TEST_CASE("plugins: every mock is listed with its reasons, and the exit code is 0") {
  const DeviceTree machine("9070xt-igpu");
  const Json listing =
      Listing().json({"--device-root", machine.root().string(), "--probe-limit", "3000"},
                     {{"FORGE_PLUGIN_PATH", kMocks}});
  CHECK(listing.at("abi") == "1.2");
  CHECK(listing.at("folders").at(0).at("path") == kMocks);
  CHECK(listing.at("folders").at(0).at("origin") == "FORGE_PLUGIN_PATH");

  const Json good = entry(listing, "good-pack");
  CHECK(good.at("accepted") == true);
  CHECK(good.at("kinds") == Json({"kernel-pack", "architecture"}));
  CHECK(good.at("devices").at(0).at("key") == "cpu");
  CHECK(good.at("score") > 1000);

  const std::pair<const char*, const char*> reasons[] = {{"bad-manifest", "manifest"},
                                                         {"good-codec-copy", "shadowed"},
                                                         {"manifest-old-major", "abi"},
                                                         {"no-library", "files"},
                                                         {"needs-cpu", "cpu"},
                                                         {"wrong-gfx", "processor"},
                                                         {"hangs", "probe"},
                                                         {"crashes", "probe"},
                                                         {"exits", "probe"}};
  for (const auto& [mock, code] : reasons) {
    CAPTURE(mock);
    const Json plugin = entry(listing, mock);
    CHECK(plugin.at("accepted") == false);
    CHECK(plugin.at("chosen") == false);
    CHECK(plugin.at("role").is_null());
    CHECK(plugin.at("reasons").at(0).at("code") == code);
    CHECK_FALSE(plugin.at("reasons").at(0).at("text").get<std::string>().empty());
  }
  const Json gpus = listing.at("devices").at("gpus");
  REQUIRE(gpus.size() == 2);
  CHECK(gpus.at(0).at("processor") == "gfx1201");
  CHECK(gpus.at(0).at("vram_total") == 17095983104u);
  CHECK(gpus.at(1).at("kind") == "integrated");
  CHECK(listing.at("devices").at("rocm").is_null());
}

TEST_CASE("plugins: the table has every plugin and device in lines of 100 columns") {
  const DeviceTree machine("two-cards");
  const Finished finished = Listing().run(
      {"--device-root", machine.root().string(), "--no-probe", "--plugin-path", kMocks});
  CHECK(finished.exit_code == 0);
  CHECK(finished.err == "");
  std::istringstream lines(finished.out);
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    // A path is one word and cannot be broken.
    CHECK((line.size() <= 100 || line.find_last_of(' ') < 5));
  }
  for (const char* text :
       {"Radeon RX 7900 XT, gfx1100, discrete, 84 CUs, 20.0 GiB VRAM", "Radeon AI PRO R9700",
        "ROCm          7.1.0", "good-pack", "on 0000:03:00.0, Radeon RX 7900 XT (gfx1100)",
        "(--plugin-path)", "needs CPU feature 'amx-fp16'"}) {
    CAPTURE(text);
    CHECK(finished.out.find(text) != std::string::npos);
  }
}

TEST_CASE("plugins: a passed probe is remembered, a failed one is not") {
  const Listing listing;
  const std::vector<std::string> arguments = {"--plugin-path",  kMocks,           "--log-level",
                                              "debug",          "--allow-plugin", "good-codec",
                                              "--allow-plugin", "throws"};
  const Finished first = listing.run(arguments);
  CHECK(first.err.find("good-codec probed in ") != std::string::npos);
  CHECK(first.err.find("throws probed in ") != std::string::npos);
  const Finished second = listing.run(arguments);
  CHECK(second.err.find("good-codec passed its probe earlier") != std::string::npos);
  CHECK(second.err.find("good-codec probed in ") == std::string::npos);
  CHECK(second.err.find("throws probed in ") != std::string::npos);
}

TEST_CASE("plugins: lists and safe mode of the configuration hold") {
  const Json denied = Listing().json({"--plugin-path", kMocks, "--no-probe", "--deny-plugin",
                                      "good-pack", "--pack", "no-such-pack"});
  CHECK(entry(denied, "good-pack").at("reasons").at(0).at("code") == "denied");
  CHECK(denied.at("notes").at(0) == "force names plugin 'no-such-pack', which was not found");
  const Json forced =
      Listing().json({"--plugin-path", kMocks, "--no-probe", "--pack", "good-pack"});
  CHECK(entry(forced, "good-pack").at("role") == "primary");
  CHECK(entry(forced, "good-pack").at("forced") == true);
  const DeviceTree machine("7900xt");
  const Json safe = Listing().json(
      {"--plugin-path", kMocks, "--no-probe", "--safe", "--device-root", machine.root().string()});
  CHECK(entry(safe, "wrong-gfx").at("reasons").at(0).at("code") == "safe_mode");
}

TEST_CASE("plugins: nothing found is told, with what to do") {
  const Scratch empty;
  const Finished finished =
      Listing().run({"--plugin-path", empty.path().string(), "--deny-plugin", "x"});
  CHECK(finished.exit_code == 0);
  CHECK(finished.out.starts_with("Devices\n  cpu "));
}

}  // namespace
}  // namespace forge::test
