#include "core/text/tokenizer/symbol_merger.hpp"

#include <random>
#include <vector>

#include "tests/catch.hpp"

namespace forge::text {
namespace {

struct Piece {
  TokenId token;
  std::size_t begin, end;
  bool operator==(const Piece&) const = default;
};

// A made-up rule with many ties: tokens are small numbers, some pairs of them may be joined.
Merge rule(TokenId left, TokenId right) {
  const std::uint32_t key = static_cast<std::uint32_t>(left * 7 + right * 3) % 11;
  if (key > 6) return {};
  return {key, (left * 5 + right + 1) % 23};
}

// The definition, word for word.
std::vector<Piece> by_definition(std::vector<Piece> pieces) {
  while (true) {
    std::size_t best = pieces.size();
    std::uint32_t best_key = Merge::kNever;
    for (std::size_t i = 0; i + 1 < pieces.size(); ++i) {
      const Merge merge = rule(pieces[i].token, pieces[i + 1].token);
      if (merge.key < best_key) {
        best = i;
        best_key = merge.key;
      }
    }
    if (best == pieces.size()) return pieces;
    pieces[best].token = rule(pieces[best].token, pieces[best + 1].token).token;
    pieces[best].end = pieces[best + 1].end;
    pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
}

TEST_CASE("symbols are joined in the order of their keys, leftmost first") {
  SymbolMerger merger;
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::vector<Piece> pieces;
    std::size_t at = 0;
    merger.clear();
    for (std::size_t n = random() % 40; n > 0; --n) {
      const std::size_t size = 1 + random() % 3;
      const auto token = static_cast<TokenId>(random() % 23);
      pieces.push_back({token, at, at + size});
      merger.add(token, at);
      at += size;
    }
    std::vector<Piece> merged;
    merger.run(
        at,
        [&](const Symbol& left, const Symbol& right, std::uint32_t right_end) {
          REQUIRE(left.begin < right.begin);
          REQUIRE(right.begin < right_end);
          return rule(left.token, right.token);
        },
        [&](TokenId token, std::uint32_t begin, std::uint32_t end) {
          merged.push_back({token, begin, end});
        });
    REQUIRE(merged == by_definition(pieces));
  }
}

}  // namespace
}  // namespace forge::text
