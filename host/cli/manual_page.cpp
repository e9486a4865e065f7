#include "host/cli/manual_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <sstream>

#include "core/config/schema.hpp"
#include "host/cli/exit_code.hpp"

namespace forge::cli {
namespace {

// Text as roff shows it unchanged: backslashes, hyphens that are to be copied, leading dots.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool line_start = out.empty() || out.back() == '\n';
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

std::string items(const std::vector<OptionInfo>& options) {
  std::string out;
  for (const OptionInfo& option : options) {
    out += fmt::format(".TP\n.B {}\n{}.\n", roff(option.signature), roff(option.help));
  }
  return out;
}

std::string synopsis(const CommandInfo& command) {
  std::string out = fmt::format(".B rocmforge {}\n[OPTIONS]", command.name);
  for (const OptionInfo& argument : command.arguments) out += " " + roff(argument.names.front());
  return out + "\n";
}

std::string examples(const CommandInfo& command) {
  if (command.examples.empty()) return {};
  return fmt::format(".PP\n.nf\n{}.fi\n", roff(command.examples));
}

std::string environment() {
  std::string out = ".SH ENVIRONMENT\n.TP\n.B FORGE_CONFIG\nConfiguration file to read.\n";
  for (const config::Key& key : config::keys()) {
    if (key.environment.empty()) continue;
    out += fmt::format(".TP\n.B {}\nSets {}: {}.\n", roff(key.environment), roff(key.full_name()),
                       roff(key.help));
  }
  return out + ".TP\n.B NO_COLOR\nNo colours, also on a terminal.\n";
}

std::string exit_codes() {
  std::string out = ".SH EXIT STATUS\n";
  for (const ExitCodeInfo& info : kExitCodes) {
    std::string meaning = roff(info.meaning);
    meaning[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(meaning[0])));
    out += fmt::format(".TP\n.B {}\n{}.\n", static_cast<int>(info.code), meaning);
  }
  return out;
}

std::string without_indent(const std::string& text) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    out += line.substr(std::min(line.find_first_not_of(' '), line.size())) + "\n";
  }
  return out;
}

std::string markdown_items(const std::vector<OptionInfo>& options) {
  std::string out;
  for (const OptionInfo& option : options) {
    if (option.names.back() != "--help") {
      out += fmt::format("- `{}`: {}\n", option.signature, option.help);
    }
  }
  return out.empty() ? out : out + "\n";
}

// "  # What\n  command\n" of the help, as a block of code.
std::string markdown_examples(const std::string& examples) {
  const std::size_t first = examples.find("  # ");
  return first == std::string::npos
             ? std::string()
             : fmt::format("```sh\n{}```\n", without_indent(examples.substr(first)));
}

constexpr std::string_view kTail = R"(.SH FILES
.TP
.I $XDG_CONFIG_HOME/rocmforge/config.toml
The user's configuration, read when no other is named; without that variable
.IR ~/.config/rocmforge/config.toml .
)";

}  // namespace

std::string manual_page(const CommandTree& tree, std::string_view version) {
  std::string out = fmt::format(
      ".TH ROCMFORGE 1 \"\" \"rocmforge {}\"\n.SH NAME\nrocmforge \\- {}\n.SH SYNOPSIS\n"
      ".B rocmforge\nCOMMAND [OPTIONS] ...\n.SH DESCRIPTION\n{}.\n",
      version, roff(tree.program.help), roff(tree.program.help));
  out += ".SH OPTIONS OF EVERY COMMAND\n" + items(tree.program.options);
  for (const CommandInfo& command : tree.commands) {
    out += fmt::format(".SH {}\n{}.PP\n{}.\n", roff(command.name), synopsis(command),
                       roff(command.help));
    out += items(command.arguments) + items(command.options) + examples(command);
  }
  return out + environment() + std::string(kTail) + exit_codes();
}

std::string markdown_commands(const CommandTree& tree) {
  std::string out;
  for (const CommandInfo& command : tree.commands) {
    out += fmt::format("\n## {}\n\n    rocmforge {} [OPTIONS]", command.name, command.name);
    for (const OptionInfo& argument : command.arguments) out += " " + argument.names.front();
    out += fmt::format("\n\n{}.\n\n", command.help);
    out += markdown_items(command.arguments) + markdown_items(command.options);
    out += markdown_examples(command.examples);
  }
  return out;
}

}  // namespace forge::cli
