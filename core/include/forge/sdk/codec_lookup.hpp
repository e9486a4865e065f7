// forge/sdk/codec_lookup.hpp: finding codecs through the host, from inside a pack or an
// architecture.
#ifndef FORGE_SDK_CODEC_LOOKUP_HPP_
#define FORGE_SDK_CODEC_LOOKUP_HPP_

#include <cstdint>
#include <string>

#include "forge/abi/codec.h"
#include "forge/sdk/host.hpp"

namespace forge::sdk {

// The codec of a type id, or nullptr when none is registered. [any-thread & initialised]
inline const forge_codec_v1* find_codec(std::uint32_t type) {
  const auto* codecs = host_interface<forge_host_codecs_v1>(FORGE_HOST_INTERFACE_CODECS_V1);
  return codecs == nullptr ? nullptr : codecs->find(codecs->self, type);
}

// How a type is called in messages. [any-thread & initialised]
inline std::string type_name(std::uint32_t type) {
  const forge_codec_v1* codec = find_codec(type);
  return codec == nullptr ? "type " + std::to_string(type) : codec->name;
}

}  // namespace forge::sdk

#endif  // FORGE_SDK_CODEC_LOOKUP_HPP_
