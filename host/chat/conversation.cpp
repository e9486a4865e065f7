#include "host/chat/conversation.hpp"

#include <fmt/core.h>

#include "core/config/text_file.hpp"
#include "core/text/chat_template_gguf.hpp"

namespace forge {
namespace {

// The template to use: the user's file, the model's own, or what its architecture knows.
Result<text::ChatTemplateSource> template_source(const engine::Model& model,
                                                 const ChatConfig& chat) {
  auto source = text::read_chat_template(model.file());
  if (!source.ok() && source.code() != Code::kNotFound) return std::move(source).status();
  text::ChatTemplateSource chosen;
  if (source.ok()) chosen = *source;
  if (!source.ok()) chosen.chat = model.chat_template();
  if (!chat.template_file.empty()) {
    FORGE_ASSIGN(chosen.chat, config::read_text_file(chat.template_file));
    chosen.tool_use.reset();
    chosen.name = chat.template_file;
  }
  return chosen;
}

}  // namespace

Result<PromptMaker> PromptMaker::create(std::shared_ptr<const engine::Model> model,
                                        const ChatConfig& config) {
  FORGE_TRY(model->tokenizer_status());
  FORGE_ASSIGN(text::ChatTemplateSource source, template_source(*model, config));
  PromptMaker maker(std::move(model), config.thinking);
  if (!source.chat.empty()) {
    FORGE_ASSIGN(text::ChatTemplate compiled, text::ChatTemplate::compile(std::move(source)));
    maker.template_ = std::make_shared<const text::ChatTemplate>(std::move(compiled));
  }
  return maker;
}

Status PromptMaker::require_template() const {
  if (has_template()) return {};
  return failed_precondition(
      fmt::format("'{}' has no chat template: it was not made for conversations. Give one with "
                  "--template-file, or continue a text with 'rocmforge run --raw'",
                  model_->file().path()));
}

Result<std::vector<std::int32_t>> PromptMaker::complete(std::string_view text) const {
  text::EncodeOptions options;
  options.parse_special = true;
  return model_->tokenizer().encode(text, options);
}

Result<std::vector<std::int32_t>> PromptMaker::chat(text::ChatRequest request) const {
  FORGE_TRY(require_template());
  if (thinking_ != "auto") {
    if (request.variables.find("enable_thinking") == nullptr)
      request.variables.set("enable_thinking", thinking_ == "on");
  }
  FORGE_ASSIGN(const std::string text, template_->render(request));
  text::EncodeOptions options;
  options.add_special = false;  // most templates print BOS themselves
  options.parse_special = true;
  const text::Tokenizer& tokenizer = model_->tokenizer();
  FORGE_ASSIGN(std::vector<std::int32_t> tokens, tokenizer.encode(text, options));
  const std::int32_t bos = tokenizer.vocab().role(text::TokenRole::kBos);
  if (tokenizer.vocab().add_bos() && (tokens.empty() || tokens.front() != bos))
    tokens.insert(tokens.begin(), bos);
  return tokens;
}

text::Data chat_message(std::string_view role, std::string_view content) {
  return text::Data::object({{"role", role}, {"content", content}});
}

}  // namespace forge
