// core/text/tokenizer/merge_table.hpp: which pairs of tokens a byte-level BPE vocabulary joins.
#ifndef FORGE_CORE_TEXT_TOKENIZER_MERGE_TABLE_HPP_
#define FORGE_CORE_TEXT_TOKENIZER_MERGE_TABLE_HPP_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/text/tokenizer/hash.hpp"
#include "core/text/tokenizer/symbol_merger.hpp"
#include "core/text/tokenizer/token.hpp"
#include "core/text/tokenizer/vocab.hpp"
#include "forge/sdk/status.hpp"

namespace forge::text {

// A hash table from two token ids to rank and result. Immutable: any thread.
class MergeTable {
 public:
  // From vocab.merges(): "left right", where both and their concatenation are tokens. A pair that
  // is listed twice has the first rank. Errors: kInvalidArgument, naming the merge.
  static Result<MergeTable> create(const Vocab& vocab);

  // Key: the rank.
  Merge find(TokenId left, TokenId right) const {
    for (std::size_t at = place(left, right);; at = (at + 1) & mask_) {
      const Entry& entry = entries_[at];
      if (entry.left == left && entry.right == right) return entry.merge;
      if (entry.left == kNoToken) return {};
    }
  }

 private:
  struct Entry {
    TokenId left = kNoToken, right = kNoToken;
    Merge merge;
  };

  explicit MergeTable(std::size_t count);
  std::size_t place(TokenId left, TokenId right) const {
    const std::uint64_t pair =
        std::uint64_t{static_cast<std::uint32_t>(left)} << 32 | static_cast<std::uint32_t>(right);
    return mix(pair ^ seed_, kHashA) & mask_;
  }
  // The merges from rank `first` on, at most kGroup.
  static constexpr std::size_t kGroup = 64;
  Status insert_group(const Vocab& vocab, std::size_t first, TokenId& guess);
  void insert(TokenId left, TokenId right, Merge merge);

  std::vector<Entry> entries_;
  std::size_t mask_ = 0;
  std::uint64_t seed_ = 0;
};

}  // namespace forge::text

#endif  // FORGE_CORE_TEXT_TOKENIZER_MERGE_TABLE_HPP_
