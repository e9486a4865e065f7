#include "core/text/chat_template.hpp"

#include <fmt/format.h>

#include "core/base/guard.hpp"

namespace forge::text {
namespace {

// What the model itself puts into every rendering.
Data model_variables(const ChatTemplateSource& source) {
  Data out = Data::object({});
  if (source.bos_token) out.set("bos_token", *source.bos_token);
  if (source.eos_token) out.set("eos_token", *source.eos_token);
  return out;
}

Status check_messages(const Data& messages) {
  const Data::Array* array = messages.as_array();
  if (array == nullptr) {
    return invalid_argument(
        fmt::format("'messages' must be an array of messages, not {}", messages.type_name()));
  }
  for (std::size_t i = 0; i < array->size(); ++i) {
    const Data& message = (*array)[i];
    if (message.as_object() == nullptr) {
      return invalid_argument(
          fmt::format("messages[{}] must be an object, not {}", i, message.type_name()));
    }
    const Data* role = message.find("role");
    if (role == nullptr) {
      return invalid_argument(fmt::format("messages[{}] has no 'role'", i));
    }
    if (role->as_string() == nullptr) {
      return invalid_argument(
          fmt::format("messages[{}].role must be a string, not {}", i, role->type_name()));
    }
  }
  return {};
}

Status check_request(const ChatRequest& request) {
  FORGE_TRY(check_messages(request.messages));
  if (!request.tools.is_null() && request.tools.as_array() == nullptr) {
    return invalid_argument(
        fmt::format("'tools' must be an array of tools, not {}", request.tools.type_name()));
  }
  if (!request.variables.is_null() && request.variables.as_object() == nullptr) {
    return invalid_argument(
        fmt::format("the variables must be an object, not {}", request.variables.type_name()));
  }
  return {};
}

bool has_tools(const ChatRequest& request) {
  const Data::Array* tools = request.tools.as_array();
  return tools != nullptr && !tools->empty();
}

}  // namespace

ChatTemplate::ChatTemplate(Compiled chat, std::optional<Compiled> tool_use,
                           ChatTemplateSource source)
    : chat_(std::move(chat)), tool_use_(std::move(tool_use)), source_(std::move(source)) {}

Result<ChatTemplate::Compiled> ChatTemplate::compile_one(const std::string& source,
                                                         const std::string& name,
                                                         const Data& variables) {
  FORGE_ASSIGN(jinja::Template parsed, jinja::Template::parse(source, name));
  const ChatTraits traits = find_chat_traits(parsed, variables);
  return Compiled{std::move(parsed), traits};
}

Result<ChatTemplate> ChatTemplate::compile(ChatTemplateSource source) {
  return guarded([&]() -> Result<ChatTemplate> {
    const Data variables = model_variables(source);
    FORGE_ASSIGN(Compiled chat, compile_one(source.chat, source.name, variables));
    std::optional<Compiled> tool_use;
    if (source.tool_use) {
      FORGE_ASSIGN(tool_use, compile_one(*source.tool_use, source.name + " (tool_use)", variables));
    }
    return ChatTemplate(std::move(chat), std::move(tool_use), std::move(source));
  });
}

const ChatTemplate::Compiled& ChatTemplate::choose(bool with_tools) const {
  return with_tools && tool_use_ ? *tool_use_ : chat_;
}

const ChatTraits& ChatTemplate::traits(bool with_tools) const { return choose(with_tools).traits; }

Result<std::string> ChatTemplate::render(const ChatRequest& request, ChatForm form) const {
  return guarded([&]() -> Result<std::string> {
    FORGE_TRY(check_request(request));
    const bool with_tools = has_tools(request);
    const Compiled& chosen = choose(with_tools);
    Data variables = model_variables(source_);
    variables.set("messages", request.messages);
    // An engine's client that has no tools may well send an empty list.
    const bool shows_tools = form == ChatForm::kExact ? !request.tools.is_null() : with_tools;
    if (shows_tools) variables.set("tools", request.tools);
    variables.set("add_generation_prompt", request.add_generation_prompt);
    if (const Data::Object* more = request.variables.as_object()) {
      for (const Data::Member& member : *more) variables.set(member.key, member.value);
    }
    jinja::RenderOptions options;
    options.now = request.now;
    if (form == ChatForm::kAdapted) {
      adapt_messages(*variables.find("messages"), chosen.traits);
      options.allow_mutation = true;
    }
    return chosen.parsed.render(variables, options);
  });
}

}  // namespace forge::text
