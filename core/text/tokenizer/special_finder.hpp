// core/text/tokenizer/special_finder.hpp: special tokens written out in text.
#ifndef FORGE_CORE_TEXT_TOKENIZER_SPECIAL_FINDER_HPP_
#define FORGE_CORE_TEXT_TOKENIZER_SPECIAL_FINDER_HPP_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/text/tokenizer/token.hpp"
#include "core/text/tokenizer/vocab.hpp"

namespace forge::text {

// A stretch of a text: a special token, or ordinary text between two of them.
struct Fragment {
  TokenId token;           // kNoToken: ordinary text
  std::size_t begin, end;  // bytes
};

// Cuts text at the texts of special tokens. Where several could stand, the longest token takes its
// places first, whatever comes before it in the text; tokens of one length go by id. A token with
// kTokenStripLeft or kTokenStripRight swallows the whitespace (ASCII) on that side, up to the next
// special token. Immutable: any thread, each with its own Scratch.
class SpecialFinder {
 public:
  // Looks for the tokens that have any of the attributes `wanted` and none of `unwanted`. `vocab`
  // must outlive the finder.
  SpecialFinder(const Vocab& vocab, TokenAttributes wanted, TokenAttributes unwanted);

  struct Scratch {
    std::vector<std::uint8_t> seen;      // by node
    std::vector<std::uint32_t> present;  // indices of specials, ascending
    std::vector<Fragment> fragments, previous;
  };

  // Replaces scratch.fragments: in order, not empty, without what was stripped. Linear in the
  // text's size times (1 + different special tokens in it).
  void split(std::string_view text, Scratch& scratch) const;

 private:
  struct Special {
    std::string_view text;
    TokenId token;
  };
  // Of the automaton of Aho and Corasick (https://doi.org/10.1145/360825.360855). Node 0 is the
  // root; as a link, 0 is none.
  struct Node {
    std::uint32_t child = 0,
                  sibling = 0;  // the first of the nodes one byte further; the next of them
    std::uint32_t fail = 0;     // the longest proper suffix that is a node
    std::uint32_t output = 0;   // this node or the first on its fail links with a special
    std::uint32_t special = 0;  // index + 1
    unsigned char byte = 0;
  };

  void add(std::string_view text, std::uint32_t special);
  void link();
  std::uint32_t child(std::uint32_t node, unsigned char byte) const;
  std::uint32_t step(std::uint32_t node, unsigned char byte) const;
  void find_present(std::string_view text, Scratch& scratch) const;
  void split_at(std::string_view text, const Special& special, const Fragment& fragment,
                std::vector<Fragment>& out) const;

  const Vocab* vocab_;
  std::vector<Special> specials_;  // in the order they take their places
  std::vector<Node> nodes_;
  std::array<std::uint32_t, 256> root_{};  // children of the root by byte
};

}  // namespace forge::text

#endif  // FORGE_CORE_TEXT_TOKENIZER_SPECIAL_FINDER_HPP_
