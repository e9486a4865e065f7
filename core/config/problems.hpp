// core/config/problems.hpp: several errors in one Status.
#ifndef FORGE_CORE_CONFIG_PROBLEMS_HPP_
#define FORGE_CORE_CONFIG_PROBLEMS_HPP_

#include <cstddef>
#include <string>
#include <vector>

#include "forge/sdk/status.hpp"

namespace forge::config {

// Collects messages, in the order they are to be told. Thread-compatible.
class Problems {
 public:
  static constexpr std::size_t kMost = 10;  // told one by one; the rest is counted

  void add(std::string message) {
    ++count_;
    if (lines_.size() < kMost) lines_.push_back(std::move(message));
  }
  void add(const Status& status) {
    if (!status.ok()) add(status.message());
  }

  // Ok when nothing was added; else kInvalidArgument with one line per message.
  Status status() const {
    if (count_ == 0) return {};
    std::string text;
    for (const std::string& line : lines_) text += (text.empty() ? "" : "\n") + line;
    if (count_ > lines_.size()) {
      text += "\nand " + std::to_string(count_ - lines_.size()) + " more problems";
    }
    return invalid_argument(std::move(text));
  }

 private:
  std::size_t count_ = 0;
  std::vector<std::string> lines_;
};

}  // namespace forge::config

#endif  // FORGE_CORE_CONFIG_PROBLEMS_HPP_
