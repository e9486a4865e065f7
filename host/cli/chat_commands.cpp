#include "host/cli/chat_commands.hpp"

#include <fmt/format.h>

#include <array>

#include "core/base/quote.hpp"
#include "core/base/suggest.hpp"
#include "core/config/schema.hpp"
#include "core/config/value.hpp"
#include "host/cli/stats_line.hpp"

namespace forge::cli {
namespace {

using Then = ChatReply::Then;

Result<ChatReply> help(std::string_view, ChatContext&);

Result<ChatReply> set_system(std::string_view argument, ChatContext& context) {
  if (argument.empty()) {
    const std::string& system = context.chat.system();
    return ChatReply{Then::kGoOn, system.empty() ? "no system prompt" : system};
  }
  const bool none = argument == "none";
  context.chat.set_system(none ? "" : std::string(argument));
  return ChatReply{Then::kGoOn, none ? "the system prompt is gone" : "the system prompt is set"};
}

Result<ChatReply> clear(std::string_view, ChatContext& context) {
  context.chat.clear();
  return ChatReply{Then::kGoOn, "the conversation begins anew"};
}

Result<ChatReply> stats(std::string_view, ChatContext& context) {
  std::string text =
      fmt::format("{} messages, {} of {} positions in use, {} on {}",
                  context.chat.messages().size(), context.chat.used_positions(),
                  context.engine->n_ctx(), context.engine->model().name(), context.pack);
  if (context.chat.forgotten_turns() != 0)
    text += fmt::format("; {} turns forgotten", context.chat.forgotten_turns());
  if (context.last != nullptr) text += "\nlast answer: " + stats_line(*context.last, context.pack);
  return ChatReply{Then::kGoOn, text};
}

Result<ChatReply> save(std::string_view argument, ChatContext& context) {
  if (argument.empty()) return invalid_argument("/save wants a file: /save talk.json");
  FORGE_TRY(context.chat.save(std::string(argument)));
  return ChatReply{Then::kGoOn, fmt::format("saved in {0} and {0}.state", argument)};
}

Result<ChatReply> load(std::string_view argument, ChatContext& context) {
  if (argument.empty()) return invalid_argument("/load wants a file: /load talk.json");
  FORGE_ASSIGN(const std::string note, context.chat.load(std::string(argument)));
  std::string text = fmt::format("{} messages loaded", context.chat.messages().size());
  if (!note.empty()) text += "; " + note;
  return ChatReply{Then::kGoOn, text};
}

Result<ChatReply> regenerate(std::string_view, ChatContext&) {
  return ChatReply{Then::kAnswerAgain, {}};
}

Result<ChatReply> quit(std::string_view, ChatContext&) { return ChatReply{Then::kQuit, {}}; }

// Keys that mean something once a model is loaded.
bool is_settable(const config::Key& key) {
  return key.section == "sampling" || key.full_name() == "chat.thinking" ||
         key.full_name() == "chat.show_thinking" || key.full_name() == "chat.show_stats" ||
         key.full_name() == "chat.when_full";
}

const config::Key* find_settable(std::string_view name) {
  for (const config::Key& key : config::keys()) {
    if (is_settable(key) && (key.name == name || key.full_name() == name)) return &key;
  }
  return nullptr;
}

std::string all_settings(const Config& config) {
  std::string text;
  for (const config::Key& key : config::keys()) {
    if (!is_settable(key)) continue;
    text += fmt::format("{}{} = {}", text.empty() ? "" : "\n", key.name,
                        config::to_toml(config::get(config, key)));
  }
  return text;
}

Result<ChatReply> set(std::string_view argument, ChatContext& context) {
  if (argument.empty()) return ChatReply{Then::kGoOn, all_settings(context.config)};
  const std::size_t end = argument.find_first_of(" =");
  const std::string_view name = argument.substr(0, end);
  const config::Key* key = find_settable(name);
  if (key == nullptr) {
    std::vector<std::string_view> names;
    for (const config::Key& k : config::keys()) {
      if (is_settable(k)) names.push_back(k.name);
    }
    return invalid_argument(fmt::format("there is no setting {}{}; /set lists them", quote(name),
                                        did_you_mean(name, names)));
  }
  if (end != std::string_view::npos) {
    const std::size_t begin = argument.find_first_not_of(" =", end);
    const std::string value(begin == std::string_view::npos ? "" : argument.substr(begin));
    FORGE_ASSIGN(config::Value parsed, config::parse_text(*key, {&value, 1}, key->name));
    config::set(context.config, *key, std::move(parsed));
  }
  return ChatReply{Then::kGoOn, fmt::format("{} = {}", key->name,
                                            config::to_toml(config::get(context.config, *key)))};
}

struct Command {
  std::string_view name, argument, help;
  Result<ChatReply> (*run)(std::string_view argument, ChatContext& context);
};

constexpr std::array kCommands = {
    Command{"/help", "", "This list", help},
    Command{"/system", "TEXT", "Sets the system prompt; 'none' removes it; alone shows it",
            set_system},
    Command{"/clear", "", "Forgets the conversation", clear},
    Command{"/stats", "", "Context in use and speed of the last answer", stats},
    Command{"/save", "FILE", "Writes the conversation and the model's state", save},
    Command{"/load", "FILE", "Goes on with a saved conversation", load},
    Command{"/regen", "", "Answers the last message once more", regenerate},
    Command{"/set", "NAME VALUE", "Changes a setting such as temperature; alone shows all", set},
    Command{"/quit", "", "Leaves, as Ctrl-D does", quit},
};

Result<ChatReply> help(std::string_view, ChatContext&) {
  std::string text;
  for (const Command& command : kCommands) {
    text += fmt::format("{:<17} {}\n", fmt::format("{} {}", command.name, command.argument),
                        command.help);
  }
  text += "A line that ends with \\ goes on in the next. Ctrl-C stops an answer, Ctrl-D leaves.";
  return ChatReply{Then::kGoOn, text};
}

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\n") - begin + 1);
}

}  // namespace

std::vector<std::string> chat_command_names() {
  std::vector<std::string> names;
  for (const Command& command : kCommands) names.emplace_back(command.name);
  return names;
}

Result<ChatReply> run_chat_command(std::string_view line, ChatContext& context) {
  line = trim(line);
  const std::size_t end = line.find_first_of(" \t\n");
  const std::string_view name = line.substr(0, end);
  const std::string_view argument = end == std::string_view::npos ? "" : trim(line.substr(end));
  std::vector<std::string_view> names;
  for (const Command& command : kCommands) {
    if (command.name == name) return command.run(argument, context);
    names.push_back(command.name);
  }
  const std::string meant = did_you_mean(name, names);
  return invalid_argument(fmt::format("there is no command {}{}", quote(name),
                                      meant.empty() ? "; /help lists them" : meant));
}

}  // namespace forge::cli
