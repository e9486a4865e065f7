#include "core/gguf/codec_types.hpp"

namespace forge::gguf {

TypeLookup codec_types(const CodecView& codecs) {
  return [&codecs](std::uint32_t type) -> std::optional<TypeInfo> {
    const forge_codec_v1* codec = codecs.find(type);
    if (codec == nullptr) return std::nullopt;
    return TypeInfo{codec->name, codec->block_elements, codec->block_bytes};
  };
}

}  // namespace forge::gguf
