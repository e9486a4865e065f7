// rocmforge config: what can be set, and what is.
#include <fmt/format.h>

#include <memory>

#include "core/config/reference.hpp"
#include "host/cli/command.hpp"

namespace forge::cli {
namespace {

struct ConfigOptions {
  bool defaults = false;
  bool reference = false;
};

Status show(const ConfigOptions& options, const Program& program) {
  if (options.reference) {
    fmt::print("{}", config::markdown_reference());
  } else if (options.defaults) {
    fmt::print("{}", config::commented_defaults());
  } else {
    const std::string& file = program.config_file();
    fmt::print("# Configuration file: {}\n", file.empty() ? "none" : file);
    fmt::print("{}", config::effective(program.config(), program.config_origins()));
  }
  return {};
}

}  // namespace

void add_config(CLI::App& app, Program& program) {
  auto options = std::make_shared<ConfigOptions>();
  CLI::App* command = app.add_subcommand(
      "config", "Prints the configuration in effect, as TOML, with where each value comes from");
  command->group(kProgramCommands);
  command->add_flag("--defaults", options->defaults,
                    "Print every key with its default and what it means: a file to start from");
  command
      ->add_flag("--reference", options->reference,
                 "Print every key as Markdown tables: what docs/config.md has")
      ->excludes("--defaults");
  add_examples(*command,
               {{"What is in effect, and why", "rocmforge config"},
                {"A file to start from", "rocmforge config --defaults > my.toml"},
                {"Check a file without running anything", "rocmforge --config my.toml config"}});
  command->callback([options, &program] {
    if (options->defaults || options->reference) program.skip_config();
    program.set_action([options, &program] { return show(*options, program); });
  });
}

}  // namespace forge::cli
