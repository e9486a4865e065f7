// core/gguf/split.hpp: models in several files, model-00001-of-00003.gguf and so on.
#ifndef FORGE_CORE_GGUF_SPLIT_HPP_
#define FORGE_CORE_GGUF_SPLIT_HPP_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/gguf/metadata.hpp"
#include "forge/sdk/status.hpp"

namespace forge::gguf {

// A path's name as one part of a model: everything before "-00002-of-00003.gguf", 1 for the number
// 00002 (parts count from 0 here), 3.
struct SplitName {
  std::string prefix;
  std::uint32_t index = 0;
  std::uint32_t count = 0;
};

// nullopt when the path does not end like a part's.
std::optional<SplitName> parse_split_name(std::string_view path);

// The path of part `index` of the same model.
std::string split_path(const SplitName& name, std::uint32_t index);

// What a file says about itself: keys split.no, split.count and split.tensors.count.
struct SplitInfo {
  std::uint32_t index = 0;
  std::uint32_t count = 1;                 // 1: not split
  std::optional<std::uint64_t> n_tensors;  // of all parts together
};

// A file without split.count is whole. Errors: wrong types, split.no not below split.count.
Result<SplitInfo> read_split_info(const Metadata& metadata, std::string_view source);

}  // namespace forge::gguf

#endif  // FORGE_CORE_GGUF_SPLIT_HPP_
