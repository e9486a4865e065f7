#include "core/text/tokenizer/merge_table.hpp"

#include <fmt/format.h>

#include <algorithm>
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

// Nearly all of the time goes into waiting for memory, once a merge or more: so things are looked
// up for a group of them at a time.
Status MergeTable::insert_group(const Vocab& vocab, std::size_t first, TokenId& guess) {
  const std::span<const std::string_view> merges =
      vocab.merges().subspan(first, std::min(kGroup, vocab.merges().size() - first));
  std::string_view parts[2 * kGroup];
  TokenId ids[2 * kGroup];
  Merge results[kGroup];
  for (std::size_t i = 0; i < merges.size(); ++i) {
    // From 1: a token may be a space, and then it is the first.
    const std::size_t space = merges[i].find(' ', 1);
    if (space == std::string_view::npos || space + 1 == merges[i].size()) {
      return invalid_argument(fmt::format(
          "tokenizer.ggml.merges entry {} is {}; expected two tokens with a space between them",
          first + i, quote(merges[i])));
    }
    parts[2 * i] = merges[i].substr(0, space);
    parts[2 * i + 1] = merges[i].substr(space + 1);
  }
  const std::size_t n_parts = 2 * merges.size();
  vocab.find_all(std::span(parts, n_parts), std::span(ids, n_parts));
  std::string joined;
  for (std::size_t i = 0; i < merges.size(); ++i) {
    joined.assign(parts[2 * i]);
    joined += parts[2 * i + 1];
    ++guess;
    if (!vocab.contains(guess) || vocab.text(guess) != joined) guess = vocab.find(joined);
    const TokenId left = ids[2 * i];
    const TokenId right = ids[2 * i + 1];
    if (left == kNoToken || right == kNoToken || guess == kNoToken) {
      const std::string_view missing = left == kNoToken    ? parts[2 * i]
                                       : right == kNoToken ? parts[2 * i + 1]
                                                           : std::string_view(joined);
      return invalid_argument(fmt::format(
          "tokenizer.ggml.merges entry {} is {}, but {} is not a token; the vocabulary is damaged",
          first + i, quote(merges[i]), quote(missing)));
    }
    results[i] = {static_cast<std::uint32_t>(first + i), guess};
    __builtin_prefetch(&entries_[place(left, right)], 1);
  }
  for (std::size_t i = 0; i < merges.size(); ++i) insert(ids[2 * i], ids[2 * i + 1], results[i]);
  return {};
}

Result<MergeTable> MergeTable::create(const Vocab& vocab) {
  MergeTable table(vocab.merges().size());
  TokenId guess = kNoToken;  // results mostly follow each other in the vocabulary
  for (std::size_t first = 0; first < vocab.merges().size(); first += kGroup)
    FORGE_TRY(table.insert_group(vocab, first, guess));
  return table;
}

}  // namespace forge::text
