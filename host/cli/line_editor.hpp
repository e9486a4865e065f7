// host/cli/line_editor.hpp: lines from the person at the terminal, or from a pipe.
#ifndef FORGE_HOST_CLI_LINE_EDITOR_HPP_
#define FORGE_HOST_CLI_LINE_EDITOR_HPP_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace forge::cli {

// What came of reading a line.
struct Line {
  enum class Kind {
    kText,
    kInterrupted,  // Ctrl-C: what was typed is dropped
    kEnd,          // Ctrl-D on an empty line, or the end of the pipe
  };
  Kind kind = Kind::kEnd;
  std::string text;  // without the newline
};

// A line that ends with a backslash goes on in the next. Main thread only.
class LineEditor {
 public:
  virtual ~LineEditor() = default;

  // Shows the prompt, on a terminal, and waits for a line.
  virtual Line read(const std::string& prompt) = 0;

  struct Options {
    std::string history_file;        // kept over sessions; empty: none
    std::vector<std::string> words;  // Tab completes the line's first word to one of these
  };

  // With editing, history and completion (libedit) when standard input and output are a terminal;
  // else plain lines without a prompt.
  static std::unique_ptr<LineEditor> create(const Options& options);
};

// $XDG_STATE_HOME/rocmforge/history, without that variable ~/.local/state/...; its folder is made.
// "" when there is no place for it.
std::string history_file();

}  // namespace forge::cli

#endif  // FORGE_HOST_CLI_LINE_EDITOR_HPP_
