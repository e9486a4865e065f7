#include "host/cli/numbers.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace forge::cli {

std::string grouped(std::uint64_t number) {
  std::string text = fmt::format("{}", number);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

std::string short_count(std::uint64_t number) {
  if (number < 1000) return fmt::format("{}", number);
  constexpr std::array<std::string_view, 5> kUnits = {"", "K", "M", "B", "T"};
  auto value = static_cast<double>(number);
  std::size_t unit = 0;
  // 999.5 would be written as "1000".
  while (value >= 999.5 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  const int digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f} {}", value, digits, kUnits[unit]);
}

}  // namespace forge::cli
