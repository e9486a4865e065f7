// The frame around subcommands: options, help, errors and what is written from them.
#include "host/cli/command.hpp"

#include <memory>

#include "host/cli/command_tree.hpp"
#include "host/cli/completion_script.hpp"
#include "host/cli/manual_page.hpp"
#include "host/cli/usage_error.hpp"
#include "tests/catch.hpp"
#include "tests/process.hpp"

namespace forge::cli {
namespace {

// A program with one subcommand that has one option of each kind.
struct Sample {
  CLI::App app{"Does samples", "rocmforge"};
  Program program{app};
  std::string file;
  std::string format;
  std::vector<std::string> words;
  CLI::App* show = nullptr;
  bool ran = false;

  Sample() {
    show = app.add_subcommand("show", "Shows: a 'file'");
    show->group(kFileCommands);
    show->add_option("file", file, "File to show")->type_name("FILE")->required();
    show->add_option("-f,--format", format, "How to show it")->type_name("text|json");
    show->add_option("-w,--word", words, "A word")->type_name("WORD")->allow_extra_args(false);
    program.add_config_options(*show, {"threads", "sampling.seed", "sampling.stop"});
    add_examples(*show, {{"Show it", "rocmforge show x.gguf"}});
    show->callback([this] {
      program.set_action([this] {
        ran = true;
        return Status();
      });
    });
    app.add_subcommand("shout", "Is loud")->group(kFileCommands);
  }

  int run(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "rocmforge");
    arguments.push_back("--no-config");
    return program.run(static_cast<int>(arguments.size()), arguments.data());
  }

  // The message for a command line that cannot be parsed.
  std::string error(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "rocmforge");
    try {
      app.parse(static_cast<int>(arguments.size()), arguments.data());
    } catch (const CLI::ParseError& e) {
      return usage_error(app, e);
    }
    return "";
  }
};

TEST_CASE("flags of configuration keys reach the configuration") {
  Sample sample;
  CHECK(sample.run({"show", "x", "-t", "3", "--pin", "--seed=-1", "--stop", "a", "--stop", "b",
                    "--set", "sampling.top_k=9"}) == kExitOk);
  CHECK(sample.ran);
  CHECK(sample.program.config().threads.count == 3);
  CHECK(sample.program.config().threads.pin);
  CHECK(sample.program.config().sampling.seed == -1);
  CHECK(sample.program.config().sampling.stop == std::vector<std::string>{"a", "b"});
  CHECK(sample.program.config().sampling.top_k == 9);
}

TEST_CASE("a switch has an opposite, the last one counts") {
  Sample sample;
  CHECK(sample.run({"show", "x", "--set", "threads.pin=true", "--no-pin"}) == kExitOk);
  // --set comes after flags of its key: the more explicit one.
  CHECK(sample.program.config().threads.pin);
  Sample other;
  CHECK(other.run({"show", "x", "--no-pin"}) == kExitOk);
  CHECK_FALSE(other.program.config().threads.pin);
}

TEST_CASE("global options are understood before and behind the subcommand") {
  Sample before;
  CHECK(before.run({"--quiet", "show", "x"}) == kExitOk);
  CHECK(before.program.quiet());
  Sample behind;
  CHECK(behind.run({"show", "x", "-q"}) == kExitOk);
  CHECK(behind.program.quiet());
}

TEST_CASE("wrong values and usage end with exit code 2 and without a run") {
  for (const std::vector<const char*>& arguments :
       std::vector<std::vector<const char*>>{{"show", "x", "--threads", "many"},
                                             {"show", "x", "--set", "nonsense"},
                                             {"show", "x", "--set", "no.such=1"},
                                             {"show", "x", "--set", "sampling.top_k"},
                                             {"show"},
                                             {"shwo"},
                                             {"shwo", "--help"},
                                             {}}) {
    Sample sample;
    CHECK(sample.run(arguments) == kExitUsage);
    CHECK_FALSE(sample.ran);
  }
}

TEST_CASE("usage errors name the word and the nearest right one") {
  CHECK(Sample().error({"shwo"}) == "unknown command 'shwo'; did you mean 'show'?");
  CHECK(Sample().error({"xyz"}) == "unknown command 'xyz'; see 'rocmforge --help'");
  CHECK(Sample().error({"show", "f", "--tread", "2"}) ==
        "unknown option '--tread'; did you mean '--threads'?");
  CHECK(Sample().error({"show", "f", "--log-lvel=info"}) ==
        "unknown option '--log-lvel'; did you mean '--log-level'?");
  CHECK(Sample().error({"show", "f", "--zzz"}) ==
        "unknown option '--zzz'; see 'rocmforge show --help'");
  CHECK(Sample().error({"--threads", "2", "show", "f"}) ==
        "option '--threads' belongs behind 'rocmforge show'");
  CHECK(Sample().error({"show", "f", "g"}) ==
        "unexpected argument 'g'; see 'rocmforge show --help'");
  CHECK(Sample().error({"show", "f", "\x1b[0m"}) ==
        "unexpected argument '\\x1b[0m'; see 'rocmforge show --help'");
  CHECK(Sample().error({"show"}) == "file is required; see 'rocmforge show --help'");
}

TEST_CASE("exit codes follow the status") {
  const auto code_of = [](const Status& status) {
    CLI::App app("x", "rocmforge");
    Program program(app);
    app.add_subcommand("go", "Goes")->callback([&] { program.set_action([&] { return status; }); });
    const char* arguments[] = {"rocmforge", "--no-config", "go"};
    return program.run(3, arguments);
  };
  CHECK(code_of({}) == 0);
  CHECK(code_of(cancelled("stopped")) == 130);
  CHECK(code_of(not_found("x")) == 1);
}

TEST_CASE("an exception in an action is an error, not a crash") {
  CLI::App app("x", "rocmforge");
  Program program(app);
  app.add_subcommand("go", "Goes")->callback([&] {
    program.set_action([]() -> Status { throw std::runtime_error("boom"); });
  });
  const char* arguments[] = {"rocmforge", "--no-config", "go"};
  CHECK(program.run(3, arguments) == kExitError);
}

TEST_CASE("help shows usage, arguments, groups, global options and examples in order") {
  const Sample sample;
  const std::string help = help_text(*sample.show, 80);
  std::size_t at = 0;
  for (const char* part :
       {"Shows: a 'file'.\n", "Usage: rocmforge show [OPTIONS] file\n", "\nArguments:\n",
        "  file                        File to show\n", "\nOptions:\n", "-f, --format text|json",
        "-w, --word WORD", "\nProcessor threads:\n", "-t, --threads N", "[0]", "--[no-]pin",
        "\nOptions of every command:\n", "--config", "\nExamples:\n  # Show it\n"}) {
    INFO(part << "\n---\n" << help);
    const std::size_t found = help.find(part, at);
    REQUIRE(found != std::string::npos);
    at = found;
  }
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 80);
}

// What bash offers for a command line; the last word is the one being completed.
std::vector<std::string> bash_offers(const CommandTree& tree, const std::string& words) {
  const test::TemporaryFolder folder;
  folder.file("model one.gguf", "");
  const std::string script = folder.file("completion.bash", bash_completion(tree));
  const auto finished =
      test::shell("cd '" + folder.path() + "' && source '" + script + "' && COMP_WORDS=(" + words +
                  ") && COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) && _rocmforge && "
                  "printf '%s\\n' \"${COMPREPLY[@]}\"");
  REQUIRE(finished.err.empty());
  std::vector<std::string> offers;
  std::istringstream lines(finished.out);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) offers.push_back(line);
  }
  return offers;
}

TEST_CASE("bash completes commands, options, choices and files") {
  using Words = std::vector<std::string>;
  const Sample sample;
  const CommandTree tree = read_command_tree(sample.app);
  CHECK(bash_offers(tree, "rocmforge sh") == Words{"show", "shout"});
  CHECK(bash_offers(tree, "rocmforge ''") == Words{"show", "shout"});
  CHECK(bash_offers(tree, "rocmforge show --th") == Words{"--threads"});
  CHECK(bash_offers(tree, "rocmforge show --quie") == Words{"--quiet"});
  CHECK(bash_offers(tree, "rocmforge show --format ''") == Words{"text", "json"});
  CHECK(bash_offers(tree, "rocmforge show --format = j") == Words{"json"});
  CHECK(bash_offers(tree, "rocmforge show -f =") == Words{"text", "json"});
  CHECK(bash_offers(tree, "rocmforge --config model") == Words{"model one.gguf"});
  CHECK(bash_offers(tree, "rocmforge show mod") == Words{"model one.gguf"});
  CHECK(bash_offers(tree, "rocmforge show --threads ''").empty());
}

TEST_CASE("the other shells accept their scripts") {
  CLI::App app("Runs models", "rocmforge");
  Program program(app);
  add_all_commands(app, program);
  const CommandTree tree = read_command_tree(app);
  const test::TemporaryFolder folder;
  const std::string zsh = folder.file("_rocmforge", zsh_completion(tree));
  const std::string fish = folder.file("rocmforge.fish", fish_completion(tree));
  const std::pair<std::string, std::string> checks[] = {{"zsh", "zsh -n " + zsh},
                                                        {"fish", "fish --no-execute " + fish}};
  for (const auto& [name, command] : checks) {
    if (test::shell("command -v " + name).exit_code != 0) {
      WARN("skipped: there is no " << name << " here");
      continue;
    }
    const auto finished = test::shell(command);
    INFO(finished.err);
    CHECK(finished.exit_code == 0);
  }
}

TEST_CASE("the manual page names every option and starts no line by accident") {
  const Sample sample;
  const std::string page = manual_page(read_command_tree(sample.app), "1.2.3");
  CHECK(page.starts_with(".TH ROCMFORGE 1"));
  CHECK(page.find("\\-\\-threads") != std::string::npos);
  CHECK(page.find("FORGE_THREADS") != std::string::npos);
  CHECK(page.find("Show it") != std::string::npos);
  if (test::shell("command -v groff").exit_code != 0) {
    WARN("skipped: there is no groff here");
    return;
  }
  const test::TemporaryFolder folder;
  const auto finished =
      test::shell("groff -man -ww -Tascii -P-cbou '" + folder.file("page.1", page) + "'");
  CHECK(finished.err.empty());
  CHECK(finished.out.find("--format text|json") != std::string::npos);
}

}  // namespace
}  // namespace forge::cli
