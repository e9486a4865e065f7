// core/gguf/tensor_parser.hpp: the tensor descriptions of a file, from bytes to checked views.
#ifndef FORGE_CORE_GGUF_TENSOR_PARSER_HPP_
#define FORGE_CORE_GGUF_TENSOR_PARSER_HPP_

#include <cstdint>
#include <vector>

#include "core/gguf/reader.hpp"
#include "core/gguf/tensor_table.hpp"
#include "core/gguf/types.hpp"
#include "forge/sdk/status.hpp"

namespace forge::gguf {

struct ParsedTensors {
  std::uint64_t data_offset = 0;       // where the data section starts, from the file's start
  std::vector<TensorTable::Row> rows;  // in file order; placement.part is 0
  std::vector<TensorTable::KnownType> types;
};

// Reads `count` descriptions and places the data. Checked: names, dimensions, sizes, alignment,
// every tensor of known type inside the file, no two tensors over the same bytes. A tensor of
// unknown type must start inside the file and counts as one byte there. May throw std::bad_alloc.
Result<ParsedTensors> parse_tensors(Reader& reader, std::uint64_t count, std::uint64_t alignment,
                                    const TypeLookup& types);

}  // namespace forge::gguf

#endif  // FORGE_CORE_GGUF_TENSOR_PARSER_HPP_
