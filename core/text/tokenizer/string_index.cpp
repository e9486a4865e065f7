#include "core/text/tokenizer/string_index.hpp"

#include <algorithm>
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

TokenId StringIndex::find(std::span<const std::string_view> texts, std::string_view key,
                          std::uint64_t hash) const {
  for (std::size_t at = hash & mask_; slots_[at] != 0; at = (at + 1) & mask_) {
    if ((slots_[at] & kHigh) != (hash & kHigh)) continue;
    const auto id = static_cast<std::uint32_t>(slots_[at]) - 1;
    if (texts[id] == key) return static_cast<TokenId>(id);
  }
  return kNoToken;
}

// A key waits for memory three times, for its slot, for the view and for the text. A group of keys
// waits for the slots of all, then for the views of all, and so on.
void StringIndex::find_all(std::span<const std::string_view> texts,
                           std::span<const std::string_view> keys, std::span<TokenId> ids) const {
  if (slots_.empty()) {
    std::fill(ids.begin(), ids.end(), kNoToken);
    return;
  }
  constexpr std::size_t kGroup = 32;  // more than a processor has loads under way
  std::uint64_t hashes[kGroup];
  for (std::size_t first = 0; first < keys.size(); first += kGroup) {
    const std::size_t n = std::min(kGroup, keys.size() - first);
    for (std::size_t i = 0; i < n; ++i) {
      hashes[i] = hash_text(keys[first + i], seed_);
      __builtin_prefetch(&slots_[hashes[i] & mask_]);
    }
    for (std::size_t i = 0; i < n; ++i) __builtin_prefetch(first_text(texts, hashes[i]));
    for (std::size_t i = 0; i < n; ++i) {
      const std::string_view* text = first_text(texts, hashes[i]);
      if (text != nullptr) __builtin_prefetch(text->data());
    }
    for (std::size_t i = 0; i < n; ++i) ids[first + i] = find(texts, keys[first + i], hashes[i]);
  }
}

}  // namespace forge::text
