// core/safety/preflight_stream.hpp: what the child of a preflight tells while it works.
//
// Lines of text on the report descriptor, in this order:
//   stage NAME               as the probe's (core/plugin/probe_report.hpp), before each stage of
//                            bringing the plugin up and down
//   list LIMIT_MS NAME WHAT  once for each of the pack's stages
//   enter I                  stage I begins
//   fact NAME VALUE          something learned
//   pass I TEXT              stage I passed
//   result CODE              the end, with the sentence behind it to the end of the stream
//
// The child has foreign code in it that may write to any descriptor, so nothing is believed that
// does not come in order: lines that make no sense here are passed over, and a report counts as
// passed only when every stage was entered and passed one after the other.
#ifndef FORGE_CORE_SAFETY_PREFLIGHT_STREAM_HPP_
#define FORGE_CORE_SAFETY_PREFLIGHT_STREAM_HPP_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/plugin/instance.hpp"
#include "core/safety/preflight_report.hpp"
#include "forge/sdk/status.hpp"

namespace forge::safety {

// The lines. Texts are made printable.
std::string list_line(std::chrono::milliseconds limit, std::string_view name,
                      std::string_view purpose);
std::string enter_line(std::size_t stage);
std::string pass_line(std::size_t stage, std::string_view text);
std::string fact_lines(const PreflightFacts& facts);

// Stages' names are 1 to FORGE_PREFLIGHT_MAX_NAME of a-z 0-9 - _.
bool is_stage_name(std::string_view name);

struct StreamOptions {
  std::chrono::milliseconds load_limit{10000};           // of each stage of bringing up and down
  std::optional<std::chrono::milliseconds> stage_limit;  // in place of what the pack says
  std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
};

// Follows the stream as it comes. Thread-compatible.
class PreflightStream {
 public:
  explicit PreflightStream(StreamOptions options);

  // Takes the next piece, which may end anywhere. A time that is returned is the limit from now on.
  std::optional<std::chrono::milliseconds> feed(std::string_view piece);

  // "load", then the pack's stages, as far as they are known. A stage that was entered and not
  // passed is kNotRun here; its time runs until now.
  std::vector<StageReport> stages() const;
  const PreflightFacts& facts() const { return facts_; }

  // Index in stages() of the stage that runs, or kEndStage's: stages().size().
  std::size_t current() const { return current_; }
  std::string current_name() const;
  // For "load" and "shutdown": the plugin's slot that ran, "in initialize()".
  std::string current_phrase() const;
  std::chrono::milliseconds current_limit() const { return limit_; }

  // Every stage passed, in order.
  bool complete() const { return sealed_ && next_ == pack_stages_.size(); }
  std::size_t passed() const { return next_; }
  std::size_t listed() const { return pack_stages_.size(); }
  // What the child said at its end, if it came so far.
  std::optional<Status> result() const;

 private:
  struct PackStage {
    StageReport report;
    std::chrono::milliseconds limit;
  };

  std::optional<std::chrono::milliseconds> take_line(std::string_view line);
  std::optional<std::chrono::milliseconds> take_stage(std::string_view name);
  void take_list(std::string_view rest);
  std::optional<std::chrono::milliseconds> take_enter(std::string_view rest);
  std::optional<std::chrono::milliseconds> take_pass(std::string_view rest);
  void take_fact(std::string_view rest);
  std::chrono::milliseconds begin(std::size_t stage, std::chrono::milliseconds limit);
  void end_current();

  StreamOptions options_;
  std::string line_;  // not complete yet
  std::optional<plugin::Stage> plugin_stage_;
  StageReport load_;
  std::vector<PackStage> pack_stages_;
  PreflightFacts facts_;
  bool sealed_ = false;      // no more stages are listed
  std::size_t next_ = 0;     // the pack's stage that may be entered
  std::size_t current_ = 0;  // 0: load, 1..: the pack's, behind them: shutdown
  bool in_stage_ = false;    // of the pack
  std::chrono::milliseconds limit_;
  std::chrono::steady_clock::time_point began_;
  std::optional<Code> code_;
  std::string sentence_;
};

}  // namespace forge::safety

#endif  // FORGE_CORE_SAFETY_PREFLIGHT_STREAM_HPP_
