// core/codec/host_codecs.hpp: "forge.host.codecs/1" over a view.
#ifndef FORGE_CORE_CODEC_HOST_CODECS_HPP_
#define FORGE_CORE_CODEC_HOST_CODECS_HPP_

#include "core/codec/registry.hpp"
#include "forge/abi/codec.h"

namespace forge {

// The record borrows the view: both must live as long as anyone who was given the record, for
// plugins until the process exits. Thread-safe.
//
//   HostServices::provide(FORGE_HOST_INTERFACE_CODECS_V1, &record);
forge_host_codecs_v1 host_codecs(const CodecView& view);

// The registry of the process, with the standard codecs, made and provided to the host's services
// as "forge.host.codecs/1" on the first call. Never destroyed: plugins may ask until the very end.
CodecRegistry& process_codecs();

}  // namespace forge

#endif  // FORGE_CORE_CODEC_HOST_CODECS_HPP_
