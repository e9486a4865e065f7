#include "host/cli/log_format.hpp"

#include <spdlog/details/log_msg.h>

#include <nlohmann/json.hpp>

#include "tests/catch.hpp"

namespace forge::cli {
namespace {

std::string format(spdlog::formatter& formatter, std::string_view logger, std::string_view text,
                   spdlog::level::level_enum level = spdlog::level::warn) {
  using namespace std::chrono;
  // 2026-03-01 12:34:56.000789 UTC
  const spdlog::log_clock::time_point time(
      duration_cast<spdlog::log_clock::duration>(seconds(1772368496) + microseconds(789)));
  spdlog::details::log_msg message(time, {}, spdlog::string_view_t(logger.data(), logger.size()),
                                   level, spdlog::string_view_t(text.data(), text.size()));
  message.thread_id = 42;
  spdlog::memory_buf_t out;
  formatter.format(message, out);
  return {out.data(), out.size()};
}

TEST_CASE("lines for people say level, subsystem and text") {
  CHECK(format(*short_log_format(), "plugin", "no folder 'x'") ==
        "warning: plugin: no folder 'x'\n");
  CHECK(format(*full_log_format(), "gguf", "opened", spdlog::level::info) ==
        "2026-03-01T12:34:56.000789Z info gguf: opened\n");
}

TEST_CASE("a record is one line whatever its text holds") {
  CHECK(format(*short_log_format(), "a\nb", "x\nerror: fake\x1b[31m") ==
        "warning: a\\nb: x\\nerror: fake\\x1b[31m\n");
  CHECK(format(*full_log_format(), "a", "x\ny", spdlog::level::err) ==
        "2026-03-01T12:34:56.000789Z error a: x\\ny\n");
}

// Oracle: another implementation's parser.
TEST_CASE("JSON lines parse whatever their text holds") {
  const auto formatter = json_log_format();
  CHECK(format(*formatter, "plugin", "text", spdlog::level::trace) ==
        R"({"time":"2026-03-01T12:34:56.000789Z","level":"trace","subsystem":"plugin","thread":42,)"
        "\"message\":\"text\"}\n");
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  const std::string line = format(*formatter, "\"\\", all);
  CHECK(line.find('\n') == line.size() - 1);
  const auto json = nlohmann::json::parse(line);
  CHECK(json["subsystem"] == "\"\\");
  const auto text = json["message"].get<std::string>();
  CHECK(text.substr(0, 128) == all.substr(0, 128));
  CHECK(text.substr(128, 3) == "\xef\xbf\xbd");  // U+FFFD for the first byte that is not UTF-8
}

}  // namespace
}  // namespace forge::cli
