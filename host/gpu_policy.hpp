// host/gpu_policy.hpp: what the user wants of GPUs, and what happens when they cannot be used.
#ifndef FORGE_HOST_GPU_POLICY_HPP_
#define FORGE_HOST_GPU_POLICY_HPP_

#include <string>

#include "core/config/config.hpp"
#include "core/plugin/registry.hpp"
#include "core/safety/gate.hpp"
#include "forge/sdk/status.hpp"
#include "host/plugin_setup.hpp"

namespace forge {

// --require-gpu, or --device gpu: the processor does not take over.
bool gpu_required(const Config& config);

// [device] of the configuration. `command` is what others read that find a GPU in use: "rocmforge
// run".
safety::GateOptions gate_options(const Config& config, const std::string& command);

// The failures of the gate against what was loaded. Ok when a GPU pack leads, or none is required;
// then one warning says what failed and what runs the model instead. Otherwise the Status ends the
// program with the exit code of the obstacle.
Status settle_gpu(const Config& config, const PluginSetup& setup, const safety::Gate& gate,
                  const plugin::PluginView& loaded);

}  // namespace forge

#endif  // FORGE_HOST_GPU_POLICY_HPP_
