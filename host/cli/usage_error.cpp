#include "host/cli/usage_error.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>
#include <vector>

#include "core/base/quote.hpp"
#include "core/base/suggest.hpp"

namespace forge::cli {
namespace {

std::string command_line_of(const CLI::App& app) {
  std::string out = app.get_name();
  for (const CLI::App* up = app.get_parent(); up != nullptr; up = up->get_parent()) {
    out.insert(0, up->get_name() + " ");
  }
  return out;
}

std::string see_help(const CLI::App& app) {
  return fmt::format("; see '{} --help'", command_line_of(app));
}

// All spellings of the options of `app` and of the commands above it.
std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
    for (const CLI::Option* option : at->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!sub->get_name().empty()) names.push_back(sub->get_name());
  }
  return names;
}

std::string suggestion(std::string_view wrong, const std::vector<std::string>& names,
                       const CLI::App& app) {
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string meant = did_you_mean(wrong, views);
  return meant.empty() ? see_help(app) : meant;
}

// A word that nothing took.
std::string unexpected(const CLI::App& app, const std::string& word) {
  if (word.starts_with('-') && word != "-") {
    const std::string name = word.substr(0, word.find('='));
    const std::vector<std::string> known = option_names(app);
    if (std::find(known.begin(), known.end(), name) != known.end())
      return fmt::format("option {} belongs behind '{}'", quote(name), command_line_of(app));
    return fmt::format("unknown option {}{}", quote(name), suggestion(name, known, app));
  }
  if (const auto commands = command_names(app); !commands.empty()) {
    return fmt::format("unknown command {}{}", quote(word), suggestion(word, commands, app));
  }
  return fmt::format("unexpected argument {}{}", quote(word), see_help(app));
}

}  // namespace

const CLI::App& innermost_command(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return *at;
}

std::string usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = innermost_command(app);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    const auto words = app.remaining(true);
    if (!words.empty()) return unexpected(command, words.front());
  }
  return printable(error.what()) + see_help(command);
}

}  // namespace forge::cli
