// host/cli/chat_commands.hpp: the words with a slash that chat understands.
#ifndef FORGE_HOST_CLI_CHAT_COMMANDS_HPP_
#define FORGE_HOST_CLI_CHAT_COMMANDS_HPP_

#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/generation.hpp"
#include "host/chat/chat_session.hpp"

namespace forge::cli {

// What commands work on, and what they say back.
struct ChatContext {
  ChatSession& chat;
  engine::Engine* engine;
  Config& config;
  std::string pack;
  const engine::GenerationResult* last = nullptr;  // of the last answer; nullptr: none yet
};

struct ChatReply {
  enum class Then { kGoOn, kAnswerAgain, kQuit };
  Then then = Then::kGoOn;
  std::string text;  // to show, with newlines between lines; may be empty
};

// "/help", "/system", ...: for completion.
std::vector<std::string> chat_command_names();

// Runs a line that begins with a slash. Errors are for the person: a wrong word, a file that cannot
// be read; the chat goes on.
Result<ChatReply> run_chat_command(std::string_view line, ChatContext& context);

}  // namespace forge::cli

#endif  // FORGE_HOST_CLI_CHAT_COMMANDS_HPP_
