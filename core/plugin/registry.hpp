// core/plugin/registry.hpp: what loaded plugins offer, for the rooms that use it.
//
// Two classes, so that a room which only looks cannot change anything: PluginView is handed around,
// PluginRegistry is the loader's.
#ifndef FORGE_CORE_PLUGIN_REGISTRY_HPP_
#define FORGE_CORE_PLUGIN_REGISTRY_HPP_

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/codec/registry.hpp"
#include "core/plugin/candidate.hpp"
#include "core/plugin/instance.hpp"
#include "forge/abi/arch.h"
#include "forge/abi/idle.h"
#include "forge/abi/kernel_pack.h"
#include "forge/abi/limits.h"
#include "forge/sdk/status.hpp"

namespace forge::plugin {

// Records behind the pointers belong to the plugins and stay valid until the loader's shutdown().
struct RegisteredPack {
  std::string id;
  std::string version;
  std::filesystem::path directory;  // of the manifest: forge_device_v1::data_directory
  const forge_plugin_kernel_pack_v1* pack = nullptr;
  const forge_plugin_limits_v1* limits = nullptr;  // optional
  const forge_plugin_idle_v1* idle = nullptr;      // optional
  std::vector<PackDevice> devices;                 // it can run on, best first; at least one
  bool gpu = false;
};

struct RegisteredArchitecture {
  std::string name;    // value of general.architecture
  std::string plugin;  // id
  const forge_plugin_architecture_v1* architecture = nullptr;
};

// Const view. Thread-safe while nothing is being loaded or shut down.
class PluginView {
 public:
  // In order of rank: the first is the one to use, the first without `gpu` the one to fall back to.
  const std::vector<RegisteredPack>& kernel_packs() const { return packs_; }
  const RegisteredPack* kernel_pack(std::string_view id) const;

  // By name, in the order of loading.
  const std::vector<RegisteredArchitecture>& architectures() const { return architectures_; }
  // nullptr when no plugin builds it.
  const RegisteredArchitecture* architecture(std::string_view name) const;

 private:
  friend class PluginRegistry;
  std::vector<RegisteredPack> packs_;
  std::vector<RegisteredArchitecture> architectures_;
};

// Mutable view. Thread-compatible.
class PluginRegistry {
 public:
  // Codecs of plugins go to `codecs`, which is borrowed.
  explicit PluginRegistry(CodecRegistry& codecs) : codecs_(codecs) {}

  const PluginView& view() const { return view_; }

  // Adds what `instance` offers. Kernel packs take their place by the order of `ranking` (ids, best
  // first); packs it does not name come last, in the order of adding. Of two plugins that build the
  // same architecture the first stays, and the log says so. A codec whose type or name is taken: an
  // error, and nothing of the plugin is added.
  Status add(const Candidate& candidate, const Instance& instance,
             const std::vector<std::string>& ranking);

  // Empties it, but for codecs: those are constant records that stay mapped.
  void clear();

 private:
  void add_pack(RegisteredPack pack, const std::vector<std::string>& ranking);
  void add_architecture(const std::string& plugin,
                        const forge_plugin_architecture_v1& architecture);

  CodecRegistry& codecs_;
  PluginView view_;
};

}  // namespace forge::plugin

#endif  // FORGE_CORE_PLUGIN_REGISTRY_HPP_
