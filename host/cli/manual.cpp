// rocmforge manual: the manual page, and the reference of docs/cli.md.
#include <fmt/format.h>

#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/command_tree.hpp"
#include "host/cli/manual_page.hpp"
#include "host/cli/version.hpp"

namespace forge::cli {

void add_manual(CLI::App& app, Program& program) {
  auto markdown = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("manual", "Prints the manual page");
  command->group(kProgramCommands);
  command->add_flag("--markdown", *markdown,
                    "Print the commands as Markdown: what docs/cli.md has");
  add_examples(*command, {{"Read it", "rocmforge manual | man -l -"},
                          {"Where is a setting explained?",
                           "rocmforge manual | man -l - | grep -n threads"}});
  command->callback([markdown, &program] {
    program.skip_config();
    program.set_action([markdown, &program]() -> Status {
      const CommandTree tree = read_command_tree(program.app());
      fmt::print("{}", *markdown ? markdown_commands(tree) : manual_page(tree, version()));
      return {};
    });
  });
}

}  // namespace forge::cli
