// The example pack of norms as a pack for GPUs. MOCK_EXECUTE=fails:N or crashes:N has its N-th step
// (from 0) go wrong; MOCK_WEIGHTS=BYTES is what it says its weights take.
#include <csignal>
#include <cstdlib>
#include <string>

#include "examples/pack-minimal/pack.hpp"
#include "forge/sdk/plugin.hpp"

namespace {

using forge::sdk::kernel_pack_record;

constexpr forge_plugin_kernel_pack_v1 kNorms = kernel_pack_record<minimal::Device>();

forge_status execute(forge_pack_plan* plan, forge_pack_state* state, const forge_batch_v1* batch,
                     forge_message* message) {
  static int n_steps = 0;
  const char* const wanted = std::getenv("MOCK_EXECUTE");
  const std::string step = ":" + std::to_string(n_steps++);
  if (wanted != nullptr && "fails" + step == wanted) {
    forge::sdk::set_message(message, "the device is lost");
    return FORGE_UNAVAILABLE;
  }
  if (wanted != nullptr && "crashes" + step == wanted) std::raise(SIGSEGV);
  return kNorms.execute(plan, state, batch, message);
}

forge_status plan_memory(forge_pack_device* device, const forge_graph_v1* graph,
                         const forge_plan_options_v1* options, forge_plan_memory_v1* out,
                         forge_message* message) {
  const forge_status status = kNorms.plan_memory(device, graph, options, out, message);
  if (const char* const bytes = std::getenv("MOCK_WEIGHTS"))
    out->weights = std::strtoull(bytes, nullptr, 10);
  return status;
}

constexpr forge_plugin_kernel_pack_v1 gpu_norms() {
  forge_plugin_kernel_pack_v1 pack = kNorms;
  pack.execute = execute;
  pack.plan_memory = plan_memory;
  return pack;
}
constexpr forge_plugin_kernel_pack_v1 kPack = gpu_norms();
constexpr forge::sdk::Interface kInterfaces[] = {{FORGE_INTERFACE_KERNEL_PACK_V1, &kPack}};
constexpr forge::sdk::Plugin kPlugin{
    .id = FORGE_MOCK_ID, .version = "1.0.0", .interfaces = kInterfaces};

}  // namespace

FORGE_PLUGIN(kPlugin)
