#include "core/plugin/loader.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/base/guard.hpp"
#include "core/base/host_services.hpp"
#include "core/base/log.hpp"
#include "core/plugin/library.hpp"

namespace forge::plugin {
namespace {

std::vector<std::string> ranking_of(const Selection& selection) {
  std::vector<std::string> ids;
  for (const Candidate& candidate : selection.candidates()) {
    if (candidate.accepted()) ids.push_back(candidate.id());
  }
  return ids;
}

}  // namespace

Loader::Loader(const PluginOptions& options, CodecRegistry& codecs)
    : prober_(options), registry_(codecs) {}

Loader::~Loader() { shutdown(); }

void Loader::probe_all(Selection& selection) const {
  for (const std::string& id : ranking_of(selection)) {
    const Candidate* candidate = selection.find(id);
    if (candidate == nullptr || is_loaded(id)) continue;
    const Status status =
        guarded([&] { return prober_.probe(*candidate->found.manifest); }).status();
    if (!status.ok()) selection.reject(id, {Reason::kProbe, status.message()});
  }
}

void Loader::load_chosen(Selection& selection) {
  // A failure changes the choice, so look again after each; every round loads or rejects one.
  while (true) {
    const auto& all = selection.candidates();
    const auto next = std::find_if(all.begin(), all.end(), [this](const Candidate& candidate) {
      return candidate.role != Role::kNone && !is_loaded(candidate.id());
    });
    if (next == all.end()) return;
    const std::string id = next->id();
    // The reason is in the selection, and logged.
    static_cast<void>(load(selection, id));
  }
}

Status Loader::load(Selection& selection, std::string_view id) {
  const Candidate* candidate = selection.find(id);
  if (candidate == nullptr) {
    return not_found(fmt::format("there is no usable plugin '{}'", id));
  }
  if (is_loaded(id)) return {};
  const std::string name(id);
  Reason reason = Reason::kProbe;
  Status status = guarded([&]() -> Status {
    FORGE_ASSIGN(const ProbePass pass, prober_.probe(*candidate->found.manifest));
    reason = Reason::kSafety;
    FORGE_TRY(pass_gate(selection, name));
    reason = Reason::kLoad;
    prober_.take_away(pass);
    FORGE_TRY(open_and_add(*candidate, ranking_of(selection)));
    prober_.give_back(pass);
    return {};
  });
  if (status.ok()) return {};
  selection.reject(name, {reason, status.message()});
  return std::move(status).with_prefix(fmt::format("plugin '{}': ", name));
}

Status Loader::load_static(const Manifest& manifest, const forge_plugin_entry_v1& entry,
                           std::vector<PackDevice> devices) {
  Candidate candidate;
  candidate.found.id = manifest.id;
  candidate.found.manifest = manifest;
  candidate.devices = std::move(devices);
  return guarded([&] { return bring_up_and_add(candidate, entry, {}); });
}

bool Loader::is_loaded(std::string_view id) const {
  return std::any_of(loaded_.begin(), loaded_.end(),
                     [id](const Loaded& loaded) { return loaded.id == id; });
}

Status Loader::pass_gate(Selection& selection, std::string_view id) const {
  const Candidate* const candidate = selection.find(id);
  if (candidate == nullptr || !candidate->found.manifest->is_gpu_pack()) return {};
  if (gpu_gate_) return gpu_gate_(selection, id);
  return failed_precondition(
      "a GPU pack is loaded only after the checks of its device, and this command has no use for "
      "one");
}

Status Loader::open_and_add(const Candidate& candidate, const std::vector<std::string>& ranking) {
  const auto begin = std::chrono::steady_clock::now();
  FORGE_ASSIGN(const forge_plugin_entry_v1* const entry,
               open_library(candidate.found.manifest->library_path()));
  FORGE_TRY(bring_up_and_add(candidate, *entry, ranking));
  const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - begin;
  log::get("plugin").debug("{} {} loaded in {:.1f} ms", candidate.id(), entry->version,
                           time.count());
  return {};
}

Status Loader::bring_up_and_add(const Candidate& candidate, const forge_plugin_entry_v1& entry,
                                const std::vector<std::string>& ranking) {
  if (is_loaded(candidate.id())) {
    return already_exists(fmt::format("plugin '{}' is loaded already", candidate.id()));
  }
  const HostServices& services = HostServices::make_permanent(candidate.id());
  FORGE_ASSIGN(const Instance instance, bring_up(entry, *candidate.found.manifest, services.get()));
  Status added = registry_.add(candidate, instance, ranking);
  if (!added.ok()) {
    shut_down(instance);
    return added;
  }
  loaded_.push_back({candidate.id(), instance});
  return {};
}

void Loader::shutdown() {
  registry_.clear();
  while (!loaded_.empty()) {
    shut_down(loaded_.back().instance);
    loaded_.pop_back();
  }
}

}  // namespace forge::plugin
