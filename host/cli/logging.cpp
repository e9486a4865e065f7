#include "host/cli/logging.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/sinks/basic_file_sink.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "core/base/log.hpp"
#include "core/base/quote.hpp"
#include "core/base/suggest.hpp"
#include "host/cli/log_format.hpp"
#include "host/cli/terminal.hpp"

namespace forge::cli {
namespace {

spdlog::sink_ptr error_sink(bool json, bool with_file) {
  const auto mode = wants_colour(stderr) ? spdlog::color_mode::always : spdlog::color_mode::never;
  auto sink = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>(mode);
  sink->set_formatter(json ? json_log_format() : short_log_format());
  if (with_file) sink->set_level(spdlog::level::warn);
  return sink;
}

Result<spdlog::sink_ptr> file_sink(const std::string& path, bool json) {
  try {
    auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
    sink->set_formatter(json ? json_log_format() : full_log_format());
    return spdlog::sink_ptr(std::move(sink));
  } catch (const spdlog::spdlog_ex&) {
    return invalid_argument(fmt::format("cannot open log file {} for writing: {}",
                                        quote(path, 4096), std::strerror(errno)));
  }
}

// A log that cannot be written does not stop the work, and is worth one line.
void tell_once(const std::string& what) {
  static std::atomic<bool> told{false};
  if (!told.exchange(true))
    fmt::print(stderr, "warning: cannot write the log: {}\n", printable(what));
}

// Any name can be a plugin's; one that looks like a misspelt subsystem is worth a word.
void warn_of_unknown(const std::string& name) {
  const auto& known = log::kSubsystems;
  if (std::ranges::find(known, name) != std::end(known)) return;
  const std::string meant = nearest(name, known);
  if (meant.empty()) return;
  log::get("config").warn(
      "log level for '{}': there is no such subsystem (plugins log under their "
      "id); did you mean '{}'?",
      name, meant);
}

}  // namespace

Status install_logging(const LoggingConfig& config) {
  const bool json = config.format == "json";
  std::vector<spdlog::sink_ptr> sinks = {error_sink(json, !config.file.empty())};
  if (!config.file.empty()) {
    FORGE_ASSIGN(spdlog::sink_ptr sink, file_sink(config.file, json));
    sinks.push_back(std::move(sink));
  }
  log::set_error_handler(tell_once);
  log::set_sinks(std::move(sinks));
  log::set_level(log::level_of(config.level));
  for (const auto& [name, level] : config.levels) log::set_level(name, log::level_of(level));
  for (const auto& [name, level] : config.levels) warn_of_unknown(name);
  return {};
}

}  // namespace forge::cli
