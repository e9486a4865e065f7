#include "core/text/tokenizer/string_index.hpp"

#include <bit>

#include "core/text/tokenizer/hash.hpp"

namespace forge::text {
namespace {

constexpr std::uint64_t kHigh = ~std::uint64_t{0} << 32;

}  // namespace

StringIndex::StringIndex(std::size_t count)
    : slots_(std::bit_ceil(count * 2 + 2)), mask_(slots_.size() - 1), seed_(process_seed()) {}

TokenId StringIndex::insert(std::span<const std::string_view> texts, TokenId id) {
  const std::string_view key = texts[static_cast<std::size_t>(id)];
  const std::uint64_t hash = hash_text(key, seed_);
  std::size_t at = hash & mask_;
  for (; slots_[at] != 0; at = (at + 1) & mask_) {
    if ((slots_[at] & kHigh) != (hash & kHigh)) continue;
    const auto other = static_cast<std::uint32_t>(slots_[at]) - 1;
    if (texts[other] == key) return static_cast<TokenId>(other);
  }
  slots_[at] = (hash & kHigh) | (static_cast<std::uint32_t>(id) + 1);
  return kNoToken;
}

TokenId StringIndex::find(std::span<const std::string_view> texts, std::string_view key) const {
  if (slots_.empty()) return kNoToken;
  const std::uint64_t hash = hash_text(key, seed_);
  for (std::size_t at = hash & mask_; slots_[at] != 0; at = (at + 1) & mask_) {
    if ((slots_[at] & kHigh) != (hash & kHigh)) continue;
    const auto id = static_cast<std::uint32_t>(slots_[at]) - 1;
    if (texts[id] == key) return static_cast<TokenId>(id);
  }
  return kNoToken;
}

}  // namespace forge::text
