#include "host/cli/completion_script.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>

namespace forge::cli {
namespace {

using OptionValue = OptionInfo::Value;

std::string escape(std::string_view text, std::string_view special, std::string_view lead) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) out += lead;
    out += c;
  }
  return out;
}

// 'text' for a shell; a quote inside ends, escapes and reopens the quotation.
std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out += '\'';
}

std::vector<std::string> option_names(const CommandInfo& command) {
  std::vector<std::string> names;
  for (const OptionInfo& option : command.options) {
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return names;
}

std::vector<std::string> command_names(const CommandTree& tree) {
  std::vector<std::string> names;
  names.reserve(tree.commands.size());
  for (const CommandInfo& command : tree.commands) names.push_back(command.name);
  return names;
}

// ---------------------------------------------------------------- bash

std::string bash_values(const OptionInfo& option) {
  switch (option.value) {
    case OptionValue::kFile:
      return "_rocmforge_paths -f";
    case OptionValue::kDirectory:
      return "_rocmforge_paths -d";
    case OptionValue::kChoice:
      return fmt::format("_rocmforge_words {}",
                         single_quoted(fmt::to_string(fmt::join(option.choices, " "))));
    default:
      return ":";
  }
}

// Lines of a case statement over "COMMAND:OPTION" for the options that take a value.
std::string bash_option_cases(const CommandInfo& command, std::string_view prefix) {
  std::string out;
  for (const OptionInfo& option : command.options) {
    if (option.value == OptionValue::kNone) continue;
    std::string pattern;
    for (const std::string& name : option.names) {
      pattern += fmt::format("{}{}:{}", pattern.empty() ? "" : "|", prefix, name);
    }
    out += fmt::format("    {}) {}; return ;;\n", pattern, bash_values(option));
  }
  return out;
}

constexpr std::string_view kBashHead =
    R"(# bash completion of rocmforge, made by 'rocmforge completion bash'.
_rocmforge_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }
_rocmforge_paths() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "$1" -- "$cur")
}
_rocmforge() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command='' i
  COMPREPLY=()
  # Bash splits --option=value at the '='.
  if [[ $cur == = ]]; then
    cur=''
  elif [[ $prev == = && COMP_CWORD -gt 2 ]]; then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
  fi
)";

}  // namespace

std::string bash_completion(const CommandTree& tree) {
  const std::vector<std::string> commands = command_names(tree);
  std::string out(kBashHead);
  out += "  for ((i = 1; i < COMP_CWORD; i++)); do\n    case ${COMP_WORDS[i]} in\n";
  out += fmt::format("      {}) command=${{COMP_WORDS[i]}}; break ;;\n    esac\n  done\n",
                     fmt::join(commands, "|"));
  out += "  case $command:$prev in\n" + bash_option_cases(tree.program, "*");
  for (const CommandInfo& command : tree.commands) out += bash_option_cases(command, command.name);
  out += "  esac\n  if [[ $cur == -* ]]; then\n    case $command in\n";
  const std::string global = fmt::to_string(fmt::join(option_names(tree.program), " "));
  for (const CommandInfo& command : tree.commands) {
    out += fmt::format("      {}) _rocmforge_words '{} {}' ;;\n", command.name,
                       fmt::join(option_names(command), " "), global);
  }
  out += fmt::format("      *) _rocmforge_words '{}' ;;\n    esac\n    return\n  fi\n", global);
  out += fmt::format("  case $command in\n    '') _rocmforge_words '{}' ;;\n",
                     fmt::join(commands, " "));
  for (const CommandInfo& command : tree.commands) {
    for (const OptionInfo& argument : command.arguments) {
      if (argument.value == OptionValue::kAny) continue;
      out += fmt::format("    {}) {} ;;\n", command.name, bash_values(argument));
      break;
    }
  }
  return out += "  esac\n}\ncomplete -F _rocmforge rocmforge\n";
}

// ---------------------------------------------------------------- zsh

namespace {

std::string zsh_action(const OptionInfo& option) {
  switch (option.value) {
    case OptionValue::kFile:
      return "_files";
    case OptionValue::kDirectory:
      return "_files -/";
    case OptionValue::kChoice:
      return fmt::format("({})", fmt::join(option.choices, " "));
    default:
      return " ";
  }
}

// One argument of _arguments for each name of the option.
std::string zsh_option(const OptionInfo& option) {
  const std::string help = escape(option.help, "[]:\\", "\\");
  std::string out;
  for (const std::string& name : option.names) {
    const bool is_long = name.starts_with("--");
    std::string spec = option.repeats ? "*" : fmt::format("({})", fmt::join(option.names, " "));
    spec += name;
    if (option.value != OptionValue::kNone) spec += is_long ? "=" : "+";
    spec += fmt::format("[{}]", help);
    if (option.value != OptionValue::kNone) {
      spec += fmt::format(":{}:{}", escape(option.value_name, ":", "\\"), zsh_action(option));
    }
    out += fmt::format(" \\\n        {}", single_quoted(spec));
  }
  return out;
}

std::string zsh_arguments(const CommandInfo& command) {
  std::string out;
  for (const OptionInfo& argument : command.arguments) {
    out += fmt::format(" \\\n        {}",
                       single_quoted(fmt::format("{}:{}:{}", argument.repeats ? "*" : "",
                                                 escape(argument.names.front(), ":", "\\"),
                                                 zsh_action(argument))));
  }
  return out;
}

}  // namespace

std::string zsh_completion(const CommandTree& tree) {
  std::string global;
  for (const OptionInfo& option : tree.program.options) global += zsh_option(option);
  std::string out =
      "#compdef rocmforge\n# zsh completion of rocmforge, made by 'rocmforge completion zsh'.\n"
      "_rocmforge() {\n  local curcontext=$curcontext state line\n  local -a commands\n"
      "  commands=(\n";
  for (const CommandInfo& command : tree.commands) {
    out += fmt::format("    {}\n", single_quoted(fmt::format("{}:{}", command.name,
                                                             escape(command.help, ":\\", "\\"))));
  }
  out += fmt::format(
      "  )\n  _arguments -C{} \\\n        '1:command:->command' \\\n        "
      "'*::argument:->argument'\n"
      "  case $state in\n    command) _describe command commands ;;\n    argument)\n"
      "      case $words[1] in\n",
      global);
  for (const CommandInfo& command : tree.commands) {
    std::string options;
    for (const OptionInfo& option : command.options) options += zsh_option(option);
    out += fmt::format("      {}) _arguments{}{}{} ;;\n", command.name, options,
                       zsh_arguments(command), global);
  }
  return out +=
         "      esac ;;\n  esac\n}\n"
         "if [ \"$funcstack[1]\" = _rocmforge ]; then\n  _rocmforge \"$@\"\nelse\n"
         "  compdef _rocmforge rocmforge\nfi\n";
}

// ---------------------------------------------------------------- fish

namespace {

std::string fish_value(const OptionInfo& option) {
  switch (option.value) {
    case OptionValue::kNone:
      return "";
    case OptionValue::kFile:
      return " -r -F";
    case OptionValue::kDirectory:
      return " -x -a '(__fish_complete_directories)'";
    case OptionValue::kChoice:
      return fmt::format(" -x -a '{}'", fmt::join(option.choices, " "));
    default:
      return " -x";
  }
}

std::string fish_options(const CommandInfo& command, std::string_view condition) {
  std::string out;
  for (const OptionInfo& option : command.options) {
    out += fmt::format("complete -c rocmforge{}", condition);
    for (const std::string& name : option.names) {
      out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    }
    out += fmt::format("{} -d '{}'\n", fish_value(option), escape(option.help, "'\\", "\\"));
  }
  return out;
}

}  // namespace

std::string fish_completion(const CommandTree& tree) {
  std::string out =
      "# fish completion of rocmforge, made by 'rocmforge completion fish'.\n"
      "complete -c rocmforge -f\n";
  for (const CommandInfo& command : tree.commands) {
    out += fmt::format("complete -c rocmforge -n __fish_use_subcommand -a {} -d '{}'\n",
                       command.name, escape(command.help, "'\\", "\\"));
  }
  out += fish_options(tree.program, "");
  for (const CommandInfo& command : tree.commands) {
    const std::string condition = fmt::format(" -n '__fish_seen_subcommand_from {}'", command.name);
    out += fish_options(command, condition);
    for (const OptionInfo& argument : command.arguments) {
      if (argument.value == OptionValue::kFile) {
        out += fmt::format("complete -c rocmforge{} -F\n", condition);
      } else if (argument.value == OptionValue::kChoice) {
        out += fmt::format("complete -c rocmforge{} -a '{}'\n", condition,
                           fmt::join(argument.choices, " "));
      }
    }
  }
  return out;
}

}  // namespace forge::cli
