// core/text/tokenizer/string_index.hpp: from a token's text to its id.
#ifndef FORGE_CORE_TEXT_TOKENIZER_STRING_INDEX_HPP_
#define FORGE_CORE_TEXT_TOKENIZER_STRING_INDEX_HPP_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

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

  TokenId find(std::span<const std::string_view> texts, std::string_view key) const;

 private:
  std::vector<std::uint64_t> slots_;  // high half of the hash << 32 | id + 1; 0: empty
  std::size_t mask_ = 0;
  std::uint64_t seed_ = 0;
};

}  // namespace forge::text

#endif  // FORGE_CORE_TEXT_TOKENIZER_STRING_INDEX_HPP_
