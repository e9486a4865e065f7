// core/text/tokenizer/word_cache.hpp: the tokens of words seen before.
#ifndef FORGE_CORE_TEXT_TOKENIZER_WORD_CACHE_HPP_
#define FORGE_CORE_TEXT_TOKENIZER_WORD_CACHE_HPP_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/text/tokenizer/hash.hpp"
#include "core/text/tokenizer/token.hpp"

namespace forge::text {

// A table of fixed size in which a word's hash says where it is: a newcomer takes the place of
// whoever is there. Text repeats its words, so most are found; nothing is ever allocated or evicted
// by age. One thread at a time.
class WordCache {
 public:
  static constexpr std::size_t kMaxWord = 24;  // bytes
  static constexpr std::size_t kMaxTokens = 8;

  static bool fits(std::string_view word) { return !word.empty() && word.size() <= kMaxWord; }

  // A word that fits(), as three numbers: no two words of one size have the same.
  struct Key {
    std::array<std::uint64_t, 3> parts{};
    std::uint8_t size = 0;

    explicit Key(std::string_view word) : size(static_cast<std::uint8_t>(word.size())) {
      const char* p = word.data();
      parts[0] = load_up_to_8(p, word.size());
      if (size > 8) parts[1] = size < 16 ? load8(p + size - 8) : load8(p + 8);
      if (size > 16) parts[2] = load8(p + size - 8);
    }
  };

  WordCache() : entries_(std::size_t{1} << kBits) {}

  // The word's tokens; empty when it is not here.
  std::span<const TokenId> find(const Key& key) const {
    const Entry& entry = entries_[place(key)];
    if (entry.size != key.size || entry.parts != key.parts) return {};
    return {entry.tokens.data(), entry.count};
  }

  // Remembers at least one token and at most kMaxTokens; more are not kept.
  void put(const Key& key, std::span<const TokenId> tokens) {
    if (tokens.empty() || tokens.size() > kMaxTokens) return;
    Entry& entry = entries_[place(key)];
    entry.parts = key.parts;
    entry.size = key.size;
    entry.count = static_cast<std::uint8_t>(tokens.size());
    std::copy(tokens.begin(), tokens.end(), entry.tokens.begin());
  }

 private:
  static constexpr unsigned kBits = 14;  // 16,384 entries: 1 MiB

  struct Entry {
    std::array<std::uint64_t, 3> parts{};
    std::array<TokenId, kMaxTokens> tokens{};
    std::uint8_t size = 0;  // 0: free
    std::uint8_t count = 0;
  };
  static_assert(sizeof(Entry) == 64, "one cache line");

  static std::size_t place(const Key& key) {
    std::uint64_t h = mix(key.parts[0] ^ key.size, kHashA);
    h = mix(h ^ key.parts[1], kHashB) + key.parts[2];
    return (h * kHashA) >> (64 - kBits);
  }

  std::vector<Entry> entries_;
};

}  // namespace forge::text

#endif  // FORGE_CORE_TEXT_TOKENIZER_WORD_CACHE_HPP_
