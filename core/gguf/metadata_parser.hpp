// core/gguf/metadata_parser.hpp: the metadata section of a file, from bytes to checked views.
#ifndef FORGE_CORE_GGUF_METADATA_PARSER_HPP_
#define FORGE_CORE_GGUF_METADATA_PARSER_HPP_

#include <cstdint>
#include <string>

#include "core/gguf/metadata.hpp"
#include "core/gguf/reader.hpp"
#include "forge/sdk/status.hpp"

namespace forge::gguf {

// Reads `count` entries. Checked: lengths and counts against the end of the file, types, booleans
// (0 or 1), depth of arrays, unique keys. May throw std::bad_alloc.
Result<Metadata> parse_metadata(Reader& reader, std::uint64_t count, const std::string& source);

}  // namespace forge::gguf

#endif  // FORGE_CORE_GGUF_METADATA_PARSER_HPP_
