// core/text/chat_template.hpp: turns a conversation into the text a model continues.
#ifndef FORGE_CORE_TEXT_CHAT_TEMPLATE_HPP_
#define FORGE_CORE_TEXT_CHAT_TEMPLATE_HPP_

#include <optional>
#include <string>

#include "core/text/chat_traits.hpp"
#include "core/text/jinja/data.hpp"
#include "core/text/jinja/template.hpp"
#include "forge/sdk/status.hpp"

namespace forge::text {

using jinja::Data;
using jinja::DateTime;

// What a model says about its chat format.
struct ChatTemplateSource {
  std::string chat;                      // tokenizer.chat_template
  std::optional<std::string> tool_use;   // tokenizer.chat_template.tool_use
  std::optional<std::string> bos_token;  // texts of the tokens, as the template prints them
  std::optional<std::string> eos_token;
  std::string name = "chat template";  // in messages
};

// Whose habits the messages of a request follow.
enum class ChatForm {
  // Clients of the OpenAI API, whose tool calls carry their arguments as JSON text and whose
  // content may be null or a list of parts. What the template cannot take in the form it has is
  // brought into one it can (see ChatTraits); and lists of the template can be appended to, which
  // some templates do. What an engine wants.
  kAdapted,
  // Already as the template wants them. The rendering equals that of transformers, byte for byte
  // and error for error.
  kExact,
};

// One conversation to render.
struct ChatRequest {
  Data messages;                      // objects with a "role", in an array
  Data tools;                         // an array, or null: then the template does not see `tools`
  bool add_generation_prompt = true;  // end where the assistant's answer begins
  Data variables;                     // more variables, an object or null: enable_thinking, ...
  std::optional<DateTime> now;        // for strftime_now; the time of the call when empty
};

// A model's chat templates. Immutable: any thread may render at any time.
class ChatTemplate {
 public:
  // Parses the templates and finds out what they can take, by rendering a few tiny conversations.
  // invalid_argument or resource_exhausted with line and column when one cannot be parsed.
  static Result<ChatTemplate> compile(ChatTemplateSource source);

  // The prompt. With tools, the tool_use template is used when the model has one. Errors:
  // invalid_argument for messages that are none (the message says which and why) and for whatever
  // the template rejects, with line, column and source line; resource_exhausted when it costs too
  // much.
  Result<std::string> render(const ChatRequest& request, ChatForm form = ChatForm::kAdapted) const;

  // What the template for conversations with or without tools can take.
  const ChatTraits& traits(bool with_tools) const;

 private:
  struct Compiled {
    jinja::Template parsed;
    ChatTraits traits;
  };
  ChatTemplate(Compiled chat, std::optional<Compiled> tool_use, ChatTemplateSource source);
  static Result<Compiled> compile_one(const std::string& source, const std::string& name,
                                      const Data& variables);
  const Compiled& choose(bool with_tools) const;

  Compiled chat_;
  std::optional<Compiled> tool_use_;
  ChatTemplateSource source_;
};

}  // namespace forge::text

#endif  // FORGE_CORE_TEXT_CHAT_TEMPLATE_HPP_
