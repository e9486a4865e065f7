// host/chat/conversation.hpp: messages, and the prompt a model makes of them.
#ifndef FORGE_HOST_CHAT_CONVERSATION_HPP_
#define FORGE_HOST_CHAT_CONVERSATION_HPP_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.hpp"
#include "core/engine/model.hpp"
#include "core/text/chat_template.hpp"
#include "forge/sdk/status.hpp"

namespace forge {

// Turns text and conversations into a model's tokens. Immutable; any thread.
class PromptMaker {
 public:
  // The model's tokenizer must be usable. The template is that of chat.template_file, else the
  // model's.
  static Result<PromptMaker> create(std::shared_ptr<const engine::Model> model,
                                    const ChatConfig& config);

  bool has_template() const { return template_ != nullptr; }
  // kFailedPrecondition that says what to do, when there is no template.
  Status require_template() const;

  // Text as it is, with the tokens the model wants around a text.
  Result<std::vector<std::int32_t>> complete(std::string_view text) const;

  // A conversation, rendered and tokenized; begins with BOS exactly once where the model wants one.
  Result<std::vector<std::int32_t>> chat(text::ChatRequest request) const;

 private:
  PromptMaker(std::shared_ptr<const engine::Model> model, std::string thinking)
      : model_(std::move(model)), thinking_(std::move(thinking)) {}

  std::shared_ptr<const engine::Model> model_;
  std::shared_ptr<const text::ChatTemplate> template_;
  std::string thinking_;  // "auto", "on", "off"
};

// {"role": role, "content": content}
text::Data chat_message(std::string_view role, std::string_view content);

}  // namespace forge

#endif  // FORGE_HOST_CHAT_CONVERSATION_HPP_
