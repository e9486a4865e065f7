// host/cli/command_tree.hpp: the commands and options of the program as plain data, read out of
// CLI11 once, for what is written from them: completion scripts, the manual page, tests of the
// docs.
#ifndef FORGE_HOST_CLI_COMMAND_TREE_HPP_
#define FORGE_HOST_CLI_COMMAND_TREE_HPP_

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace forge::cli {

struct OptionInfo {
  enum class Value { kNone, kAny, kFile, kDirectory, kChoice };
  std::vector<std::string> names;  // "-t", "--threads"; of an argument: its name alone
  std::string signature;           // "-t, --threads N"
  std::string group;
  std::string help;
  Value value = Value::kNone;
  std::string value_name;            // "N"
  std::vector<std::string> choices;  // of kChoice
  bool repeats = false;
};

struct CommandInfo {
  std::string name;
  std::string help;
  std::string examples;  // as the help shows them
  std::vector<OptionInfo> options;
  std::vector<OptionInfo> arguments;
};

struct CommandTree {
  CommandInfo program;  // its options are those of every command
  std::vector<CommandInfo> commands;
};

// Without what the help hides.
CommandTree read_command_tree(const CLI::App& app);

}  // namespace forge::cli

#endif  // FORGE_HOST_CLI_COMMAND_TREE_HPP_
