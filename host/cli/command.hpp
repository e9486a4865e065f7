// host/cli/command.hpp: how a subcommand is made part of the program.
//
// A subcommand is one file, host/cli/<name>.cpp, and one line in host/cli/commands.inc. The file
// has one function, add_<name>(app, program): it declares its options on a CLI::App subcommand and,
// in the subcommand's callback, hands Program the function to run:
//
//   void add_inspect(CLI::App& app, Program& program) {
//     auto options = std::make_shared<Options>();
//     CLI::App* command = app.add_subcommand("inspect", "Shows what a GGUF file holds");
//     command->group(kFileCommands);
//     command->add_option("file", options->file, "GGUF file")->type_name("FILE")->required();
//     program.add_config_options(*command, {"threads"});
//     add_examples(*command, {{"Everything about a model", "rocmforge inspect model.gguf"}});
//     command->callback([options, &program] {
//       program.set_action([options, &program] { return inspect(*options, program.config()); });
//     });
//   }
//
// An option's type name is read by help, completion and manual page alike: "FILE" and "DIR"
// complete to paths, "text|json" to these words, anything else to nothing.
#ifndef FORGE_HOST_CLI_COMMAND_HPP_
#define FORGE_HOST_CLI_COMMAND_HPP_

#include <CLI/CLI.hpp>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/load.hpp"
#include "forge/sdk/status.hpp"
#include "host/cli/exit_code.hpp"
#include "host/cli/help.hpp"

namespace forge::cli {

// The help's groups of subcommands, in this order.
inline constexpr const char* kModelCommands = "Talk to a model";
inline constexpr const char* kFileCommands = "Look into models";
inline constexpr const char* kMeasureCommands = "Measure and check";
inline constexpr const char* kProgramCommands = "The program itself";

// What all subcommands share. Lives for the whole run of the program; main thread only.
class Program {
 public:
  // Declares the global options on `app`, which must outlive this.
  explicit Program(CLI::App& app);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Sets what will be done. Called from a subcommand's callback, after all options are parsed. The
  // action's Status decides the exit code (exit_code()) and its message is printed.
  void set_action(std::function<Status()> action) { action_ = std::move(action); }

  // Gives a subcommand the flags of configuration keys, by section ("sampling") or by key
  // ("sampling.seed"). Their values reach the action through config() and nowhere else.
  void add_config_options(CLI::App& command, std::initializer_list<std::string_view> names);

  // For actions that need no configuration and must work when it is broken: config() stays
  // Config{}.
  void skip_config() { skip_config_ = true; }

  // Defaults, configuration file, environment and flags, resolved. Valid inside the action.
  const Config& config() const { return loaded_.config; }
  // Where each value of config() comes from, by index in config::keys().
  const std::vector<std::string>& config_origins() const { return loaded_.origins; }
  // The configuration file read; empty: none.
  const std::string& config_file() const { return config_file_; }

  // --quiet: no progress, no footers, nothing on standard error but warnings and errors.
  bool quiet() const { return quiet_; }
  const CLI::App& app() const { return app_; }

  // Parses the command line, loads the configuration, sets up logging and runs the action; returns
  // the exit code. Prints help, version and errors.
  int run(int argc, const char* const* argv);

 private:
  void add_global_options();
  int parse(int argc, const char* const* argv);
  Status load_config();

  CLI::App& app_;
  std::function<Status()> action_;
  std::vector<config::FlagValue> flags_;
  std::vector<std::string> assignments_;  // --set KEY=VALUE
  std::string config_file_;
  bool no_config_ = false;
  bool skip_config_ = false;
  bool quiet_ = false;
  config::Loaded loaded_;
};

void add_all_commands(CLI::App& app, Program& program);

// Every subcommand's function.
#define FORGE_COMMAND(name) void add_##name(CLI::App& app, Program& program);
#include "host/cli/commands.inc"
#undef FORGE_COMMAND

}  // namespace forge::cli

#endif  // FORGE_HOST_CLI_COMMAND_HPP_
