// core/text/tokenizer/symbol_merger.hpp: joining neighbours until no pair may be joined.
//
// Both BPE and SentencePiece go by one rule: of all neighbouring symbols that may be joined, join
// the pair with the smallest key, among equal keys the leftmost; repeat. They differ in what the
// key is (a merge's rank; a token's score, turned around).
#ifndef FORGE_CORE_TEXT_TOKENIZER_SYMBOL_MERGER_HPP_
#define FORGE_CORE_TEXT_TOKENIZER_SYMBOL_MERGER_HPP_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "core/text/tokenizer/token.hpp"

namespace forge::text {

// What joining two neighbours gives.
struct Merge {
  static constexpr std::uint32_t kNever = 0xffffffff;
  std::uint32_t key = kNever;  // smaller is sooner; kNever: not to be joined
  TokenId token = kNoToken;    // the result
};

// A piece of text between `begin` and the begin of the symbol `next`.
struct Symbol {
  TokenId token;        // kNoToken: no token has this text
  std::uint32_t begin;  // bytes
  std::int32_t prev, next;
  Merge merge;  // with the next symbol
};

// O(n log n) time for n symbols, 24 bytes a symbol and about 12 for the queue; the memory is kept.
// One thread at a time.
class SymbolMerger {
 public:
  // The symbols of the text to come, in order; at most 2^31 - 1.
  void clear() { symbols_.clear(); }
  void add(TokenId token, std::size_t begin) {
    const auto n = static_cast<std::int32_t>(symbols_.size());
    symbols_.push_back({token, static_cast<std::uint32_t>(begin), n - 1, n + 1, {}});
  }

  // Joins, with `lookup(left, right_end, right)` giving the Merge of two neighbouring Symbols;
  // right_end is where the right one ends. Then calls emit(token, begin, end) for each symbol left.
  template <class Lookup, class Emit>
  void run(std::size_t text_size, const Lookup& lookup, const Emit& emit) {
    const auto count = static_cast<std::int32_t>(symbols_.size());
    if (count == 0) return;
    symbols_.back().next = -1;
    end_ = static_cast<std::uint32_t>(text_size);
    queue_.clear();
    for (std::int32_t i = 0; i + 1 < count; ++i) {
      if (look(i, lookup)) queue_.push_back(entry(i));
    }
    std::make_heap(queue_.begin(), queue_.end(), std::greater<>());
    while (!queue_.empty()) join(pop(), lookup);
    for (std::int32_t i = 0; i >= 0; i = at(i).next) emit(at(i).token, at(i).begin, end_of(at(i)));
  }

 private:
  Symbol& at(std::int32_t i) { return symbols_[static_cast<std::size_t>(i)]; }
  std::uint32_t end_of(const Symbol& symbol) {
    return symbol.next < 0 ? end_ : at(symbol.next).begin;
  }

  // A key and the left symbol's index as one number: smaller key first, then leftmost.
  std::uint64_t entry(std::int32_t left) {
    return std::uint64_t{at(left).merge.key} << 32 | static_cast<std::uint32_t>(left);
  }

  // Finds out what `left` and its neighbour give; whether they may be joined.
  template <class Lookup>
  bool look(std::int32_t left, const Lookup& lookup) {
    Symbol& symbol = at(left);
    symbol.merge = {};
    if (symbol.next >= 0) {
      const Symbol& right = at(symbol.next);
      symbol.merge = lookup(symbol, right, end_of(right));
    }
    return symbol.merge.key != Merge::kNever;
  }

  template <class Lookup>
  void push(std::int32_t left, const Lookup& lookup) {
    if (!look(left, lookup)) return;
    queue_.push_back(entry(left));
    std::push_heap(queue_.begin(), queue_.end(), std::greater<>());
  }

  std::uint64_t pop() {
    std::pop_heap(queue_.begin(), queue_.end(), std::greater<>());
    const std::uint64_t top = queue_.back();
    queue_.pop_back();
    return top;
  }

  // Entries are not taken back when a neighbour changes: one is void unless its key still is the
  // symbol's. A joined symbol has kNever.
  template <class Lookup>
  void join(std::uint64_t top, const Lookup& lookup) {
    const auto left_index = static_cast<std::int32_t>(top & 0xffffffffu);
    Symbol& left = at(left_index);
    if (left.merge.key != top >> 32) return;
    Symbol& right = at(left.next);
    left.token = left.merge.token;
    left.next = right.next;
    right.merge = {};
    if (left.next >= 0) at(left.next).prev = left_index;
    if (left.prev >= 0) push(left.prev, lookup);
    push(left_index, lookup);
  }

  std::vector<Symbol> symbols_;
  std::vector<std::uint64_t> queue_;  // a heap, smallest first
  std::uint32_t end_ = 0;
};

}  // namespace forge::text

#endif  // FORGE_CORE_TEXT_TOKENIZER_SYMBOL_MERGER_HPP_
