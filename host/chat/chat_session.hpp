// host/chat/chat_session.hpp: a conversation with a model, turn by turn.
#ifndef FORGE_HOST_CHAT_CHAT_SESSION_HPP_
#define FORGE_HOST_CHAT_CHAT_SESSION_HPP_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.hpp"
#include "core/engine/generation.hpp"
#include "core/engine/session.hpp"
#include "forge/sdk/status.hpp"
#include "host/chat/conversation.hpp"

namespace forge {

struct ChatMessage {
  std::string role;  // "user", "assistant"
  std::string content;
  bool operator==(const ChatMessage&) const = default;
};

// Keeps the messages and, in the engine, the state of what was evaluated, so that a turn costs its
// new tokens only. Single thread, together with its engine.
class ChatSession {
 public:
  // Pieces of the answer as they come; false stops the answer, and what came so far is kept.
  using OnText = std::function<bool(std::string_view)>;

  // `maker` must have a template. `config` is borrowed and read at every turn: changing its
  // sampling and chat sections between turns is how settings change.
  static Result<std::unique_ptr<ChatSession>> create(engine::Engine& engine, PromptMaker maker,
                                                     const Config& config);

  // One turn. When the context is full, config.chat.when_full decides: "stop" is
  // kResourceExhausted that says what can be done, "shift" forgets the oldest turns. After an error
  // the conversation is as before.
  Result<engine::GenerationResult> answer(std::string text, const OnText& on_text);

  // Answers the last message of the user once more. kFailedPrecondition when there is none.
  Result<engine::GenerationResult> regenerate(const OnText& on_text);

  // Whether the prompt of the turn that is being answered left the model in the middle of its
  // reasoning: the template opened "<think>". Valid inside on_text.
  bool opened_thinking() const { return opened_thinking_; }

  // The last answer ended because the engine failed: another one could give it.
  bool step_failed() const { return step_failed_; }
  // Lets go of the engine's state, before the engine goes; and goes on with another engine of the
  // same model. Messages stay.
  void detach() { session_.reset(); }
  Status attach(engine::Engine& engine);

  // Forgets all messages; the system prompt stays.
  void clear() { messages_.clear(); }
  const std::vector<ChatMessage>& messages() const { return messages_; }
  void set_system(std::string text) { system_ = std::move(text); }
  const std::string& system() const { return system_; }
  // Turns forgotten so far because the context was full.
  std::size_t forgotten_turns() const { return forgotten_; }
  // Positions in use, of engine().n_ctx().
  std::size_t used_positions() const { return session_->tokens().size(); }

  // The conversation as a JSON file, and beside it (path + ".state") the model's state, so that
  // going on costs nothing.
  Status save(const std::string& path);
  // The other way round. A state that is missing or belongs to another model or pack only costs
  // time: the note says so. An error leaves the conversation as it was.
  Result<std::string> load(const std::string& path);

 private:
  ChatSession(engine::Engine& engine, PromptMaker maker, const Config& config)
      : engine_(&engine), maker_(std::move(maker)), config_(config), system_(config.chat.system) {}

  Result<std::vector<std::int32_t>> render() const;
  Result<std::vector<std::int32_t>> prompt_that_fits(std::size_t n_answer);
  bool forget_oldest_turn();
  Result<engine::GenerationResult> generate(const OnText& on_text);
  Result<engine::GenerationResult> generate_from(std::vector<ChatMessage> messages,
                                                 const OnText& on_text);
  engine::GenerationResult run(std::vector<std::int32_t> prompt, std::vector<std::int32_t>& answer,
                               std::string& text, const OnText& on_text);

  engine::Engine* engine_;
  PromptMaker maker_;
  const Config& config_;
  std::unique_ptr<engine::Session> session_;
  std::string system_;
  std::vector<ChatMessage> messages_;
  std::size_t forgotten_ = 0;
  bool opened_thinking_ = false;
  bool step_failed_ = false;
};

}  // namespace forge

#endif  // FORGE_HOST_CHAT_CHAT_SESSION_HPP_
