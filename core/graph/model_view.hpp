// core/graph/model_view.hpp: an open GGUF file as an architecture plugin sees it.
#ifndef FORGE_CORE_GRAPH_MODEL_VIEW_HPP_
#define FORGE_CORE_GRAPH_MODEL_VIEW_HPP_

#include "core/gguf/file.hpp"
#include "core/graph/graph.hpp"
#include "forge/abi/arch.h"
#include "forge/sdk/status.hpp"

namespace forge::graph {

// forge_host_model_v1 over a file; both must outlive the calls that use get(). Thread-compatible.
class ModelView {
 public:
  explicit ModelView(const gguf::File& file);
  ModelView(const ModelView&) = delete;
  ModelView& operator=(const ModelView&) = delete;

  const forge_host_model_v1* get() const { return &record_; }

 private:
  forge_host_model_v1 record_;
};

// Lets the architecture build the file's graph. Tensors of the file that the graph does not use are
// logged as a warning: a sign of an architecture that knows less than the file needs.
Result<Graph> build_graph(const gguf::File& file, const forge_plugin_architecture_v1& architecture);

}  // namespace forge::graph

#endif  // FORGE_CORE_GRAPH_MODEL_VIEW_HPP_
