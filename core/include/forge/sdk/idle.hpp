// forge/sdk/idle.hpp: offering "forge.idle/1" from a device class.
#ifndef FORGE_SDK_IDLE_HPP_
#define FORGE_SDK_IDLE_HPP_

#include "forge/abi/idle.h"
#include "forge/sdk/kernel_pack.hpp"

namespace forge::sdk {

// Device derives from PackDevice and has Status release_idle().
template <class Device>
constexpr forge_plugin_idle_v1 idle_record() {
  return {.struct_size = sizeof(forge_plugin_idle_v1),
          .reserved = 0,
          .release = [](forge_pack_device* device, forge_message* message) {
            return fence(message, [&]() -> Status {
              return static_cast<Device&>(detail::device(device)).release_idle();
            });
          }};
}

}  // namespace forge::sdk

#endif  // FORGE_SDK_IDLE_HPP_
