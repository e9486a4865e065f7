#include "core/safety/preflight_stream.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "core/base/quote.hpp"
#include "core/device/sysfs.hpp"
#include "forge/abi/preflight.h"

namespace forge::safety {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMaxLine = 4096;       // longer ones are no lines of ours
constexpr std::size_t kMaxSentence = 16384;  // as sentences of plugins are cut
constexpr std::size_t kMaxText = 400;        // of what a stage found

constexpr std::string_view kList = "list ";
constexpr std::string_view kEnter = "enter ";
constexpr std::string_view kPass = "pass ";
constexpr std::string_view kFact = "fact ";
constexpr std::string_view kStage = "stage ";
constexpr std::string_view kResult = "result ";

constexpr std::string_view kFree = "memory_free ";
constexpr std::string_view kVersion = "runtime_version ";
constexpr std::string_view kPath = "runtime_path ";

// Takes the first word off `text`, with the blank behind it.
std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

std::optional<std::uint64_t> number(std::string_view text) {
  const Result<std::uint64_t> value = device::parse_number(text);
  return value.ok() ? std::optional(*value) : std::nullopt;
}

}  // namespace

std::string_view state_name(StageState state) {
  switch (state) {
    case StageState::kPassed:
      return "passed";
    case StageState::kFailed:
      return "failed";
    case StageState::kNotRun:
      break;
  }
  return "not run";
}

std::string list_line(milliseconds limit, std::string_view name, std::string_view purpose) {
  return fmt::format("{}{} {} {}\n", kList, limit.count(), name,
                     printable(purpose.substr(0, kMaxText)));
}

std::string enter_line(std::size_t stage) { return fmt::format("{}{}\n", kEnter, stage); }

std::string pass_line(std::size_t stage, std::string_view text) {
  return fmt::format("{}{} {}\n", kPass, stage, printable(text.substr(0, kMaxText)));
}

std::string fact_lines(const PreflightFacts& facts) {
  std::string out;
  if (facts.memory_free) out += fmt::format("{}{}{}\n", kFact, kFree, *facts.memory_free);
  if (!facts.runtime_version.empty()) {
    out += fmt::format("{}{}{}\n", kFact, kVersion, printable(facts.runtime_version));
  }
  if (!facts.runtime_path.empty()) {
    out += fmt::format("{}{}{}\n", kFact, kPath, printable(facts.runtime_path));
  }
  return out;
}

bool is_stage_name(std::string_view name) {
  return !name.empty() && name.size() <= FORGE_PREFLIGHT_MAX_NAME &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

PreflightStream::PreflightStream(StreamOptions options)
    : options_(std::move(options)), limit_(options_.load_limit), began_(options_.now()) {
  load_.name = kLoadStage;
  load_.purpose = "the pack's library opens and starts";
}

std::optional<milliseconds> PreflightStream::feed(std::string_view piece) {
  std::optional<milliseconds> limit;
  while (!piece.empty()) {
    if (code_) {
      sentence_ += piece.substr(0, kMaxSentence - std::min(sentence_.size(), kMaxSentence));
      break;
    }
    const std::size_t end = piece.find('\n');
    const std::string_view part = piece.substr(0, end);
    if (line_.size() <= kMaxLine) line_ += part.substr(0, kMaxLine + 1);
    if (end == std::string_view::npos) break;
    piece.remove_prefix(end + 1);
    if (line_.size() <= kMaxLine) {
      if (const auto now = take_line(line_)) limit = now;
    }
    line_.clear();
  }
  return limit;
}

std::optional<milliseconds> PreflightStream::take_line(std::string_view line) {
  if (line.starts_with(kStage)) return take_stage(line.substr(kStage.size()));
  if (line.starts_with(kEnter)) return take_enter(line.substr(kEnter.size()));
  if (line.starts_with(kPass)) return take_pass(line.substr(kPass.size()));
  if (line.starts_with(kList)) {
    take_list(line.substr(kList.size()));
  } else if (line.starts_with(kFact)) {
    take_fact(line.substr(kFact.size()));
  } else if (line.starts_with(kResult)) {
    const auto code = number(line.substr(kResult.size()));
    if (code && *code <= FORGE_DATA_LOSS) code_ = static_cast<Code>(*code);
  }
  return std::nullopt;
}

// Only ever forward, so that repeating a line buys no time.
std::optional<milliseconds> PreflightStream::take_stage(std::string_view name) {
  const std::optional<plugin::Stage> stage = plugin::stage_by_name(name);
  if (!stage || (plugin_stage_ && *stage <= *plugin_stage_)) return std::nullopt;
  const bool down = *stage == plugin::Stage::kShutdown;
  if (sealed_ && !(down && complete())) return std::nullopt;
  plugin_stage_ = stage;
  if (complete()) return begin(1 + pack_stages_.size(), options_.load_limit);
  limit_ = options_.load_limit;
  return limit_;
}

void PreflightStream::take_list(std::string_view rest) {
  if (sealed_ || plugin_stage_ != plugin::Stage::kInterfaces ||
      pack_stages_.size() >= FORGE_PREFLIGHT_MAX_STAGES) {
    return;
  }
  const auto limit = number(take_word(rest));
  const std::string_view name = take_word(rest);
  const bool known = std::any_of(pack_stages_.begin(), pack_stages_.end(),
                                 [&](const PackStage& s) { return s.report.name == name; });
  if (!limit || *limit == 0 || *limit > FORGE_PREFLIGHT_MAX_LIMIT_MS || !is_stage_name(name) ||
      known) {
    return;
  }
  PackStage stage;
  stage.report.name = name;
  stage.report.purpose = printable(rest);
  stage.limit = milliseconds(static_cast<std::int64_t>(*limit));
  pack_stages_.push_back(std::move(stage));
}

std::optional<milliseconds> PreflightStream::take_enter(std::string_view rest) {
  if (number(rest) != next_ || in_stage_ || next_ >= pack_stages_.size() ||
      plugin_stage_ != plugin::Stage::kInterfaces) {
    return std::nullopt;
  }
  if (!sealed_) end_current();  // load
  sealed_ = true;
  in_stage_ = true;
  return begin(1 + next_, options_.stage_limit.value_or(pack_stages_[next_].limit));
}

std::optional<milliseconds> PreflightStream::take_pass(std::string_view rest) {
  if (!in_stage_ || number(take_word(rest)) != next_) return std::nullopt;
  pack_stages_[next_].report.text = printable(rest);
  end_current();
  ++next_;
  in_stage_ = false;
  limit_ = options_.load_limit;  // until the next one begins
  return limit_;
}

void PreflightStream::take_fact(std::string_view rest) {
  if (rest.starts_with(kFree)) {
    const auto bytes = number(rest.substr(kFree.size()));
    if (bytes && *bytes != 0) facts_.memory_free = bytes;
  } else if (rest.starts_with(kVersion)) {
    facts_.runtime_version = printable(rest.substr(kVersion.size()));
  } else if (rest.starts_with(kPath)) {
    facts_.runtime_path = printable(rest.substr(kPath.size()));
  }
}

milliseconds PreflightStream::begin(std::size_t stage, milliseconds limit) {
  current_ = stage;
  limit_ = limit;
  began_ = options_.now();
  return limit;
}

// The stage that runs has passed.
void PreflightStream::end_current() {
  StageReport* const report = current_ == 0                     ? &load_
                              : current_ <= pack_stages_.size() ? &pack_stages_[current_ - 1].report
                                                                : nullptr;
  if (report == nullptr || report->state == StageState::kPassed) return;
  report->state = StageState::kPassed;
  report->time = options_.now() - began_;
}

std::vector<StageReport> PreflightStream::stages() const {
  std::vector<StageReport> all = {load_};
  for (const PackStage& stage : pack_stages_) all.push_back(stage.report);
  if (current_ < all.size() && all[current_].state == StageState::kNotRun) {
    all[current_].time = options_.now() - began_;
  }
  return all;
}

std::string PreflightStream::current_name() const {
  if (current_ == 0) return std::string(kLoadStage);
  if (current_ <= pack_stages_.size()) return pack_stages_[current_ - 1].report.name;
  return std::string(kEndStage);
}

std::string PreflightStream::current_phrase() const {
  if (current_ != 0 && current_ <= pack_stages_.size()) return {};
  return plugin_stage_ ? std::string(plugin::stage_phrase(*plugin_stage_))
                       : std::string("before its library was opened");
}

std::optional<Status> PreflightStream::result() const {
  if (!code_) return std::nullopt;
  if (*code_ == Code::kOk) return Status();
  return Status(*code_, printable(sentence_));
}

}  // namespace forge::safety
