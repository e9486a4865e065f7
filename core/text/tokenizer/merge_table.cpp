#include "core/text/tokenizer/merge_table.hpp"

#include <fmt/format.h>

#include <bit>
#include <string>
#include <string_view>

#include "core/base/quote.hpp"

namespace forge::text {

MergeTable::MergeTable(std::size_t count)
    : entries_(std::bit_ceil(count + count / 2 + 2)),
      mask_(entries_.size() - 1),
      seed_(process_seed()) {}

void MergeTable::insert(TokenId left, TokenId right, Merge merge) {
  std::size_t at = place(left, right);
  for (; entries_[at].left != kNoToken; at = (at + 1) & mask_) {
    if (entries_[at].left == left && entries_[at].right == right) return;
  }
  entries_[at] = {left, right, merge};
}

Result<MergeTable> MergeTable::create(const Vocab& vocab) {
  MergeTable table(vocab.merges().size());
  std::string joined;
  TokenId guess = kNoToken;  // results mostly follow each other in the vocabulary
  for (std::size_t rank = 0; rank < vocab.merges().size(); ++rank) {
    const std::string_view merge = vocab.merges()[rank];
    // From 1: a token may be a space, and then it is the first.
    const std::size_t space = merge.find(' ', 1);
    if (space == std::string_view::npos || space + 1 == merge.size()) {
      return invalid_argument(fmt::format(
          "tokenizer.ggml.merges entry {} is {}; expected two tokens with a space between them",
          rank, quote(merge)));
    }
    joined.assign(merge.substr(0, space));
    joined += merge.substr(space + 1);
    const TokenId left = vocab.find(merge.substr(0, space));
    const TokenId right = vocab.find(merge.substr(space + 1));
    ++guess;
    if (!vocab.contains(guess) || vocab.text(guess) != joined) guess = vocab.find(joined);
    if (left == kNoToken || right == kNoToken || guess == kNoToken) {
      const std::string_view missing = left == kNoToken    ? merge.substr(0, space)
                                       : right == kNoToken ? merge.substr(space + 1)
                                                           : std::string_view(joined);
      return invalid_argument(fmt::format(
          "tokenizer.ggml.merges entry {} is {}, but {} is not a token; the vocabulary is damaged",
          rank, quote(merge), quote(missing)));
    }
    table.insert(left, right, {static_cast<std::uint32_t>(rank), guess});
  }
  return table;
}

}  // namespace forge::text
