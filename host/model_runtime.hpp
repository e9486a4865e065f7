// host/model_runtime.hpp: from the configuration to a model that is ready to run.
#ifndef FORGE_HOST_MODEL_RUNTIME_HPP_
#define FORGE_HOST_MODEL_RUNTIME_HPP_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/config/config.hpp"
#include "core/engine/engine.hpp"
#include "core/graph/pack_device.hpp"
#include "core/plugin/loader.hpp"
#include "core/safety/gate.hpp"
#include "forge/sdk/status.hpp"
#include "host/plugin_setup.hpp"

namespace forge {

struct RuntimeOptions {
  std::uint32_t n_outputs = 0;    // most logits rows of one step; 0: one per sequence
  std::uint32_t n_sequences = 0;  // 0: as configured
  std::uint32_t n_batch = 0;      // 0: as configured
  std::uint32_t n_ctx = 0;        // 0: as configured
  std::string pack;  // id of the kernel pack, "reference" for core's; empty: the chosen one
  std::uint32_t threads = 0;  // 0: as configured
  bool profile = false;       // keep times per op
  bool quiet = false;         // no progress on standard error
};

// Plugins loaded, devices open, model open; and, after load(), its weights. Members are destroyed
// in the order plugins need: engine, devices, model, loader, gate. Main thread only.
//
// A GPU that fails, in its checks or later, is told in one warning and the processor takes over;
// where a GPU is required, the Status ends the program with the exit code of the obstacle.
class ModelRuntime {
 public:
  // Discovers, selects, checks and loads plugins. `command` is what others read that find the GPU
  // in use ("rocmforge run"). `pack`: the only kernel pack that will be asked for; no GPU is
  // checked for any other.
  static Result<std::unique_ptr<ModelRuntime>> create(const Config& config,
                                                      const std::string& command,
                                                      const std::string& pack = {});

  const plugin::PluginView& plugins() const { return loader_->view(); }
  const PluginSetup& setup() const { return setup_; }

  // Opens config.model.path, or the built-in demo model when that is empty.
  Status open_model(const Config& config);
  // Takes a model from elsewhere; the one before goes, its engine too.
  void use_model(std::shared_ptr<const engine::Model> model) {
    engine_.reset();
    model_ = std::move(model);
  }
  const std::shared_ptr<const engine::Model>& model() const { return model_; }

  // Opens the packs' devices and loads the model's weights onto them, with progress; Ctrl-C stops
  // it. Replaces an engine loaded before.
  Status load(const Config& config, const RuntimeOptions& options);
  engine::Engine& engine() { return *engine_; }
  // Lets go of the weights and the state.
  void unload() { engine_.reset(); }

  // What the pack's device can do at most, measured now; kUnimplemented when it cannot tell. Only
  // after load().
  Result<forge_limits_v1> measure_limits() const;

  // Whether a device has something that keeps it awake between steps, and that it can give back.
  bool can_rest() const;
  // Has the devices give that back; the next step makes it anew. Not while a step runs.
  // [any-thread]
  void rest() const;

  // The model runs on a GPU, and another pack could take over.
  bool can_fall_back() const { return !gpu_pack_.empty() && !gpu_given_up_; }
  // A step failed with `why` on the GPU: gives it up and loads the model anew on the processor.
  // The engine of before is gone. Where a GPU is required: the Status to end with.
  Status fall_back(const Status& why, const Config& config, const RuntimeOptions& options);

  // The pack that runs the model, "cpu-avx512".
  const std::string& pack_id() const { return pack_id_; }

 private:
  ModelRuntime() = default;
  Status load_once(const Config& config, const RuntimeOptions& options, bool& opened);
  Status give_up_gpu(safety::Obstacle obstacle, const Status& why, const Config& config);
  Status open_devices(const Config& config, const RuntimeOptions& options);
  Status open_pack(const plugin::RegisteredPack& pack, const Config& config,
                   const RuntimeOptions& options);

  PluginSetup setup_;
  std::unique_ptr<safety::Gate> gate_;
  std::unique_ptr<plugin::Loader> loader_;
  std::shared_ptr<const engine::Model> model_;
  std::vector<std::shared_ptr<graph::PackDevice>> devices_;
  std::unique_ptr<engine::Engine> engine_;
  std::string pack_id_;
  std::string gpu_pack_;  // id of the GPU pack that load() opens, or tried to; empty: none
  bool gpu_given_up_ = false;
};

// Type id of a name such as "f16" or "q8_0", for KV types.
Result<std::uint32_t> type_of_name(const std::string& name);

}  // namespace forge

#endif  // FORGE_HOST_MODEL_RUNTIME_HPP_
