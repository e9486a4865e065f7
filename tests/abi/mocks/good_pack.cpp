// A sound kernel pack and architecture in one library, written with the SDK.
#include "forge/sdk/plugin.hpp"

#include "tests/abi/mocks/mock.hpp"

namespace {

constexpr const char* kNames[] = {"mock-arch", "mock-arch-2"};
constexpr forge_plugin_architecture_v1 kArchitecture = {
    sizeof(forge_plugin_architecture_v1), std::size(kNames), kNames, mock::build, nullptr};
constexpr forge::sdk::Interface kInterfaces[] = {{FORGE_INTERFACE_KERNEL_PACK_V1, &mock::kPack},
                                                 {FORGE_INTERFACE_ARCHITECTURE_V1, &kArchitecture}};

forge::Status initialize() {
  forge::sdk::log(forge::sdk::LogLevel::kInfo, "up");
  const auto* codecs =
      forge::sdk::host_interface<forge_host_codecs_v1>(FORGE_HOST_INTERFACE_CODECS_V1);
  if (codecs == nullptr || codecs->find(codecs->self, FORGE_TYPE_Q4_K) == nullptr)
    return forge::failed_precondition("the host has no codecs");
  return {};
}
void shutdown() { forge::sdk::log(forge::sdk::LogLevel::kInfo, "down"); }

constexpr forge::sdk::Plugin kPlugin{.id = "good-pack",
                                     .version = "2.1.0",
                                     .interfaces = kInterfaces,
                                     .initialize = initialize,
                                     .self_test = [] { return forge::Status(); },
                                     .shutdown = shutdown};

}  // namespace

FORGE_PLUGIN(kPlugin)
