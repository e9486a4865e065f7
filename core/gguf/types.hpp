// core/gguf/types.hpp: block geometry of tensor types, as far as a reader of files must know it.
//
// A file stores a type as a number. What the bytes of a block mean is a codec's business; how many
// of them there are must be known to check a file, so the standard types are listed here and a
// caller adds those of its codecs through TypeLookup.
#ifndef FORGE_CORE_GGUF_TYPES_HPP_
#define FORGE_CORE_GGUF_TYPES_HPP_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "forge/sdk/status.hpp"

namespace forge::gguf {

// A block of block_elements numbers takes block_bytes bytes; a row is a whole number of blocks.
// `name` must stay valid as long as any File opened with it; names of codecs live until exit.
struct TypeInfo {
  std::string_view name;
  std::uint32_t block_elements;
  std::uint32_t block_bytes;
};

// Type id -> geometry, or nullopt for "not mine". Asked before the built-in table. Called only
// while a file is being opened, on the opening thread; an empty function is allowed.
using TypeLookup = std::function<std::optional<TypeInfo>(std::uint32_t type)>;

// The types of ggml (ggml_type in https://github.com/ggml-org/ggml/blob/master/include/ggml.h;
// sizes of their blocks in ggml-common.h there), also those that no codec here decodes.
std::optional<TypeInfo> builtin_type(std::uint32_t type);

// "unknown(77)", the name shown for a type that neither lookup nor table has.
std::string unknown_type_name(std::uint32_t type);

// Bytes of n_rows rows of n_columns elements. kInvalidArgument when a row is not a whole number of
// blocks, kOutOfRange when the size does not fit 63 bits. The message names neither tensor nor
// file.
Result<std::uint64_t> packed_bytes(const TypeInfo& type, std::uint64_t n_columns,
                                   std::uint64_t n_rows);

}  // namespace forge::gguf

#endif  // FORGE_CORE_GGUF_TYPES_HPP_
