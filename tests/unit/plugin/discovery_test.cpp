#include "core/plugin/discovery.hpp"

#include <unistd.h>

#include <algorithm>

#include "tests/catch.hpp"
#include "tests/support/scratch.hpp"

namespace forge::plugin {
namespace {

std::string manifest_text(const std::string& id) {
  return "[plugin]\nid = \"" + id +
         "\"\nkind = \"codec\"\nabi = \"1.0\"\nversion = \"1\"\nlibrary = \"x.so\"\n";
}

void add(const test::Scratch& scratch, const std::string& folder, const std::string& id) {
  scratch.write(folder + "/" + id + ".plugin.toml", manifest_text(id));
}

std::vector<std::string> ids(const Discovery& discovery) {
  std::vector<std::string> ids;
  for (const FoundManifest& found : discovery.found) ids.push_back(found.id);
  return ids;
}

TEST_CASE("manifests are found in a folder and one level below it, by name") {
  const test::Scratch scratch;
  add(scratch, "p/b", "b");
  add(scratch, "p/a", "a");
  add(scratch, "p", "top");
  add(scratch, "p/deep/deeper", "hidden");
  scratch.write("p/a/libforge_a.so", "");
  scratch.write("p/a/.plugin.toml", "");
  const Discovery discovery = discover({{scratch / "p", "configuration"}});
  CHECK(ids(discovery) == std::vector<std::string>{"top", "a", "b"});
  CHECK(discovery.found[1].origin == "configuration");
  CHECK(discovery.found[1].path == scratch / "p/a/a.plugin.toml");
  CHECK(discovery.notes.empty());
}

TEST_CASE("the earlier search path wins an id and the later one is listed as shadowed") {
  const test::Scratch scratch;
  add(scratch, "user/x", "x");
  add(scratch, "system/x", "x");
  add(scratch, "system/y", "y");
  add(scratch, "system/z", "y");  // the same id twice in one path
  const Discovery discovery =
      discover({{scratch / "user", "configuration"}, {scratch / "system", "program"}});
  CHECK(ids(discovery) == std::vector<std::string>{"x", "x", "y", "y"});
  CHECK(discovery.found[0].shadowed_by.empty());
  CHECK(discovery.found[1].shadowed_by == scratch / "user/x/x.plugin.toml");
  CHECK(discovery.found[2].shadowed_by.empty());
  CHECK(discovery.found[3].shadowed_by == scratch / "system/y/y.plugin.toml");
}

TEST_CASE("a broken manifest is listed with its error and shadows nothing") {
  const test::Scratch scratch;
  scratch.write("user/x/x.plugin.toml", "[plugin\n");
  add(scratch, "system/x", "x");
  const Discovery discovery =
      discover({{scratch / "user", "configuration"}, {scratch / "system", "program"}});
  REQUIRE(discovery.found.size() == 2);
  CHECK_FALSE(discovery.found[0].manifest);
  CHECK(discovery.found[0].problem.message().find("x.plugin.toml:1:") != std::string::npos);
  CHECK(discovery.found[1].manifest);
  CHECK(discovery.found[1].shadowed_by.empty());
}

TEST_CASE("folders that do not exist are passed over, unreadable ones noted") {
  const test::Scratch scratch;
  add(scratch, "p/a", "a");
  std::filesystem::create_directory(scratch / "p/closed");
  std::filesystem::permissions(scratch / "p/closed", std::filesystem::perms::none);
  const Discovery discovery = discover({{scratch / "none", "x"}, {scratch / "p", "y"}});
  CHECK(ids(discovery) == std::vector<std::string>{"a"});
  CHECK(discovery.searched.size() == 1);
  if (geteuid() == 0) {
    WARN("skipped: root may read every folder");
  } else {
    REQUIRE(discovery.notes.size() == 1);
    CHECK(discovery.notes[0].find("cannot be read: Permission denied") != std::string::npos);
  }
  std::filesystem::permissions(scratch / "p/closed", std::filesystem::perms::owner_all);
}

TEST_CASE("a folder with a thousand entries is cut short with a note") {
  const test::Scratch scratch;
  for (int i = 0; i < 1010; ++i) scratch.write("p/" + std::to_string(i), "");
  CHECK(discover({{scratch / "p", "x"}}).notes.size() == 1);
}

TEST_CASE("search paths come in order of precedence, each once, never the current folder") {
  const std::vector<SearchPath> paths = plugin_search_paths(
      {"/etc/forge", "", "/opt/p/", "/etc/../etc/forge"}, "my.toml:3", "/usr/bin");
  std::vector<std::string> seen;
  for (const SearchPath& path : paths) seen.push_back(path.directory.string() + "|" + path.origin);
  REQUIRE(seen.size() >= 4);
  CHECK(seen[0] == "/etc/forge|my.toml:3");
  CHECK(seen[1] == "/opt/p/|my.toml:3");
  CHECK(std::count(seen.begin(), seen.end(), "/usr/lib/rocmforge/plugins|program") == 1);
  CHECK(std::count(seen.begin(), seen.end(),
                   "/usr/lib/x86_64-linux-gnu/rocmforge/plugins|program") == 1);
  CHECK(std::count(seen.begin(), seen.end(), "/usr/plugins|program") == 0);
}

TEST_CASE("a program in a build tree finds that tree's plugins only") {
  const test::Scratch scratch;
  scratch.write("CMakeCache.txt", "");
  const std::vector<SearchPath> paths = plugin_search_paths({}, "", scratch / "bin");
  REQUIRE(paths.size() == 1);
  CHECK(paths[0].directory == scratch / "plugins");
  CHECK(plugin_search_paths({}, "", {}).empty());
}

}  // namespace
}  // namespace forge::plugin
