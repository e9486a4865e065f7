#include "host/codec_plugins.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "core/codec/host_codecs.hpp"

namespace forge {

CodecPlugins::CodecPlugins(const Config& config)
    : codecs_(process_codecs()), setup_(set_up_plugins(config)), loader_(setup_.options, codecs_) {
  std::vector<std::string> ids;
  for (const plugin::Candidate& candidate : setup_.selection.candidates()) {
    if (!candidate.accepted()) continue;
    const std::vector<plugin::Kind>& kinds = candidate.found.manifest->kinds;
    if (std::find(kinds.begin(), kinds.end(), plugin::Kind::kCodec) != kinds.end())
      ids.push_back(candidate.id());
  }
  // The selection logs why a plugin fails; the command goes on without it.
  for (const std::string& id : ids) static_cast<void>(loader_.load(setup_.selection, id));
}

}  // namespace forge
