// core/gguf/parser.hpp: one pass over the bytes of one file.
#ifndef FORGE_CORE_GGUF_PARSER_HPP_
#define FORGE_CORE_GGUF_PARSER_HPP_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/gguf/limits.hpp"
#include "core/gguf/metadata.hpp"
#include "core/gguf/tensor_table.hpp"
#include "core/gguf/types.hpp"
#include "forge/sdk/status.hpp"

namespace forge::gguf {

// One file, checked: every view lies in its bytes, tensors of known type lie in the data section
// and do not overlap, keys are unique. Tensor names may repeat: the caller may see more files.
struct ParsedFile {
  std::uint32_t version = 0;
  std::uint64_t alignment = kDefaultAlignment;
  std::uint64_t data_offset = 0;  // where the data section starts, bytes from the file's start
  Metadata metadata;
  std::vector<TensorTable::Row> tensors;  // in file order; placement.part is 0
  std::vector<TensorTable::KnownType> types;
};

// Reads versions 2 and 3, little-endian. Errors name `source`, the field and the byte offset:
// kDataLoss for a file that ends too early, kUnimplemented for another version or byte order,
// kInvalidArgument for anything else. Time and memory: O(size of the header), names are sorted.
// May throw std::bad_alloc.
Result<ParsedFile> parse(std::span<const std::byte> bytes, const std::string& source,
                         const TypeLookup& types);

}  // namespace forge::gguf

#endif  // FORGE_CORE_GGUF_PARSER_HPP_
