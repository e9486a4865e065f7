#include "core/engine/stop_matcher.hpp"

#include <algorithm>

namespace forge::engine {

StopMatcher::StopMatcher(std::vector<std::string> stops) : stops_(std::move(stops)) {
  std::erase(stops_, std::string());  // an empty one would stop everything
}

// Length of the longest end of the pending text that a stop string starts with.
std::size_t StopMatcher::held_back() const {
  std::size_t longest = 0;
  for (const std::string& stop : stops_) {
    std::size_t n = std::min(stop.size() - 1, pending_.size());
    while (n > longest && pending_.compare(pending_.size() - n, n, stop, 0, n) != 0) --n;
    longest = std::max(longest, n);
  }
  return longest;
}

std::string StopMatcher::push(std::string_view text) {
  if (stopped()) return {};
  pending_ += text;
  std::size_t first = std::string::npos;
  for (std::size_t i = 0; i < stops_.size(); ++i) {
    const std::size_t at = pending_.find(stops_[i]);
    if (at < first) {
      first = at;
      found_ = i;
    }
  }
  const std::size_t n = stopped() ? first : pending_.size() - held_back();
  std::string out = pending_.substr(0, n);
  pending_.erase(0, n);
  return out;
}

std::string StopMatcher::flush() {
  if (stopped()) return {};
  return std::exchange(pending_, {});
}

}  // namespace forge::engine
