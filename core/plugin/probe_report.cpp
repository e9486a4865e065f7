#include "core/plugin/probe_report.hpp"

#include <fmt/core.h>

#include <optional>
#include <string_view>
#include <utility>

#include "core/base/quote.hpp"
#include "core/device/sysfs.hpp"

namespace forge::plugin {
namespace {

constexpr std::string_view kStage = "stage ";
constexpr std::string_view kResult = "result ";
constexpr std::size_t kMaxWords = 160;  // of the plugin's last printed line

struct Report {
  std::optional<Stage> stage;  // the last one entered
  std::optional<Status> result;
};

// The text may come from a plugin that wrote into the wrong file: anything goes.
Report parse(std::string_view text) {
  Report report;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with(kStage)) {
      const std::optional<Stage> stage = stage_by_name(line.substr(kStage.size()));
      if (stage) report.stage = stage;
    } else if (line.starts_with(kResult)) {
      const Result<std::uint64_t> code = device::parse_number(line.substr(kResult.size()));
      if (!code.ok() || *code > FORGE_DATA_LOSS) return report;
      const auto known = static_cast<Code>(*code);
      report.result = known == Code::kOk ? Status() : Status(known, printable(text));
      return report;
    }
  }
  return report;
}

}  // namespace

std::string last_words(std::string_view output) {
  while (!output.empty() && (output.back() == '\n' || output.back() == ' '))
    output.remove_suffix(1);
  const std::size_t begin = output.rfind('\n');
  if (begin != std::string_view::npos) output.remove_prefix(begin + 1);
  return output.empty() ? "" : "; it printed: " + quote(output, kMaxWords);
}

std::string seconds(std::chrono::milliseconds time) {
  return fmt::format("{:g} s", static_cast<double>(time.count()) / 1000.0);
}

std::string report_stage(Stage stage) { return fmt::format("{}{}\n", kStage, stage_name(stage)); }

std::string report_result(const Status& status) {
  return fmt::format("{}{}\n{}", kResult, static_cast<int>(status.code()), status.message());
}

Status judge_probe(const ChildEnd& end, std::chrono::milliseconds limit) {
  const Report report = parse(end.report);
  const std::string_view where =
      report.stage ? stage_phrase(*report.stage) : "before its library was opened";
  switch (end.ending) {
    case Ending::kTimedOut:
      return deadline_exceeded(fmt::format("hung {}: stopped after {}{}", where, seconds(limit),
                                           last_words(end.output)));
    case Ending::kStopped:
      return cancelled(fmt::format("stopped {}", where));
    case Ending::kUnstoppable:
      return deadline_exceeded(
          fmt::format("hung {} in the kernel: it could not even be stopped after {}{}", where,
                      seconds(limit), last_words(end.output)));
    case Ending::kSignalled:
      return internal_error(
          fmt::format("crashed ({}) {}{}", signal_name(end.code), where, last_words(end.output)));
    case Ending::kExited:
      break;
  }
  if (!report.result) {
    return internal_error(fmt::format("ended the process with exit code {} {}{}", end.code, where,
                                      last_words(end.output)));
  }
  return *report.result;
}

}  // namespace forge::plugin
