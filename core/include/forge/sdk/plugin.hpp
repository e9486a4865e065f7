// forge/sdk/plugin.hpp: a plugin library in a dozen lines of C++.
//
//   #include "forge/sdk/plugin.hpp"
//
//   namespace {
//   constexpr forge_plugin_codecs_v1 kCodecs = {...};
//   constexpr forge::sdk::Interface kInterfaces[] = {{FORGE_INTERFACE_CODECS_V1, &kCodecs}};
//   forge::Status self_test() { return {}; }
//   constexpr forge::sdk::Plugin kPlugin{.id = "my-codec",
//                                        .version = "1.0.0",
//                                        .interfaces = kInterfaces,
//                                        .self_test = self_test};
//   }  // namespace
//   FORGE_PLUGIN(kPlugin)
//
// FORGE_PLUGIN makes the exported, constant forge_plugin_entry; nothing here runs when the library
// is opened. Functions of a Plugin may throw and may return a Status: `fence` turns both into the
// ABI's status and message. Any slot written by hand should do the same:
//
//   forge_status device_open(..., forge_message* message) {
//     return forge::sdk::fence(message, [&]() -> forge::Status { ... });
//   }
#ifndef FORGE_SDK_PLUGIN_HPP_
#define FORGE_SDK_PLUGIN_HPP_

#include <cstring>
#include <span>

#include "forge/abi/plugin.h"
#include "forge/sdk/build.hpp"
#include "forge/sdk/host.hpp"
#include "forge/sdk/status.hpp"

namespace forge::sdk {

// ---------------------------------------------------------------- the entry

// One interface a plugin has, such as {FORGE_INTERFACE_CODECS_V1, &kCodecs}. Both live as long as
// the library.
struct Interface {
  const char* id = nullptr;
  const void* record = nullptr;
};

// What FORGE_PLUGIN needs to know; a constexpr object at namespace scope. Functions may throw.
struct Plugin {
  const char* id = nullptr;                    // equal to the manifest's
  const char* version = nullptr;               // of the plugin, for people
  std::span<const Interface> interfaces = {};  // what get_interface() finds
  Status (*initialize)() = nullptr;            // optional; host() works here
  Status (*self_test)() = nullptr;             // optional; computes something small and compares
  void (*shutdown)() = nullptr;                // optional; stops threads, closes devices
};

namespace detail {

template <const Plugin& plugin>
forge_status initialize(const forge_host_v1* services, forge_message* message) {
  if (services == nullptr || services->abi_major != FORGE_ABI_MAJOR ||
      services->struct_size < sizeof(forge_host_v1)) {
    return FORGE_FAILED_PRECONDITION;
  }
  set_host(services);
  if (plugin.initialize == nullptr) return FORGE_OK;
  return fence(message, plugin.initialize);
}

template <const Plugin& plugin>
const void* get_interface(const char* id) {
  if (id == nullptr) return nullptr;
  for (const Interface& offered : plugin.interfaces) {
    if (std::strcmp(offered.id, id) == 0) return offered.record;
  }
  return nullptr;
}

template <const Plugin& plugin>
forge_status self_test(forge_message* message) {
  return fence(message, plugin.self_test);
}

template <const Plugin& plugin>
void shutdown() {
  fence(plugin.shutdown);
}

}  // namespace detail

// The entry record of `plugin`, at compile time.
template <const Plugin& plugin>
consteval forge_plugin_entry_v1 make_entry() {
  static_assert(plugin.id != nullptr && plugin.id[0] != '\0', "a plugin has an id");
  static_assert(plugin.version != nullptr && plugin.version[0] != '\0', "a plugin has a version");
  return {.struct_size = sizeof(forge_plugin_entry_v1),
          .abi_major = FORGE_ABI_MAJOR,
          .abi_minor = FORGE_ABI_MINOR,
          .id = plugin.id,
          .version = plugin.version,
          .build = kCompiler,
          .sanitizer = kSanitizer,
          .initialize = detail::initialize<plugin>,
          .get_interface = detail::get_interface<plugin>,
          .self_test = plugin.self_test == nullptr ? nullptr : detail::self_test<plugin>,
          .shutdown = plugin.shutdown == nullptr ? nullptr : detail::shutdown<plugin>};
}

}  // namespace forge::sdk

// The name of the entry. Tests that link a plugin into a program, beside others, give it another:
// -DFORGE_PLUGIN_SYMBOL=forge_plugin_entry_my_codec.
#ifndef FORGE_PLUGIN_SYMBOL
#define FORGE_PLUGIN_SYMBOL forge_plugin_entry
#endif

// Defines the exported entry of the library. `plugin` is a constexpr forge::sdk::Plugin.
#define FORGE_PLUGIN(plugin)                                                                      \
  extern "C" {                                                                                    \
  FORGE_EXPORT extern const forge_plugin_entry_v1 FORGE_PLUGIN_SYMBOL;                            \
  constinit const forge_plugin_entry_v1 FORGE_PLUGIN_SYMBOL = ::forge::sdk::make_entry<plugin>(); \
  }

#endif  // FORGE_SDK_PLUGIN_HPP_
