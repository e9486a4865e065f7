// core/engine/stop_matcher.hpp: finds stop strings in a stream, also across the borders of tokens.
#ifndef FORGE_CORE_ENGINE_STOP_MATCHER_HPP_
#define FORGE_CORE_ENGINE_STOP_MATCHER_HPP_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace forge::engine {

// Text goes in piece by piece; what cannot be the beginning of a stop string comes out.
// Thread-compatible.
class StopMatcher {
 public:
  explicit StopMatcher(std::vector<std::string> stops);

  // What may be shown now. After a stop string was found: the text before it, and from then on
  // nothing.
  std::string push(std::string_view text);
  // What was held back, at the end of the stream.
  std::string flush();

  bool stopped() const { return found_.has_value(); }
  // The stop string that was found.
  const std::string& found() const { return stops_[*found_]; }

 private:
  std::size_t held_back() const;

  std::vector<std::string> stops_;
  std::string pending_;
  std::optional<std::size_t> found_;
};

}  // namespace forge::engine

#endif  // FORGE_CORE_ENGINE_STOP_MATCHER_HPP_
