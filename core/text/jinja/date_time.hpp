// core/text/jinja/date_time.hpp: the moment that strftime_now() prints.
#ifndef FORGE_CORE_TEXT_JINJA_DATE_TIME_HPP_
#define FORGE_CORE_TEXT_JINJA_DATE_TIME_HPP_

#include <string>
#include <string_view>

#include "forge/sdk/status.hpp"

namespace forge::jinja {

// Local time, without a zone. A value type.
struct DateTime {
  int year = 1970, month = 1, day = 1;
  int hour = 0, minute = 0, second = 0;

  static DateTime now();
  // "2025-01-31", or with a time of day: "2025-01-31T12:34:56". invalid_argument otherwise.
  static Result<DateTime> parse(std::string_view text);

  // As Python's datetime.strftime, in the C locale: "%Y-%m-%d", "%-d %B %Y" and so on.
  std::string format(std::string_view pattern) const;

  bool operator==(const DateTime&) const = default;
};

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_DATE_TIME_HPP_
