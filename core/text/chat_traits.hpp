// core/text/chat_traits.hpp: which forms of messages a chat template can take.
//
// The OpenAI API has one form for every message; templates were written for others. Whether the
// arguments of a tool call have to be text or an object, whether content may be null, a text or a
// list of parts, differs from template to template and is written nowhere. So it is tried out.
#ifndef FORGE_CORE_TEXT_CHAT_TRAITS_HPP_
#define FORGE_CORE_TEXT_CHAT_TRAITS_HPP_

#include "core/text/jinja/data.hpp"
#include "core/text/jinja/template.hpp"

namespace forge::text {

// A value type.
struct ChatTraits {
  // tool_calls[].function.arguments as JSON text is printed as it is, not as a quoted string.
  bool text_arguments = false;
  bool object_arguments = true;
  // An assistant's message that only calls tools may have this content.
  bool null_content = true;
  bool empty_content = true;
  // Content may be a text; a list of {"type": "text", "text": ...}.
  bool text_content = true;
  bool list_content = false;

  bool operator==(const ChatTraits&) const = default;
};

// Renders small conversations with the template and looks at what comes out. `variables` are the
// model's, such as bos_token.
ChatTraits find_chat_traits(const jinja::Template& parsed, const jinja::Data& variables);

// Brings messages (an array of objects) into a form the template can take: parses or prints
// arguments, turns null content into "" or the other way round, joins the texts of a list with
// line breaks or makes a list of a text. What fits, stays as it is, byte for byte.
void adapt_messages(jinja::Data& messages, const ChatTraits& traits);

}  // namespace forge::text

#endif  // FORGE_CORE_TEXT_CHAT_TRAITS_HPP_
