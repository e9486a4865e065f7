#include "host/cli/help.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "host/cli/terminal.hpp"

namespace forge::cli {
namespace {

constexpr std::size_t kColumn = 30;  // where descriptions begin

std::size_t columns_of(std::string_view text) { return display_width(text); }

// "  NAME        description", the description in its column, on its own line when NAME is long.
std::string entry(std::string_view name, std::string_view description, std::size_t width) {
  std::string out = fmt::format("  {}", name);
  const std::size_t used = columns_of(out);
  if (description.empty()) return out + "\n";
  if (used + 2 > kColumn) {
    out += "\n" + std::string(kColumn, ' ');
  } else {
    out.append(kColumn - used, ' ');
  }
  return out + wrap(description, kColumn, width) + "\n";
}

std::vector<const CLI::App*> visible_commands(const CLI::App& app) {
  return app.get_subcommands(
      [](const CLI::App* sub) { return !sub->get_name().empty() && !sub->get_group().empty(); });
}

// Options with a group, positionals or not, in the order they were declared.
std::vector<const CLI::Option*> visible_options(const CLI::App& app, bool positional) {
  return app.get_options([&](const CLI::Option* option) {
    return option->get_positional() == positional && !option->get_group().empty();
  });
}

std::string usage(const CLI::App& app) {
  std::string out = app.get_name();
  for (const CLI::App* parent = app.get_parent(); parent != nullptr;
       parent = parent->get_parent()) {
    out.insert(0, parent->get_name() + " ");
  }
  out = "Usage: " + out;
  if (!visible_commands(app).empty()) out += " COMMAND";
  out += " [OPTIONS]";
  for (const CLI::Option* option : visible_options(app, true)) {
    const std::string dots = option->get_expected_max() > 1 ? "..." : "";
    const std::string name = option->get_name(true) + dots;
    out += option->get_required() ? " " + name : " [" + name + "]";
  }
  return out + "\n";
}

std::string option_description(const CLI::Option& option) {
  std::string out = option.get_description();
  if (option.get_required() && !option.get_positional()) out += " (required)";
  return out;
}

std::string option_groups(const CLI::App& app, std::size_t width) {
  std::vector<std::string> groups;
  for (const CLI::Option* option : visible_options(app, false)) {
    if (std::ranges::find(groups, option->get_group()) == groups.end()) {
      groups.push_back(option->get_group());
    }
  }
  std::string out;
  for (const std::string& group : groups) {
    out += fmt::format("\n{}:\n", group);
    for (const CLI::Option* option : visible_options(app, false)) {
      if (option->get_group() != group) continue;
      out += entry(option_signature(*option), option_description(*option), width);
    }
  }
  return out;
}

std::string command_groups(const CLI::App& app, std::size_t width) {
  std::vector<std::string> groups;
  const auto commands = visible_commands(app);
  for (const CLI::App* command : commands) {
    if (std::ranges::find(groups, command->get_group()) == groups.end()) {
      groups.push_back(command->get_group());
    }
  }
  std::string out;
  for (const std::string& group : groups) {
    out += fmt::format("\n{}:\n", group);
    for (const CLI::App* command : commands) {
      if (command->get_group() == group) {
        out += entry(command->get_name(), command->get_description(), width);
      }
    }
  }
  return out;
}

// A subcommand's help names the options of the whole program in a few lines.
std::string global_options(const CLI::App& app, std::size_t width) {
  const CLI::App* root = app.get_parent();
  if (root == nullptr) return {};
  while (root->get_parent() != nullptr) root = root->get_parent();
  std::vector<std::string> names;
  for (const CLI::Option* option : visible_options(*root, false)) {
    if (option != root->get_help_ptr()) names.push_back("--" + option->get_lnames().front());
  }
  const std::string list =
      fmt::format("{}; see '{} --help'", fmt::join(names, ", "), root->get_name());
  return names.empty() ? std::string()
                       : fmt::format("\nOptions of every command:\n  {}\n", wrap(list, 2, width));
}

class Formatter : public CLI::FormatterBase {
 public:
  std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override {
    return help_text(*app, std::clamp<std::size_t>(terminal_width(stdout), 60, 100));
  }
};

}  // namespace

std::string wrap(std::string_view text, std::size_t indent, std::size_t width) {
  std::string out;
  std::size_t column = indent;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t length = columns_of(word);
    if (out.empty()) {
      column += length;
    } else if (column + 1 + length <= width) {
      out += ' ';
      column += 1 + length;
    } else {
      out += "\n" + std::string(indent, ' ');
      column = indent + length;
    }
    out += word;
  }
  return out;
}

std::string option_type(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  return type.substr(0, type.find(':'));
}

std::string option_signature(const CLI::Option& option) {
  if (option.get_positional()) return option.get_name(true);
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  const auto& long_names = option.get_lnames();
  for (const std::string& name : long_names) {
    // A switch and its opposite are one entry: --[no-]pin.
    const bool has_opposite = std::ranges::find(long_names, "no-" + name) != long_names.end();
    const bool is_opposite = name.starts_with("no-") &&
                             std::ranges::find(long_names, name.substr(3)) != long_names.end();
    if (!is_opposite) names.push_back((has_opposite ? "--[no-]" : "--") + name);
  }
  std::string out = fmt::format("{}", fmt::join(names, ", "));
  if (option.get_items_expected_max() > 0) out += " " + option_type(option);
  return out;
}

std::vector<std::string> option_choices(const CLI::Option& option) {
  const std::string type = option_type(option);
  if (option.get_items_expected_max() == 0 || type.find('|') == std::string::npos) return {};
  return CLI::detail::split(type, '|');
}

std::string help_text(const CLI::App& app, std::size_t width) {
  std::string out = wrap(app.get_description(), 0, width) + ".\n\n" + usage(app);
  const auto arguments = visible_options(app, true);
  if (!arguments.empty()) out += "\nArguments:\n";
  for (const CLI::Option* option : arguments) {
    out += entry(option->get_name(true), option_description(*option), width);
  }
  out += command_groups(app, width);
  out += option_groups(app, width);
  out += global_options(app, width);
  if (!app.get_footer().empty()) out += "\n" + app.get_footer();
  return out;
}

void add_examples(CLI::App& command, std::initializer_list<Example> examples) {
  std::string text = "Examples:\n";
  for (const Example& example : examples) {
    text += fmt::format("  # {}\n  {}\n", example.what, example.command);
  }
  command.footer(text);
}

void install_help(CLI::App& app) { app.formatter(std::make_shared<Formatter>()); }

}  // namespace forge::cli
