// rocmforge completion: scripts for shells.
#include <fmt/format.h>

#include <memory>

#include "core/base/quote.hpp"
#include "host/cli/command.hpp"
#include "host/cli/command_tree.hpp"
#include "host/cli/completion_script.hpp"

namespace forge::cli {
namespace {

Status print_script(const std::string& shell, const CLI::App& app) {
  const CommandTree tree = read_command_tree(app);
  if (shell == "bash") {
    fmt::print("{}", bash_completion(tree));
  } else if (shell == "zsh") {
    fmt::print("{}", zsh_completion(tree));
  } else {
    fmt::print("{}", fish_completion(tree));
  }
  return {};
}

}  // namespace

void add_completion(CLI::App& app, Program& program) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("completion", "Prints a shell's completion script");
  command->group(kProgramCommands);
  command->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check([](const std::string& text) {
        const bool known = text == "bash" || text == "zsh" || text == "fish";
        return known ? std::string() : quote(text) + " is none of bash, zsh, fish";
      })
      ->type_name("bash|zsh|fish");
  add_examples(*command, {{"In this bash, from now on", "source <(rocmforge completion bash)"},
                          {"In every fish",
                           "rocmforge completion fish > "
                           "~/.config/fish/completions/rocmforge.fish"}});
  command->callback([shell, &program] {
    program.skip_config();
    program.set_action([shell, &program] { return print_script(*shell, program.app()); });
  });
}

}  // namespace forge::cli
