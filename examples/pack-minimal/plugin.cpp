// The plugin around the pack. Nodes it says no to run on the reference executor, so that
// `rocmforge run --pack pack-minimal` answers with any model.
#include "forge/sdk/plugin.hpp"

#include "pack.hpp"

namespace {

constexpr forge_plugin_kernel_pack_v1 kPack = forge::sdk::kernel_pack_record<minimal::Device>();
constexpr forge::sdk::Interface kInterfaces[] = {{FORGE_INTERFACE_KERNEL_PACK_V1, &kPack}};

// Computes something small whose answer is known: 3 and 4 have a root mean square of 5 / sqrt(2).
forge::Status self_test() {
  const float x[] = {3, 4}, weight[] = {5, 10};
  float y[2];
  minimal::rms_norm(x, y, 2, 2, 0, weight, 2);
  if (std::abs(y[0] - 3 * std::sqrt(2.0f)) < 1e-5f && std::abs(y[1] - 8 * std::sqrt(2.0f)) < 1e-5f)
    return {};
  return forge::internal_error("the norm of 3 and 4 came out as " + std::to_string(y[0]) + " and " +
                               std::to_string(y[1]));
}

constexpr forge::sdk::Plugin kPlugin = {
    .id = "pack-minimal", .version = "1.0.0", .interfaces = kInterfaces, .self_test = self_test};

}  // namespace

FORGE_PLUGIN(kPlugin)
