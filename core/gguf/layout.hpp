// core/gguf/layout.hpp: where everything goes in a file to be written.
#ifndef FORGE_CORE_GGUF_LAYOUT_HPP_
#define FORGE_CORE_GGUF_LAYOUT_HPP_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/gguf/metadata_builder.hpp"
#include "core/gguf/types.hpp"
#include "forge/sdk/status.hpp"

namespace forge::gguf {

// A tensor to be written.
struct TensorPlan {
  std::string name;
  std::vector<std::uint64_t> shape;  // 1..4 extents; shape[0] is the contiguous one
  std::uint32_t type = 0;
};

// A file of GGUF version 3.
struct Layout {
  struct Placement {
    std::uint64_t offset;   // from the start of the file
    std::uint64_t n_bytes;  // without padding
  };

  std::string header;  // everything before the data section, its padding included
  std::vector<Placement> tensors;
  std::uint64_t file_bytes = 0;  // the last tensor is padded too
};

// Places the tensors one after the other. kInvalidArgument, naming the tensor, for what the reader
// would refuse: duplicate or bad names, impossible shapes, types that neither `types` nor the
// built-in table has.
Result<Layout> plan_layout(const MetadataBuilder& metadata, std::span<const TensorPlan> tensors,
                           const TypeLookup& types = {});

}  // namespace forge::gguf

#endif  // FORGE_CORE_GGUF_LAYOUT_HPP_
