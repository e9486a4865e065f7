#include "host/chat/think_filter.hpp"

#include <algorithm>

namespace forge {
namespace {

constexpr std::string_view kOpen = "<think>";
constexpr std::string_view kClose = "</think>";

// Length of the longest end of `text` that `tag` begins with; not the whole tag.
std::size_t partial_match(std::string_view text, std::string_view tag) {
  for (std::size_t n = std::min(text.size(), tag.size() - 1); n > 0; --n) {
    if (text.substr(text.size() - n) == tag.substr(0, n)) return n;
  }
  return 0;
}

}  // namespace

void ThinkFilter::hand_on(std::string_view text) {
  if (skip_space_) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    if (text.empty()) return;
    skip_space_ = false;
  }
  if (!text.empty()) sink_(text, thinking_);
}

void ThinkFilter::push(std::string_view text) {
  held_ += text;
  for (;;) {
    const std::string_view tag = thinking_ ? kClose : kOpen;
    const std::size_t at = held_.find(tag);
    if (at == std::string::npos) break;
    hand_on(std::string_view(held_).substr(0, at));
    held_.erase(0, at + tag.size());
    skip_space_ = true;
    thinking_ = !thinking_;
  }
  const std::size_t keep = partial_match(held_, thinking_ ? kClose : kOpen);
  hand_on(std::string_view(held_).substr(0, held_.size() - keep));
  held_.erase(0, held_.size() - keep);
}

void ThinkFilter::finish() {
  hand_on(held_);
  held_.clear();
}

}  // namespace forge
