// core/gguf/codec_types.hpp: the types of registered codecs, for opening and writing files.
#ifndef FORGE_CORE_GGUF_CODEC_TYPES_HPP_
#define FORGE_CORE_GGUF_CODEC_TYPES_HPP_

#include "core/codec/registry.hpp"
#include "core/gguf/types.hpp"

namespace forge::gguf {

// Looks types up in `codecs`, which must outlive the function. Thread-safe.
TypeLookup codec_types(const CodecView& codecs);

}  // namespace forge::gguf

#endif  // FORGE_CORE_GGUF_CODEC_TYPES_HPP_
