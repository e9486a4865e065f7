// core/plugin/loader.hpp: from a selection to plugins that run.
//
// Order is law (forge/abi/plugin.h): probed in a process of its own, a GPU pack's device checked,
// opened, versions compared, initialised, self-tested, interfaces fetched, registered. Whatever
// fails is one sentence in the selection and in the log, and the next best plugin takes over; the
// program goes on.
#ifndef FORGE_CORE_PLUGIN_LOADER_HPP_
#define FORGE_CORE_PLUGIN_LOADER_HPP_

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/codec/registry.hpp"
#include "core/plugin/options.hpp"
#include "core/plugin/prober.hpp"
#include "core/plugin/registry.hpp"
#include "core/plugin/selection.hpp"
#include "forge/sdk/status.hpp"

namespace forge::plugin {

// Checks the devices of an accepted GPU pack and leaves the one to use (core/safety/gate.hpp).
using GpuGate = std::function<Status(Selection& selection, std::string_view id)>;

// Lives as long as anything that a plugin offers is used. Not thread-safe; one per process in
// ordinary use, since a library is initialised once. [load-thread]
class Loader {
 public:
  // Codecs of plugins are added to `codecs`, which is borrowed: process_codecs() in the program.
  Loader(const PluginOptions& options, CodecRegistry& codecs);
  ~Loader();  // shutdown()
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  // Asked before a GPU pack is loaded; borrowed. Without one no GPU pack is loaded.
  void set_gpu_gate(GpuGate gate) { gpu_gate_ = std::move(gate); }

  // What is loaded. Valid as long as the loader.
  const PluginView& view() const { return registry_.view(); }

  // Tries every accepted plugin in a process of its own and turns down those that fail. Loads
  // nothing.
  void probe_all(Selection& selection) const;

  // Loads what the selection has chosen; a plugin that fails is rejected there, and what is chosen
  // in its place is loaded.
  void load_chosen(Selection& selection);

  // Loads one accepted plugin by id, chosen or not (conformance runs any pack). A failure is
  // rejected in the selection and returned. Loaded already: ok.
  Status load(Selection& selection, std::string_view id);

  // Registers a plugin that is linked into the program, without discovery and probe: the path of
  // tests. The manifest's library is not looked at.
  Status load_static(const Manifest& manifest, const forge_plugin_entry_v1& entry,
                     std::vector<PackDevice> devices = {});

  // Shuts the plugins down, the last one loaded first, and empties the view. Libraries stay mapped.
  // Before, every device, plan and state made with a plugin must be gone.
  void shutdown();

 private:
  struct Loaded {
    std::string id;
    Instance instance;
  };

  bool is_loaded(std::string_view id) const;
  Status pass_gate(Selection& selection, std::string_view id) const;
  Status open_and_add(const Candidate& candidate, const std::vector<std::string>& ranking);
  Status bring_up_and_add(const Candidate& candidate, const forge_plugin_entry_v1& entry,
                          const std::vector<std::string>& ranking);

  Prober prober_;
  GpuGate gpu_gate_;
  PluginRegistry registry_;
  std::vector<Loaded> loaded_;
};

}  // namespace forge::plugin

#endif  // FORGE_CORE_PLUGIN_LOADER_HPP_
