// host/chat/think_filter.hpp: tells a model's reasoning from its answer while both stream in.
#ifndef FORGE_HOST_CHAT_THINK_FILTER_HPP_
#define FORGE_HOST_CHAT_THINK_FILTER_HPP_

#include <functional>
#include <string>
#include <string_view>

namespace forge {

// Splits text at "<think>" and "</think>", which may come in pieces. The tags themselves are not
// handed on, nor is white space right behind the closing one. Thread-compatible.
class ThinkFilter {
 public:
  // Gets the text in order, a piece at a time; never empty.
  using Sink = std::function<void(std::string_view text, bool thinking)>;

  // thinking: the text begins inside, because the prompt ended with the opening tag.
  ThinkFilter(bool thinking, Sink sink) : sink_(std::move(sink)), thinking_(thinking) {}

  void push(std::string_view text);
  // The text is over: what looked like the beginning of a tag was none.
  void finish();

 private:
  void hand_on(std::string_view text);

  Sink sink_;
  std::string held_;  // may be the beginning of a tag
  bool thinking_;
  bool skip_space_ = false;
};

}  // namespace forge

#endif  // FORGE_HOST_CHAT_THINK_FILTER_HPP_
