// The built program as its user meets it: exit codes, streams, precedence.
#include "tests/catch.hpp"
#include "tests/process.hpp"

namespace forge::test {
namespace {

// The program in a folder of its own, without the user's configuration and environment.
Finished forge_run(std::vector<std::string> arguments,
                   std::map<std::string, std::string> environment = {}) {
  arguments.insert(arguments.begin(), FORGE_PROGRAM);
  environment.emplace("XDG_CONFIG_HOME", "/nonexistent");
  return run({std::move(arguments), std::move(environment), {}});
}

TEST_CASE("version and help go to standard output, their absence to standard error") {
  const Finished version = forge_run({"--version"});
  CHECK(version.exit_code == 0);
  CHECK(version.out.starts_with("rocmforge "));
  CHECK(version.out.find("plugin ABI 1.") != std::string::npos);
  const Finished help = forge_run({"config", "--help"});
  CHECK(help.exit_code == 0);
  CHECK(help.out.find("Examples:") != std::string::npos);
  const Finished nothing = forge_run({});
  CHECK(nothing.exit_code == 2);
  CHECK(nothing.out.empty());
  CHECK(nothing.err.find("Usage: rocmforge COMMAND") != std::string::npos);
}

TEST_CASE("errors are lines on standard error, with exit code 2 for usage") {
  const Finished typo = forge_run({"confg"});
  CHECK(typo.exit_code == 2);
  CHECK(typo.err == "error: unknown command 'confg'; did you mean 'config'?\n");
  const TemporaryFolder folder;
  const std::string file = folder.file("my.toml", "[sampling]\ntemprature = 1\ntop_k = -1\n");
  const Finished wrong = forge_run({"--config", file, "config"});
  CHECK(wrong.exit_code == 2);
  CHECK(wrong.out.empty());
  CHECK(wrong.err == "error: " + file +
                         ":2:1: unknown key 'sampling.temprature'; did you mean "
                         "'sampling.temperature'?\nerror: " +
                         file +
                         ":3:9: 'sampling.top_k' is -1; it must be a whole number from 0 to "
                         "10000000\n");
}

TEST_CASE("configuration: the user's file, a named one, the environment, flags") {
  const TemporaryFolder folder;
  folder.file("rocmforge/config.toml", "[threads]\ncount = 1\npin = true\n");
  const std::string named = folder.file("named.toml", "[threads]\ncount = 2\n");
  const std::map<std::string, std::string> home = {{"XDG_CONFIG_HOME", folder.path()}};
  CHECK(forge_run({"config"}, home).out.find("count = 1  # " + folder.path()) != std::string::npos);
  const Finished other = forge_run({"config", "--config", named}, home);
  CHECK(other.out.find("count = 2  # " + named + ":2") != std::string::npos);
  CHECK(other.out.find("pin = false") != std::string::npos);
  CHECK(forge_run({"config", "--no-config"}, home).out.find("count = 0\n") != std::string::npos);
  auto set = home;
  set["FORGE_THREADS"] = "3";
  CHECK(forge_run({"config"}, set).out.find("count = 3  # FORGE_THREADS") != std::string::npos);
  set["FORGE_CONFIG"] = named;
  set.erase("FORGE_THREADS");
  CHECK(forge_run({"config"}, set).out.find("count = 2  # " + named) != std::string::npos);
  CHECK(forge_run({"config", "--set", "threads.count=4"}, set)
            .out.find("count = 4  # --set threads.count") != std::string::npos);
}

TEST_CASE("the printed defaults are a configuration file that changes nothing") {
  const TemporaryFolder folder;
  const std::string file = folder.file("d.toml", forge_run({"config", "--defaults"}).out);
  const std::string plain = forge_run({"config"}).out;
  std::string again = forge_run({"config", "--config", file}).out;
  // Without the origins, which differ.
  std::string stripped;
  std::istringstream lines(again);
  for (std::string line; std::getline(lines, line);) {
    stripped += line.substr(0, line.find("  # ")) + "\n";
  }
  CHECK(stripped.substr(stripped.find('\n')) == plain.substr(plain.find('\n')));
}

TEST_CASE("a broken configuration does not keep help, defaults and completion from working") {
  const TemporaryFolder folder;
  folder.file("rocmforge/config.toml", "broken");
  const std::map<std::string, std::string> home = {{"XDG_CONFIG_HOME", folder.path()}};
  CHECK(forge_run({"config"}, home).exit_code == 2);
  CHECK(forge_run({"config", "--defaults"}, home).exit_code == 0);
  CHECK(forge_run({"completion", "bash"}, home).exit_code == 0);
  CHECK(forge_run({"--version"}, home).exit_code == 0);
}

TEST_CASE("a full disk is an error, a closed pipe is silence") {
  const std::string program = FORGE_PROGRAM;
  const Finished full = shell(program + " --no-config config > /dev/full");
  CHECK(full.exit_code == 1);
  CHECK(full.err == "error: cannot write to standard output: No space left on device\n");
  const Finished pipe = shell("(trap '' PIPE; " + program +
                              " --no-config config --reference; echo $? >&2) | true; sleep 0.1");
  CHECK(pipe.out.empty());
  CHECK(pipe.err.find("error") == std::string::npos);
}

TEST_CASE("a log file gets what is logged, standard error stays quiet") {
  const TemporaryFolder folder;
  const std::string log = folder.in("x.log");
  const Finished quiet = forge_run({"config", "--log-level", "debug", "--log-file", log});
  CHECK(quiet.exit_code == 0);
  CHECK(quiet.err == "");
  CHECK(test::read_file(log).find("config") != std::string::npos);
}

}  // namespace
}  // namespace forge::test
