// core/text/chat_template_gguf.hpp: the chat templates that a GGUF file carries.
#ifndef FORGE_CORE_TEXT_CHAT_TEMPLATE_GGUF_HPP_
#define FORGE_CORE_TEXT_CHAT_TEMPLATE_GGUF_HPP_

#include "core/gguf/file.hpp"
#include "core/text/chat_template.hpp"

namespace forge::text {

// Reads tokenizer.chat_template, tokenizer.chat_template.tool_use and the texts of the tokens that
// begin and end a sequence. not_found: the file has no chat template.
Result<ChatTemplateSource> read_chat_template(const gguf::File& file);

}  // namespace forge::text

#endif  // FORGE_CORE_TEXT_CHAT_TEMPLATE_GGUF_HPP_
