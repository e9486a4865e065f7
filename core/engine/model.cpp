#include "core/engine/model.hpp"

#include <fmt/core.h>

#include "core/base/host_services.hpp"
#include "core/codec/host_codecs.hpp"
#include "core/gguf/codec_types.hpp"
#include "core/graph/model_view.hpp"
#include "core/text/tokenizer/vocab_source.hpp"

namespace forge::engine {
namespace {

Result<const plugin::RegisteredArchitecture*> find_architecture(const std::string& name,
                                                                const plugin::PluginView& plugins) {
  const plugin::RegisteredArchitecture* found = plugins.architecture(name);
  if (found != nullptr) return found;
  std::string known;
  for (const plugin::RegisteredArchitecture& a : plugins.architectures())
    known += (known.empty() ? "" : ", ") + a.name;
  return unimplemented(
      fmt::format("no plugin builds the architecture '{}'; available: {}. 'rocmforge plugins' "
                  "shows where plugins are "
                  "looked for",
                  name, known.empty() ? "none" : known));
}

Result<forge_text_quirks_v1> ask_quirks(const gguf::File& file,
                                        const forge_plugin_architecture_v1& architecture) {
  forge_text_quirks_v1 quirks = {};
  quirks.struct_size = sizeof(quirks);
  quirks.add_bos = -1;
  if (architecture.text_quirks == nullptr) return quirks;
  const graph::ModelView view(file);
  forge_message message;
  const forge_status code = architecture.text_quirks(view.get(), &quirks, &message);
  FORGE_TRY(from_abi(code, message));
  return quirks;
}

}  // namespace

Result<std::shared_ptr<const Model>> Model::open(const std::string& path,
                                                 const plugin::PluginView& plugins) {
  FORGE_ASSIGN(gguf::File file,
               gguf::File::open(path, {gguf::codec_types(process_codecs().view())}));
  return build(std::move(file), plugins);
}

Result<std::shared_ptr<const Model>> Model::from_memory(std::span<const std::byte> bytes,
                                                        const std::string& name,
                                                        const plugin::PluginView& plugins) {
  FORGE_ASSIGN(gguf::File file,
               gguf::File::from_memory(bytes, name, {gguf::codec_types(process_codecs().view())}));
  return build(std::move(file), plugins);
}

Result<std::shared_ptr<const Model>> Model::build(gguf::File file,
                                                  const plugin::PluginView& plugins) {
  auto model = std::shared_ptr<Model>(new Model(std::move(file)));
  FORGE_ASSIGN(const std::string_view name,
               model->file_.metadata().get_string("general.architecture"));
  model->architecture_ = name;
  FORGE_ASSIGN(const plugin::RegisteredArchitecture* found,
               find_architecture(model->architecture_, plugins));
  FORGE_ASSIGN(model->graph_, graph::build_graph(model->file_, *found->architecture));
  FORGE_ASSIGN(const forge_text_quirks_v1 quirks, ask_quirks(model->file_, *found->architecture));
  model->tokenizer_status_ = model->make_tokenizer(quirks);
  FORGE_ASSIGN(
      const std::string_view chat_template,
      model->file_.metadata().get_string_or(
          "tokenizer.chat_template", quirks.chat_template == nullptr ? "" : quirks.chat_template));
  model->chat_template_ = chat_template;
  return std::shared_ptr<const Model>(std::move(model));
}

Status Model::make_tokenizer(const forge_text_quirks_v1& quirks) {
  FORGE_ASSIGN(text::VocabSource source, text::read_vocab_source(file_.metadata()));
  if (source.pre.empty() && quirks.pre_tokenizer != nullptr) source.pre = quirks.pre_tokenizer;
  if (!source.add_bos && quirks.add_bos >= 0) source.add_bos = quirks.add_bos != 0;
  FORGE_ASSIGN(text::Vocab vocab, text::Vocab::create(std::move(source)));
  if (vocab.size() > graph_.info.n_vocab)
    return invalid_argument(
        fmt::format("the tokenizer has {} tokens, but the model's embedding table only {} rows",
                    vocab.size(), graph_.info.n_vocab));
  FORGE_ASSIGN(tokenizer_, text::Tokenizer::create(std::move(vocab)));
  return {};
}

std::string Model::name() const {
  const auto name = file_.metadata().get_string_or("general.name", file_.path());
  return std::string(name.ok() ? *name : std::string_view(file_.path()));
}

}  // namespace forge::engine
