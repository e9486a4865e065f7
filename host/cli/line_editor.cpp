#include "host/cli/line_editor.hpp"

#include <histedit.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "host/cli/terminal.hpp"

namespace forge::cli {
namespace {

constexpr int kHistoryLines = 1000;
constexpr const char* kContinued = "... ";

// Takes the backslash away that asks for another line.
bool wants_more(std::string& line) {
  if (!line.ends_with('\\')) return false;
  line.back() = '\n';
  return true;
}

class PipeReader final : public LineEditor {
 public:
  Line read(const std::string&) override {
    Line line;
    std::string part;
    while (std::getline(std::cin, part)) {
      line.kind = Line::Kind::kText;
      const bool more = wants_more(part);
      line.text += part;
      if (!more) break;
    }
    return line;
  }
};

class TerminalEditor final : public LineEditor {
 public:
  explicit TerminalEditor(const Options& options);
  ~TerminalEditor() override;
  Line read(const std::string& prompt) override;

 private:
  static TerminalEditor& self(EditLine* editor);
  static const char* prompt_of(EditLine* editor);
  static unsigned char on_cancel(EditLine* editor, int);
  static unsigned char on_complete(EditLine* editor, int);
  void remember(const std::string& line);

  Options options_;
  EditLine* editor_;
  History* history_;
  std::string prompt_;
  bool cancelled_ = false;
};

TerminalEditor::TerminalEditor(const Options& options)
    : options_(options),
      editor_(el_init("rocmforge", stdin, stdout, stderr)),
      history_(history_init()) {
  el_set(editor_, EL_CLIENTDATA, this);
  el_set(editor_, EL_PROMPT, &TerminalEditor::prompt_of);
  el_set(editor_, EL_EDITOR, "emacs");
  el_set(editor_, EL_SIGNAL, 1);
  el_set(editor_, EL_HIST, history, history_);
  el_set(editor_, EL_ADDFN, "forge-cancel", "Drop the line", &TerminalEditor::on_cancel);
  el_set(editor_, EL_ADDFN, "forge-complete", "Complete a command", &TerminalEditor::on_complete);
  // While a line is edited Ctrl-C is a key like others; during an answer it is a signal.
  el_set(editor_, EL_SETTY, "-d", "-isig", nullptr);
  el_set(editor_, EL_BIND, "^C", "forge-cancel", nullptr);
  el_set(editor_, EL_BIND, "^I", "forge-complete", nullptr);
  el_set(editor_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  HistEvent event;
  history(history_, &event, H_SETSIZE, kHistoryLines);
  history(history_, &event, H_SETUNIQUE, 1);
  if (!options_.history_file.empty())
    history(history_, &event, H_LOAD, options_.history_file.c_str());
}

TerminalEditor::~TerminalEditor() {
  HistEvent event;
  if (!options_.history_file.empty())
    history(history_, &event, H_SAVE, options_.history_file.c_str());
  history_end(history_);
  el_end(editor_);
}

TerminalEditor& TerminalEditor::self(EditLine* editor) {
  void* data = nullptr;
  el_get(editor, EL_CLIENTDATA, &data);
  return *static_cast<TerminalEditor*>(data);
}

const char* TerminalEditor::prompt_of(EditLine* editor) { return self(editor).prompt_.c_str(); }

unsigned char TerminalEditor::on_cancel(EditLine* editor, int) {
  self(editor).cancelled_ = true;
  return CC_NEWLINE;
}

unsigned char TerminalEditor::on_complete(EditLine* editor, int) {
  const LineInfo* line = el_line(editor);
  const std::string_view typed(line->buffer, static_cast<std::size_t>(line->cursor - line->buffer));
  if (typed.empty() || typed.front() != '/' || typed.find(' ') != std::string_view::npos)
    return CC_ERROR;
  std::string common;
  int n = 0;
  for (const std::string& word : self(editor).options_.words) {
    if (!std::string_view(word).starts_with(typed)) continue;
    if (n++ == 0) {
      common = word;
    } else {
      const auto end = std::mismatch(common.begin(), common.end(), word.begin(), word.end()).first;
      common.erase(end, common.end());
    }
  }
  if (n == 1) common += ' ';
  if (common.size() <= typed.size()) return CC_ERROR;
  return el_insertstr(editor, common.c_str() + typed.size()) == 0 ? CC_REFRESH : CC_ERROR;
}

void TerminalEditor::remember(const std::string& line) {
  if (line.find_first_not_of(" \t\n") == std::string::npos) return;
  HistEvent event;
  history(history_, &event, H_ENTER, line.c_str());
  if (!options_.history_file.empty())
    history(history_, &event, H_SAVE, options_.history_file.c_str());
}

Line TerminalEditor::read(const std::string& prompt) {
  Line line;
  prompt_ = prompt;
  for (;;) {
    int n = 0;
    cancelled_ = false;
    const char* typed = el_gets(editor_, &n);
    if (cancelled_) return {Line::Kind::kInterrupted, {}};
    if (typed == nullptr || n <= 0) {
      if (!line.text.empty()) line.kind = Line::Kind::kText;
      break;
    }
    std::string part(typed, static_cast<std::size_t>(n));
    while (part.ends_with('\n') || part.ends_with('\r')) part.pop_back();
    line.kind = Line::Kind::kText;
    const bool more = wants_more(part);
    line.text += part;
    if (!more) break;
    prompt_ = kContinued;
  }
  if (line.kind == Line::Kind::kText) remember(line.text);
  return line;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::unique_ptr<LineEditor> LineEditor::create(const Options& options) {
  if (!is_terminal(stdin) || !is_terminal(stdout)) return std::make_unique<PipeReader>();
  // libedit takes characters apart by the locale; without one, UTF-8 still is what terminals send.
  if (std::setlocale(LC_CTYPE, "") == nullptr ||
      std::strcmp(std::setlocale(LC_CTYPE, nullptr), "C") == 0)
    std::setlocale(LC_CTYPE, "C.UTF-8");
  return std::make_unique<TerminalEditor>(options);
}

std::string history_file() {
  std::string folder = environment("XDG_STATE_HOME");
  if (folder.empty() && !environment("HOME").empty())
    folder = environment("HOME") + "/.local/state";
  if (folder.empty()) return "";
  folder += "/rocmforge";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  return error ? "" : folder + "/history";
}

}  // namespace forge::cli
