#include "host/cli/command_tree.hpp"

#include <CLI/CLI.hpp>

#include "host/cli/help.hpp"

namespace forge::cli {
namespace {

OptionInfo::Value value_kind(const CLI::Option& option) {
  const std::string type = option_type(option);
  if (option.get_items_expected_max() == 0) return OptionInfo::Value::kNone;
  if (type == "FILE") return OptionInfo::Value::kFile;
  if (type == "DIR") return OptionInfo::Value::kDirectory;
  return option_choices(option).empty() ? OptionInfo::Value::kAny : OptionInfo::Value::kChoice;
}

OptionInfo read_option(const CLI::Option& option) {
  OptionInfo info;
  if (option.get_positional()) info.names.push_back(option.get_name(true));
  for (const std::string& name : option.get_snames()) info.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) info.names.push_back("--" + name);
  info.signature = option_signature(option);
  info.group = option.get_group();
  info.help = option.get_description();
  info.value = value_kind(option);
  info.value_name = option_type(option);
  info.choices = option_choices(option);
  info.repeats = option.get_expected_max() > 1;
  return info;
}

CommandInfo read_command(const CLI::App& app) {
  CommandInfo info{app.get_name(), app.get_description(), app.get_footer(), {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    (option->get_positional() ? info.arguments : info.options).push_back(read_option(*option));
  }
  return info;
}

}  // namespace

CommandTree read_command_tree(const CLI::App& app) {
  CommandTree tree{read_command(app), {}};
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!sub->get_name().empty() && !sub->get_group().empty()) {
      tree.commands.push_back(read_command(*sub));
    }
  }
  return tree;
}

}  // namespace forge::cli
