#include "core/text/chat_template_gguf.hpp"

#include <fmt/format.h>

#include <iterator>

#include "core/base/guard.hpp"

namespace forge::text {
namespace {

// The text of the token whose id the key holds; nothing when the file does not say.
Result<std::optional<std::string>> token_text(const gguf::Metadata& metadata,
                                              std::string_view key) {
  if (!metadata.contains(key) || !metadata.contains("tokenizer.ggml.tokens")) {
    return std::optional<std::string>();
  }
  FORGE_ASSIGN(const std::uint64_t id, metadata.get_u64(key));
  FORGE_ASSIGN(const gguf::StringArray tokens, metadata.get_strings("tokenizer.ggml.tokens"));
  std::uint64_t number = 0;
  for (const std::string_view text : tokens) {
    if (number++ == id) return std::optional<std::string>(text);
  }
  return invalid_argument(
      fmt::format("key '{}' names token {}, but the vocabulary has {} tokens; the file is damaged",
                  key, id, number));
}

}  // namespace

Result<ChatTemplateSource> read_chat_template(const gguf::File& file) {
  return guarded([&]() -> Result<ChatTemplateSource> {
    const gguf::Metadata& metadata = file.metadata();
    constexpr std::string_view kChat = "tokenizer.chat_template";
    constexpr std::string_view kToolUse = "tokenizer.chat_template.tool_use";
    if (!metadata.contains(kChat)) {
      return not_found(fmt::format(
          "'{}' has no chat template (key '{}'); it may be a base model, not one to chat with",
          file.path(), kChat));
    }
    ChatTemplateSource out;
    FORGE_ASSIGN(const std::string_view chat, metadata.get_string(kChat));
    out.chat = chat;
    if (metadata.contains(kToolUse)) {
      FORGE_ASSIGN(const std::string_view tool_use, metadata.get_string(kToolUse));
      out.tool_use = std::string(tool_use);
    }
    FORGE_ASSIGN(out.bos_token, token_text(metadata, "tokenizer.ggml.bos_token_id"));
    FORGE_ASSIGN(out.eos_token, token_text(metadata, "tokenizer.ggml.eos_token_id"));
    return out;
  });
}

}  // namespace forge::text
