#include "core/gguf/split.hpp"

#include <fmt/core.h>

#include "core/base/quote.hpp"
#include "core/gguf/limits.hpp"

namespace forge::gguf {
namespace {

constexpr std::string_view kCountKey = "split.count";
constexpr std::string_view kIndexKey = "split.no";
constexpr std::string_view kTensorsKey = "split.tensors.count";
constexpr std::uint64_t kMaxParts = 99999;  // five digits in the name

// Takes five digits off the end of text.
std::optional<std::uint32_t> take_number(std::string_view& text) {
  constexpr std::size_t kDigits = 5;
  if (text.size() < kDigits) return std::nullopt;
  std::uint32_t number = 0;
  for (const char c : text.substr(text.size() - kDigits)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint32_t>(c - '0');
  }
  text.remove_suffix(kDigits);
  return number;
}

bool take_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

}  // namespace

std::optional<SplitName> parse_split_name(std::string_view path) {
  if (!take_suffix(path, ".gguf")) return std::nullopt;
  const std::optional<std::uint32_t> count = take_number(path);
  if (!count || !take_suffix(path, "-of-")) return std::nullopt;
  const std::optional<std::uint32_t> number = take_number(path);
  if (!number || !take_suffix(path, "-")) return std::nullopt;
  if (*number == 0 || *number > *count) return std::nullopt;
  return SplitName{std::string(path), *number - 1, *count};
}

std::string split_path(const SplitName& name, std::uint32_t index) {
  return fmt::format("{}-{:05}-of-{:05}.gguf", name.prefix, index + 1, name.count);
}

Result<SplitInfo> read_split_info(const Metadata& metadata, std::string_view source) {
  FORGE_ASSIGN(const std::uint64_t count, metadata.get_u64_or(kCountKey, 1));
  if (count <= 1) return SplitInfo{};
  FORGE_ASSIGN(const std::uint64_t index, metadata.get_u64(kIndexKey));
  if (count > kMaxParts || index >= count) {
    return invalid_argument(fmt::format(
        "{}: byte {}: metadata key '{}' is {} and '{}' is {}; parts are numbered from 0 and "
        "there are at most {}",
        quote(source, kPathBytes), metadata.offset_of(*metadata.find(kIndexKey)), kIndexKey, index,
        kCountKey, count, kMaxParts));
  }
  SplitInfo info{static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(count), {}};
  if (metadata.contains(kTensorsKey)) {
    FORGE_ASSIGN(const std::uint64_t n_tensors, metadata.get_u64(kTensorsKey));
    info.n_tensors = n_tensors;
  }
  return info;
}

}  // namespace forge::gguf
