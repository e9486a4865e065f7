#include "core/text/chat_traits.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace forge::text {
namespace {

using jinja::Data;

constexpr std::string_view kName = "probe_name";
constexpr std::string_view kKey = "probe_key";
constexpr std::string_view kValue = "probe_value";
constexpr std::string_view kText = "probe_text";

// What a template made of a conversation; nothing when it raised an error.
class Outcome {
 public:
  Outcome(const jinja::Template& parsed, Data variables, Data messages) {
    variables.set("messages", std::move(messages));
    variables.set("add_generation_prompt", false);
    jinja::RenderOptions options;
    options.allow_mutation = true;
    options.limits.steps = 1'000'000;  // a probe must not take long
    options.limits.memory = std::size_t{16} << 20;
    auto rendered = parsed.render(variables, options);
    rendered_ = rendered.ok();
    if (rendered_) text_ = *std::move(rendered);
  }
  bool rendered() const { return rendered_; }
  bool has(std::string_view text) const { return text_.find(text) != std::string::npos; }

 private:
  bool rendered_ = false;
  std::string text_;
};

Data message(std::string_view role, Data content) {
  return Data::object({{"role", role}, {"content", std::move(content)}});
}

Data conversation(Data user_content) {
  return Data::Array{message("user", std::move(user_content))};
}

Data conversation_with_call(Data content, Data arguments) {
  Data function = Data::object({{"name", kName}, {"arguments", std::move(arguments)}});
  Data call =
      Data::object({{"id", "probe_id1"}, {"type", "function"}, {"function", std::move(function)}});
  Data assistant = message("assistant", std::move(content));
  assistant.set("tool_calls", Data::Array{std::move(call)});
  return Data::Array{message("user", kText), std::move(assistant)};
}

Data tools() {
  Data parameters = Data::object({{"type", "object"}, {"properties", Data::object({})}});
  Data function = Data::object(
      {{"name", kName}, {"description", kText}, {"parameters", std::move(parameters)}});
  return Data::Array{Data::object({{"type", "function"}, {"function", std::move(function)}})};
}

Data object_arguments() { return Data::object({{std::string(kKey), kValue}}); }
Data text_arguments() { return R"({"probe_key":"probe_value"})"; }

void find_argument_traits(ChatTraits& out, const jinja::Template& parsed, const Data& variables) {
  // Which content a message with calls has to have is not known yet: either will do.
  const auto works = [&](const Data& arguments, std::string_view proof) {
    for (const Data& content : {Data(), Data("")}) {
      const Outcome outcome(parsed, variables, conversation_with_call(content, arguments));
      if (outcome.has(proof) && outcome.has(kKey)) return true;
    }
    return false;
  };
  out.text_arguments = works(text_arguments(), R"("probe_key":"probe_value")");
  out.object_arguments = works(object_arguments(), kValue);
}

void find_call_content_traits(ChatTraits& out, const jinja::Template& parsed,
                              const Data& variables) {
  const Data arguments = out.object_arguments ? object_arguments() : text_arguments();
  const Outcome with_null(parsed, variables, conversation_with_call(Data(), arguments));
  const Outcome with_empty(parsed, variables, conversation_with_call("", arguments));
  // A template that drops the call, or prints "None", has not understood the message.
  const bool shows_calls = with_null.has(kKey) || with_empty.has(kKey);
  out.null_content =
      with_null.rendered() && !with_null.has("None") && (with_null.has(kKey) || !shows_calls);
  out.empty_content = with_empty.rendered() && (with_empty.has(kKey) || !shows_calls);
}

void find_content_traits(ChatTraits& out, const jinja::Template& parsed, const Data& variables) {
  const Data part = Data::object({{"type", "text"}, {"text", kText}});
  const Outcome with_text(parsed, variables, conversation(kText));
  const Outcome with_list(parsed, variables, conversation(Data::Array{part}));
  out.text_content = with_text.has(kText);
  // Printed as a whole, the part shows its other members too.
  out.list_content = with_list.has(kText) && !with_list.has("'type'") && !with_list.has("\"type\"");
}

// Python's json.dumps of a value, by way of the template language.
std::string to_json(const Data& value) {
  static const Result<jinja::Template> kPrinter = jinja::Template::parse("{{ value|tojson }}");
  const Data variables = Data::object({{"value", value}});
  auto text = kPrinter.ok() ? kPrinter.value().render(variables) : kPrinter.status();
  return text.ok() ? *std::move(text) : std::string();
}

void adapt_arguments(Data& arguments, const ChatTraits& traits) {
  if (const std::string* text = arguments.as_string()) {
    if (traits.text_arguments || !traits.object_arguments) return;
    auto parsed = Data::parse_json(*text);
    // Text that is no object is passed on: the template may still make something of it.
    if (parsed.ok() && parsed->as_object() != nullptr) arguments = *std::move(parsed);
  } else if (arguments.as_object() != nullptr && !traits.object_arguments &&
             traits.text_arguments) {
    arguments = to_json(arguments);
  }
}

void adapt_tool_calls(Data& message, const ChatTraits& traits) {
  Data* calls = message.find("tool_calls");
  Data::Array* array = calls != nullptr ? calls->as_array() : nullptr;
  if (array == nullptr) return;
  for (Data& call : *array) {
    Data* function = call.find("function");
    Data* arguments = (function != nullptr ? *function : call).find("arguments");
    if (arguments != nullptr) adapt_arguments(*arguments, traits);
  }
  // An OpenAI client leaves content out, or null, when there are only calls.
  Data* content = message.find("content");
  if (content == nullptr) {
    message.set("content", Data());
    content = message.find("content");
  }
  if (content->is_null() && !traits.null_content && traits.empty_content) *content = "";
  const std::string* text = content->as_string();
  if (text != nullptr && text->empty() && !traits.empty_content && traits.null_content) {
    *content = Data();
  }
}

// The text of a list of nothing but text parts, one line break between them; null otherwise.
Data joined_parts(const Data::Array& parts) {
  std::string out;
  for (const Data& part : parts) {
    const Data* text = part.find("text");
    const std::string* bytes = text != nullptr ? text->as_string() : part.as_string();
    if (bytes == nullptr) return Data();
    if (&part != &parts.front()) out += '\n';
    out += *bytes;
  }
  return out;
}

void adapt_content(Data& message, const ChatTraits& traits) {
  Data* content = message.find("content");
  if (content == nullptr) return;
  if (const Data::Array* parts = content->as_array()) {
    if (traits.list_content || !traits.text_content) return;
    Data joined = joined_parts(*parts);
    if (!joined.is_null()) *content = std::move(joined);
  } else if (content->as_string() != nullptr && !traits.text_content && traits.list_content) {
    *content = Data::Array{Data::object({{"type", "text"}, {"text", *content}})};
  }
}

}  // namespace

ChatTraits find_chat_traits(const jinja::Template& parsed, const jinja::Data& variables) {
  ChatTraits out;
  find_content_traits(out, parsed, variables);
  Data with_tools = variables;
  with_tools.set("tools", tools());
  find_argument_traits(out, parsed, with_tools);
  find_call_content_traits(out, parsed, with_tools);
  return out;
}

void adapt_messages(jinja::Data& messages, const ChatTraits& traits) {
  Data::Array* array = messages.as_array();
  if (array == nullptr) return;
  for (Data& message : *array) {
    adapt_content(message, traits);
    adapt_tool_calls(message, traits);
  }
}

}  // namespace forge::text
