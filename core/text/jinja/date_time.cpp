#include "core/text/jinja/date_time.hpp"

#include <fmt/format.h>
#include <locale.h>
#include <time.h>

#include <charconv>
#include <chrono>
#include <vector>

namespace forge::jinja {
namespace {

constexpr std::size_t kMaxFormatted = 1U << 16;  // a pattern such as "%999999d" asks for more

// Lives until exit.
locale_t c_locale() {
  static const locale_t locale = newlocale(LC_ALL_MASK, "C", nullptr);
  return locale;
}

// The parts of Python's strftime that C's would fill in from the clock of this machine.
std::string replace_python_parts(std::string_view pattern) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%' || i + 1 == pattern.size()) {
      out += pattern[i];
      continue;
    }
    const char kind = pattern[++i];
    if (kind == 'f') {
      out += "000000";
    } else if (kind != 'z' && kind != 'Z') {  // no zone: both are empty
      (out += '%') += kind;
    }
  }
  return out;
}

bool read_number(std::string_view text, std::size_t offset, std::size_t digits, int& out) {
  const char* first = text.data() + offset;
  const auto [end, error] = std::from_chars(first, first + digits, out);
  return error == std::errc() && end == first + digits;
}

}  // namespace

DateTime DateTime::now() {
  const time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  tm parts = {};
  localtime_r(&seconds, &parts);
  return {parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
          parts.tm_hour,        parts.tm_min,     parts.tm_sec};
}

Result<DateTime> DateTime::parse(std::string_view text) {
  const auto wrong = [&] {
    return invalid_argument(
        fmt::format("'{}' is no date; write 2025-01-31 or 2025-01-31T12:34:56", text));
  };
  const std::string_view shape = "dddd-dd-ddTdd:dd:dd";
  if (text.size() != 10 && text.size() != shape.size()) return wrong();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == 'd' ? !digit : text[i] != shape[i]) return wrong();
  }
  DateTime out;
  bool read = read_number(text, 0, 4, out.year) && read_number(text, 5, 2, out.month) &&
              read_number(text, 8, 2, out.day);
  if (text.size() > 10) {
    read = read && read_number(text, 11, 2, out.hour) && read_number(text, 14, 2, out.minute) &&
           read_number(text, 17, 2, out.second);
  }
  const std::chrono::year_month_day date(std::chrono::year(out.year),
                                         std::chrono::month(static_cast<unsigned>(out.month)),
                                         std::chrono::day(static_cast<unsigned>(out.day)));
  if (!read || !date.ok() || out.hour > 23 || out.minute > 59 || out.second > 59) return wrong();
  return out;
}

std::string DateTime::format(std::string_view pattern) const {
  const std::chrono::sys_days days = std::chrono::year_month_day(
      std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
      std::chrono::day(static_cast<unsigned>(day)));
  const std::chrono::sys_days new_year = std::chrono::year_month_day(
      std::chrono::year(year), std::chrono::January, std::chrono::day(1));
  tm parts = {};
  parts.tm_year = year - 1900;
  parts.tm_mon = month - 1;
  parts.tm_mday = day;
  parts.tm_hour = hour;
  parts.tm_min = minute;
  parts.tm_sec = second;
  parts.tm_wday = static_cast<int>(std::chrono::weekday(days).c_encoding());
  parts.tm_yday = static_cast<int>((days - new_year).count());
  parts.tm_isdst = -1;
  // The "." tells an empty result from one that did not fit.
  const std::string checked = replace_python_parts(pattern) + ".";
  std::vector<char> buffer(256);
  while (buffer.size() <= kMaxFormatted) {
    const std::size_t size =
        strftime_l(buffer.data(), buffer.size(), checked.c_str(), &parts, c_locale());
    if (size > 0) return {buffer.data(), size - 1};
    buffer.resize(buffer.size() * 4);
  }
  return {};
}

}  // namespace forge::jinja
