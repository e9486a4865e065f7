// core/engine/model.hpp: an open model file and what was read from it; no weights loaded.
#ifndef FORGE_CORE_ENGINE_MODEL_HPP_
#define FORGE_CORE_ENGINE_MODEL_HPP_

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "core/gguf/file.hpp"
#include "core/graph/graph.hpp"
#include "core/plugin/registry.hpp"
#include "core/text/tokenizer/tokenizer.hpp"
#include "forge/sdk/status.hpp"

namespace forge::engine {

// Immutable; any thread. Outlives everything made from it.
class Model {
 public:
  // Opens the file, has the architecture's plugin build the graph, makes the tokenizer. An unknown
  // architecture is kUnimplemented and lists those that plugins build. A file without a usable
  // tokenizer still opens: tokenizer_status() says what is wrong.
  static Result<std::shared_ptr<const Model>> open(const std::string& path,
                                                   const plugin::PluginView& plugins);
  // The same for a file in memory, which must outlive the model; `name` stands for its path.
  static Result<std::shared_ptr<const Model>> from_memory(std::span<const std::byte> bytes,
                                                          const std::string& name,
                                                          const plugin::PluginView& plugins);

  const gguf::File& file() const { return file_; }
  const graph::Graph& graph() const { return graph_; }
  const forge_model_info_v1& info() const { return graph_.info; }
  const std::string& architecture() const { return architecture_; }
  // general.name, or the file's path.
  std::string name() const;

  Status tokenizer_status() const { return tokenizer_status_; }
  // Only when tokenizer_status() is ok.
  const text::Tokenizer& tokenizer() const { return *tokenizer_; }

  // The chat template's source: tokenizer.chat_template, or what the architecture's plugin knows;
  // "" when there is none.
  const std::string& chat_template() const { return chat_template_; }

 private:
  explicit Model(gguf::File file) : file_(std::move(file)) {}
  static Result<std::shared_ptr<const Model>> build(gguf::File file,
                                                    const plugin::PluginView& plugins);
  Status make_tokenizer(const forge_text_quirks_v1& quirks);

  gguf::File file_;
  std::string architecture_;
  graph::Graph graph_;
  Status tokenizer_status_;
  std::unique_ptr<text::Tokenizer> tokenizer_;
  std::string chat_template_;
};

}  // namespace forge::engine

#endif  // FORGE_CORE_ENGINE_MODEL_HPP_
