#include "core/text/tokenizer/special_finder.hpp"

#include <algorithm>
#include <cstring>

namespace forge::text {
namespace {

// As the C locale has it.
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// memmem, unlike std::string_view::find, is linear for every needle.
std::size_t find_in(std::string_view text, std::size_t begin, std::size_t end,
                    std::string_view needle) {
  const void* found = memmem(text.data() + begin, end - begin, needle.data(), needle.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

}  // namespace

SpecialFinder::SpecialFinder(const Vocab& vocab, TokenAttributes wanted, TokenAttributes unwanted)
    : vocab_(&vocab), nodes_(1) {
  for (std::size_t i = 0; i < vocab.size(); ++i) {
    const auto id = static_cast<TokenId>(i);
    if (vocab.is(id, wanted) && !vocab.is(id, unwanted)) specials_.push_back({vocab.text(id), id});
  }
  std::sort(specials_.begin(), specials_.end(), [](const Special& a, const Special& b) {
    return a.text.size() != b.text.size() ? a.text.size() > b.text.size() : a.token < b.token;
  });
  for (std::size_t i = 0; i < specials_.size(); ++i) {
    add(specials_[i].text, static_cast<std::uint32_t>(i));
  }
  link();
}

void SpecialFinder::add(std::string_view text, std::uint32_t special) {
  std::uint32_t node = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    std::uint32_t next = child(node, byte);
    if (next == 0) {
      next = static_cast<std::uint32_t>(nodes_.size());
      nodes_.push_back({});
      nodes_[next].byte = byte;
      nodes_[next].sibling = nodes_[node].child;
      nodes_[node].child = next;
      if (node == 0) root_[byte] = next;
    }
    node = next;
  }
  nodes_[node].special = special + 1;
}

// Breadth first: a node's links lead to shorter ones.
void SpecialFinder::link() {
  std::vector<std::uint32_t> order{0};
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::uint32_t parent = order[i];
    for (std::uint32_t node = nodes_[parent].child; node != 0; node = nodes_[node].sibling) {
      order.push_back(node);
      Node& at = nodes_[node];
      at.fail = parent == 0 ? 0 : step(nodes_[parent].fail, at.byte);
      at.output = at.special != 0 ? node : nodes_[at.fail].output;
    }
  }
}

std::uint32_t SpecialFinder::child(std::uint32_t node, unsigned char byte) const {
  if (node == 0) return root_[byte];
  std::uint32_t at = nodes_[node].child;
  while (at != 0 && nodes_[at].byte != byte) at = nodes_[at].sibling;
  return at;
}

std::uint32_t SpecialFinder::step(std::uint32_t node, unsigned char byte) const {
  for (;; node = nodes_[node].fail) {
    const std::uint32_t next = child(node, byte);
    if (next != 0 || node == 0) return next;
  }
}

// Which specials the text contains, overlapping or not.
void SpecialFinder::find_present(std::string_view text, Scratch& scratch) const {
  scratch.present.clear();
  if (specials_.empty()) return;
  scratch.seen.assign(nodes_.size(), 0);
  std::uint32_t node = 0;
  for (const char c : text) {
    node = step(node, static_cast<unsigned char>(c));
    for (std::uint32_t at = nodes_[node].output; at != 0 && scratch.seen[at] == 0;
         at = nodes_[nodes_[at].fail].output) {
      scratch.seen[at] = 1;
      scratch.present.push_back(nodes_[at].special - 1);
    }
  }
  std::sort(scratch.present.begin(), scratch.present.end());
}

void SpecialFinder::split(std::string_view text, Scratch& scratch) const {
  scratch.fragments.clear();
  if (text.empty()) return;
  scratch.fragments.push_back({kNoToken, 0, text.size()});
  find_present(text, scratch);
  for (const std::uint32_t index : scratch.present) {
    scratch.fragments.swap(scratch.previous);
    scratch.fragments.clear();
    for (const Fragment& fragment : scratch.previous) {
      split_at(text, specials_[index], fragment, scratch.fragments);
    }
  }
}

void SpecialFinder::split_at(std::string_view text, const Special& special,
                             const Fragment& fragment, std::vector<Fragment>& out) const {
  if (fragment.token != kNoToken) {
    out.push_back(fragment);
    return;
  }
  std::size_t begin = fragment.begin;
  while (begin < fragment.end) {
    const std::size_t found = find_in(text, begin, fragment.end, special.text);
    if (found == std::string_view::npos) break;
    std::size_t left = found;
    std::size_t right = found + special.text.size();
    if (vocab_->is(special.token, kTokenStripLeft)) {
      while (left > begin && is_space(text[left - 1])) --left;
    }
    if (vocab_->is(special.token, kTokenStripRight)) {
      while (right < fragment.end && is_space(text[right])) ++right;
    }
    if (left > begin) out.push_back({kNoToken, begin, left});
    out.push_back({special.token, left, right});
    begin = right;
  }
  if (begin < fragment.end) out.push_back({kNoToken, begin, fragment.end});
}

}  // namespace forge::text
