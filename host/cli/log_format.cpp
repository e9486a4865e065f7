#include "host/cli/log_format.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/details/log_msg.h>

#include <chrono>
#include <iterator>
#include <string>
#include <string_view>

#include "core/base/log_level.hpp"
#include "core/base/quote.hpp"

namespace forge::cli {
namespace {

using spdlog::details::log_msg;

std::string_view view(spdlog::string_view_t text) { return {text.data(), text.size()}; }

// "warn", as the configuration writes it.
std::string_view level_name(spdlog::level::level_enum level) {
  const auto index = static_cast<std::size_t>(level);
  if (level == spdlog::level::critical) return log::kLevelNames[4];
  return index < std::size(log::kLevelNames) ? log::kLevelNames[index] : "off";
}

// "warning", as people write it.
std::string_view level_word(spdlog::level::level_enum level) {
  return level == spdlog::level::warn ? "warning" : level_name(level);
}

std::string utc_time(spdlog::log_clock::time_point time) {
  using namespace std::chrono;
  const auto micros = duration_cast<microseconds>(time.time_since_epoch()) % seconds(1);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(system_clock::to_time_t(time)),
                     micros.count());
}

void append(spdlog::memory_buf_t& out, std::string_view text) {
  out.append(text.data(), text.data() + text.size());
}

class ShortFormat final : public spdlog::formatter {
 public:
  void format(const log_msg& message, spdlog::memory_buf_t& out) override {
    message.color_range_start = out.size();
    append(out, level_word(message.level));
    message.color_range_end = out.size();
    append(out, fmt::format(": {}: {}\n", printable(view(message.logger_name)),
                            printable(view(message.payload))));
  }
  std::unique_ptr<formatter> clone() const override { return std::make_unique<ShortFormat>(); }
};

class FullFormat final : public spdlog::formatter {
 public:
  void format(const log_msg& message, spdlog::memory_buf_t& out) override {
    append(out,
           fmt::format("{} {} {}: {}\n", utc_time(message.time), level_word(message.level),
                       printable(view(message.logger_name)), printable(view(message.payload))));
  }
  std::unique_ptr<formatter> clone() const override { return std::make_unique<FullFormat>(); }
};

class JsonFormat final : public spdlog::formatter {
 public:
  void format(const log_msg& message, spdlog::memory_buf_t& out) override {
    std::string line = fmt::format(R"({{"time":"{}","level":"{}","subsystem":)",
                                   utc_time(message.time), level_name(message.level));
    append_json_string(line, view(message.logger_name));
    line += fmt::format(R"(,"thread":{},"message":)", message.thread_id);
    append_json_string(line, view(message.payload));
    line += "}\n";
    append(out, line);
  }
  std::unique_ptr<formatter> clone() const override { return std::make_unique<JsonFormat>(); }
};

}  // namespace

std::unique_ptr<spdlog::formatter> short_log_format() { return std::make_unique<ShortFormat>(); }
std::unique_ptr<spdlog::formatter> full_log_format() { return std::make_unique<FullFormat>(); }
std::unique_ptr<spdlog::formatter> json_log_format() { return std::make_unique<JsonFormat>(); }

}  // namespace forge::cli
