#include "core/plugin/registry.hpp"

#include <algorithm>
#include <utility>

#include "core/base/log.hpp"
#include "core/base/quote.hpp"

namespace forge::plugin {
namespace {

// Place in the ranking; behind all others when it is not there.
std::ptrdiff_t place(const std::vector<std::string>& ranking, std::string_view id) {
  return std::find(ranking.begin(), ranking.end(), id) - ranking.begin();
}

}  // namespace

const RegisteredPack* PluginView::kernel_pack(std::string_view id) const {
  const auto found = std::find_if(packs_.begin(), packs_.end(),
                                  [id](const RegisteredPack& pack) { return pack.id == id; });
  return found == packs_.end() ? nullptr : &*found;
}

const RegisteredArchitecture* PluginView::architecture(std::string_view name) const {
  const auto found =
      std::find_if(architectures_.begin(), architectures_.end(),
                   [name](const RegisteredArchitecture& a) { return a.name == name; });
  return found == architectures_.end() ? nullptr : &*found;
}

Status PluginRegistry::add(const Candidate& candidate, const Instance& instance,
                           const std::vector<std::string>& ranking) {
  if (instance.codecs != nullptr) {
    FORGE_TRY(codecs_.add_all(instance.codecs, candidate.id()));
  }
  if (instance.kernel_pack != nullptr) {
    RegisteredPack pack;
    pack.id = candidate.id();
    pack.version = printable(instance.entry->version);
    pack.pack = instance.kernel_pack;
    pack.limits = instance.limits;
    pack.idle = instance.idle;
    pack.devices = candidate.devices;
    if (candidate.found.manifest) {
      pack.directory = candidate.found.manifest->directory();
      pack.gpu = candidate.found.manifest->is_gpu_pack();
    }
    add_pack(std::move(pack), ranking);
  }
  if (instance.architecture != nullptr) {
    add_architecture(candidate.id(), *instance.architecture);
  }
  return {};
}

void PluginRegistry::add_pack(RegisteredPack pack, const std::vector<std::string>& ranking) {
  const auto before = [&](const RegisteredPack& a, const RegisteredPack& b) {
    return place(ranking, a.id) < place(ranking, b.id);
  };
  const auto at = std::upper_bound(view_.packs_.begin(), view_.packs_.end(), pack, before);
  view_.packs_.insert(at, std::move(pack));
}

void PluginRegistry::add_architecture(const std::string& plugin,
                                      const forge_plugin_architecture_v1& architecture) {
  for (std::uint32_t i = 0; i < architecture.n_names; ++i) {
    const std::string name = printable(architecture.names[i]);
    if (const RegisteredArchitecture* first = view_.architecture(name)) {
      log::get("plugin").warn("{} and {} both build architecture '{}'; {} does", first->plugin,
                              plugin, name, first->plugin);
      continue;
    }
    view_.architectures_.push_back({name, plugin, &architecture});
  }
}

void PluginRegistry::clear() {
  view_.packs_.clear();
  view_.architectures_.clear();
}

}  // namespace forge::plugin
