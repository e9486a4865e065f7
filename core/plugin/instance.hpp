// core/plugin/instance.hpp: bringing an opened plugin up, stage by stage.
//
// The same code runs in the probe's process, where it may end badly, and in this one.
#ifndef FORGE_CORE_PLUGIN_INSTANCE_HPP_
#define FORGE_CORE_PLUGIN_INSTANCE_HPP_

#include <functional>
#include <optional>
#include <string_view>

#include "core/plugin/manifest.hpp"
#include "forge/abi/arch.h"
#include "forge/abi/codec.h"
#include "forge/abi/host.h"
#include "forge/abi/idle.h"
#include "forge/abi/kernel_pack.h"
#include "forge/abi/limits.h"
#include "forge/abi/plugin.h"
#include "forge/abi/preflight.h"
#include "forge/sdk/status.hpp"

namespace forge::plugin {

// Where a plugin's code runs, in order.
enum class Stage { kOpen, kInitialize, kSelfTest, kInterfaces, kShutdown };

// As the probe reports it: "initialize".
std::string_view stage_name(Stage stage);
std::optional<Stage> stage_by_name(std::string_view name);
// As sentences say it: "in initialize()", "while its library was opened".
std::string_view stage_phrase(Stage stage);

// Called before each stage.
using StageObserver = std::function<void(Stage)>;

// A plugin that is up. Records are the plugin's own and valid until shut_down().
struct Instance {
  const forge_plugin_entry_v1* entry = nullptr;
  const forge_plugin_kernel_pack_v1* kernel_pack = nullptr;
  const forge_plugin_limits_v1* limits = nullptr;  // of a kernel pack that has them
  const forge_plugin_idle_v1* idle = nullptr;      // likewise
  const forge_plugin_codecs_v1* codecs = nullptr;
  const forge_plugin_architecture_v1* architecture = nullptr;
  const forge_plugin_preflight_v1* preflight = nullptr;  // of kernel packs that have it
};

// Compares versions, initialises, runs the self-test and fetches the interfaces that the manifest
// promises, and a kernel pack's preflight where it has one. On an error after initialize() the
// plugin has been shut down again. An entry is brought up once in a process: the second time is an
// error. Exceptions that a plugin lets through are errors. [load-thread]
Result<Instance> bring_up(const forge_plugin_entry_v1& entry, const Manifest& manifest,
                          const forge_host_v1* host, const StageObserver& observer = {});

// Calls shutdown(), if there is one. [load-thread]
void shut_down(const Instance& instance);

}  // namespace forge::plugin

#endif  // FORGE_CORE_PLUGIN_INSTANCE_HPP_
