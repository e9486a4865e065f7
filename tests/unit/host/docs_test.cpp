// The documents against the program they describe.
#include <fmt/format.h>

#include "core/config/reference.hpp"
#include "host/cli/command.hpp"
#include "host/cli/command_tree.hpp"
#include "host/cli/manual_page.hpp"
#include "tests/catch.hpp"
#include "tests/process.hpp"

namespace forge::cli {
namespace {

const std::string kDocs = FORGE_TEST_DATA "/../../docs/";

CommandTree real_tree() {
  CLI::App app("Runs models", "rocmforge");
  Program program(app);
  add_all_commands(app, program);
  return read_command_tree(app);
}

// What a document has behind a line of its own.
std::string generated_part(const std::string& name, const std::string& marker) {
  const std::string document = test::read_file(kDocs + name);
  const std::size_t at = document.find("\n" + marker + "\n");
  REQUIRE(at != std::string::npos);
  return document.substr(at + marker.size() + 2);
}

// To mend these two: tools/update_docs.sh.
TEST_CASE("docs/config.md has the keys as they are") {
  const bool same =
      generated_part("config.md", "<!-- reference -->") == config::markdown_reference();
  CHECK(same);
}

TEST_CASE("docs/cli.md has the commands as they are") {
  const bool same = generated_part("cli.md", "<!-- commands -->") == markdown_commands(real_tree());
  CHECK(same);
}

// CLI11 2.4 refuses a command whose argument has the name of one of its options, older ones do not.
TEST_CASE("no argument of a command has the name of an option") {
  const CommandTree tree = real_tree();
  for (const CommandInfo& command : tree.commands) {
    for (const OptionInfo& argument : command.arguments) {
      for (const OptionInfo& option : command.options) {
        for (const std::string& name : option.names) {
          INFO(command.name << " " << name);
          CHECK(name != "--" + argument.names.front());
        }
      }
    }
  }
}

TEST_CASE("docs/cli.md explains the global options, and every command's help has examples") {
  const std::string document = test::read_file(kDocs + "cli.md");
  const CommandTree tree = real_tree();
  for (const OptionInfo& option : tree.program.options) {
    INFO(option.signature);
    CHECK(document.find("`" + option.names.back()) != std::string::npos);
  }
  for (const CommandInfo& command : tree.commands) {
    INFO(command.name);
    CHECK(command.examples.find("rocmforge ") != std::string::npos);
    for (const OptionInfo& option : command.options) {  // "MS", not "MS:INT in [1 - 600000]"
      INFO(option.signature);
      CHECK(option.signature.find(':') == std::string::npos);
    }
  }
}

TEST_CASE("docs/cli.md has every exit code") {
  const std::string document = test::read_file(kDocs + "cli.md");
  for (const ExitCodeInfo& info : kExitCodes) {
    const std::string row =
        fmt::format("\n| {} | {} |\n", static_cast<int>(info.code), info.meaning);
    INFO(row);
    CHECK(document.find(row) != std::string::npos);
  }
}

}  // namespace
}  // namespace forge::cli
