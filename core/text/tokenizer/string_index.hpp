// core/text/tokenizer/string_index.hpp: from a token's text to its id.
#ifndef FORGE_CORE_TEXT_TOKENIZER_STRING_INDEX_HPP_
#define FORGE_CORE_TEXT_TOKENIZER_STRING_INDEX_HPP_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/text/tokenizer/hash.hpp"
#include "core/text/tokenizer/token.hpp"

namespace forge::text {

// A hash table of string views, open addressing, keys not copied. The hash is seeded per process,
// so that a file cannot be made to collide. Immutable after the inserts: any thread.
class StringIndex {
 public:
  StringIndex() = default;
  // Room for `count` texts, fewer than 2^30.
  explicit StringIndex(std::size_t count);

  // Adds texts[id]. Returns kNoToken, or the id that has this text already (then nothing is added).
  // `texts` is the same span at every call and at find.
  TokenId insert(std::span<const std::string_view> texts, TokenId id);

  TokenId find(std::span<const std::string_view> texts, std::string_view key) const {
    return slots_.empty() ? kNoToken : find(texts, key, hash_text(key, seed_));
  }
  // ids[i] = find(texts, keys[i]), as many of each. Takes less time for many: memory is asked for
  // in front of its use.
  void find_all(std::span<const std::string_view> texts, std::span<const std::string_view> keys,
                std::span<TokenId> ids) const;

 private:
  TokenId find(std::span<const std::string_view> texts, std::string_view key,
               std::uint64_t hash) const;
  // The text that find() compares with first; nullptr: none.
  const std::string_view* first_text(std::span<const std::string_view> texts,
                                     std::uint64_t hash) const {
    const auto id = static_cast<std::uint32_t>(slots_[hash & mask_]);
    return id == 0 ? nullptr : &texts[id - 1];
  }

  std::vector<std::uint64_t> slots_;  // high half of the hash << 32 | id + 1; 0: empty
  std::size_t mask_ = 0;
  std::uint64_t seed_ = 0;
};

}  // namespace forge::text

#endif  // FORGE_CORE_TEXT_TOKENIZER_STRING_INDEX_HPP_
