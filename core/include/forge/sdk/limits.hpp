// forge/sdk/limits.hpp: offering "forge.limits/1" from a device class.
#ifndef FORGE_SDK_LIMITS_HPP_
#define FORGE_SDK_LIMITS_HPP_

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "forge/abi/limits.h"
#include "forge/sdk/kernel_pack.hpp"

namespace forge::sdk {

// Device derives from PackDevice and has Result<forge_limits_v1> measure_limits().
template <class Device>
constexpr forge_plugin_limits_v1 limits_record() {
  return {.struct_size = sizeof(forge_plugin_limits_v1),
          .reserved = 0,
          .measure = [](forge_pack_device* device, forge_limits_v1* out, forge_message* message) {
            return fence(message, [&]() -> Status {
              if (out->struct_size < sizeof(out->struct_size))
                return invalid_argument("the record for limits does not say its size");
              FORGE_ASSIGN(forge_limits_v1 limits,
                           static_cast<Device&>(detail::device(device)).measure_limits());
              // A host may know less of the record.
              limits.struct_size = std::min<std::uint32_t>(out->struct_size, sizeof(limits));
              std::memcpy(out, &limits, limits.struct_size);
              return {};
            });
          }};
}

}  // namespace forge::sdk

#endif  // FORGE_SDK_LIMITS_HPP_
