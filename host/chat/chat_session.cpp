#include "host/chat/chat_session.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "core/engine/scheduler.hpp"
#include "host/chat/generation_options.hpp"

namespace forge {
namespace {

// Whether the text of these tokens ends with the tag that opens a model's reasoning.
bool ends_with_think(const text::Tokenizer& tokenizer, const std::vector<std::int32_t>& tokens) {
  const std::size_t n = std::min<std::size_t>(tokens.size(), 8);
  auto tail = tokenizer.decode(std::span(tokens).last(n), {true, false});
  if (!tail.ok()) return false;
  const std::size_t end = tail->find_last_not_of(" \t\r\n");
  return end != std::string::npos &&
         std::string_view(*tail).substr(0, end + 1).ends_with("<think>");
}

// The later part of an answer that went on after older turns were forgotten.
void add(engine::GenerationResult& sum, const engine::GenerationResult& more) {
  sum.reason = more.reason;
  sum.stats.generated_tokens += more.stats.generated_tokens;
  sum.stats.total += more.stats.total;
}

}  // namespace

Result<std::unique_ptr<ChatSession>> ChatSession::create(engine::Engine& engine, PromptMaker maker,
                                                         const Config& config) {
  FORGE_TRY(maker.require_template());
  std::unique_ptr<ChatSession> chat(new ChatSession(engine, std::move(maker), config));
  FORGE_ASSIGN(chat->session_, engine::Session::open(engine));
  return chat;
}

Status ChatSession::attach(engine::Engine& engine) {
  detach();
  engine_ = &engine;
  FORGE_ASSIGN(session_, engine::Session::open(engine));
  return {};
}

Result<std::vector<std::int32_t>> ChatSession::render() const {
  text::ChatRequest request;
  text::Data::Array messages;
  if (!system_.empty()) messages.push_back(chat_message("system", system_));
  for (const ChatMessage& message : messages_)
    messages.push_back(chat_message(message.role, message.content));
  request.messages = std::move(messages);
  return maker_.chat(std::move(request));
}

// Forgets the first message of the user and all up to the next one; false when that is the last.
bool ChatSession::forget_oldest_turn() {
  const auto is_user = [](const ChatMessage& message) { return message.role == "user"; };
  const auto first = std::find_if(messages_.begin(), messages_.end(), is_user);
  if (first == messages_.end()) return false;
  const auto second = std::find_if(first + 1, messages_.end(), is_user);
  if (second == messages_.end()) return false;
  messages_.erase(messages_.begin(), second);
  ++forgotten_;
  return true;
}

// The conversation's tokens, with room for at least one token behind them and the answer so far.
Result<std::vector<std::int32_t>> ChatSession::prompt_that_fits(std::size_t n_answer) {
  const std::size_t n_ctx = engine_->n_ctx();
  FORGE_ASSIGN(std::vector<std::int32_t> prompt, render());
  if (prompt.size() + n_answer < n_ctx) return prompt;
  const std::size_t needed = prompt.size();
  if (config_.chat.when_full == "shift") {
    // A quarter of the context stays free, so that this does not happen again at the next token.
    while (prompt.size() + n_answer + n_ctx / 4 > n_ctx && forget_oldest_turn()) {
      FORGE_ASSIGN(prompt, render());
    }
    if (prompt.size() + n_answer < n_ctx) return prompt;
  }
  return resource_exhausted(fmt::format(
      "the conversation has {} tokens, but the context holds {}. /clear begins anew; a longer "
      "context (--context N) or --when-full shift, which forgets the oldest turns, avoids it",
      needed, n_ctx));
}

engine::GenerationResult ChatSession::run(std::vector<std::int32_t> prompt,
                                          std::vector<std::int32_t>& answer, std::string& text,
                                          const OnText& on_text) {
  engine::GenerationRequest request = generation_request(config_.sampling);
  request.prompt = std::move(prompt);
  if (request.max_tokens != 0)
    request.max_tokens -=
        static_cast<std::uint32_t>(std::min<std::size_t>(answer.size(), request.max_tokens - 1));
  return engine::generate(*engine_, *session_, std::move(request),
                          [&](const engine::GenerationEvent& event) {
                            if (event.token != nullptr) answer.push_back(event.token->token);
                            text += event.text;
                            return on_text(event.text);
                          });
}

Result<engine::GenerationResult> ChatSession::generate(const OnText& on_text) {
  std::vector<std::int32_t> ids;
  std::string text;
  engine::GenerationResult result;
  step_failed_ = false;
  for (bool first = true;; first = false) {
    FORGE_ASSIGN(std::vector<std::int32_t> prompt, prompt_that_fits(ids.size()));
    if (first) opened_thinking_ = ends_with_think(engine_->model().tokenizer(), prompt);
    prompt.insert(prompt.end(), ids.begin(), ids.end());
    engine::GenerationResult part = run(std::move(prompt), ids, text, on_text);
    step_failed_ = !part.status.ok();
    FORGE_TRY(part.status);
    if (first) {
      result = std::move(part);
    } else {
      add(result, part);
    }
    if (result.reason != engine::FinishReason::kContextFull) break;
    if (config_.chat.when_full != "shift" || !forget_oldest_turn()) break;
  }
  messages_.push_back({"assistant", std::move(text)});
  return result;
}

Result<engine::GenerationResult> ChatSession::generate_from(std::vector<ChatMessage> messages,
                                                            const OnText& on_text) {
  messages_.swap(messages);
  const std::size_t forgotten = forgotten_;
  auto result = generate(on_text);
  if (!result.ok()) {
    messages_.swap(messages);
    forgotten_ = forgotten;
  }
  return result;
}

Result<engine::GenerationResult> ChatSession::answer(std::string text, const OnText& on_text) {
  std::vector<ChatMessage> messages = messages_;
  messages.push_back({"user", std::move(text)});
  return generate_from(std::move(messages), on_text);
}

Result<engine::GenerationResult> ChatSession::regenerate(const OnText& on_text) {
  std::vector<ChatMessage> messages = messages_;
  if (!messages.empty() && messages.back().role == "assistant") messages.pop_back();
  if (messages.empty() || messages.back().role != "user")
    return failed_precondition("there is no message to answer again");
  return generate_from(std::move(messages), on_text);
}

}  // namespace forge
