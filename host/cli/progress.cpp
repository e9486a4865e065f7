#include "host/cli/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "host/cli/terminal.hpp"

namespace forge::cli {
namespace {

using namespace std::chrono_literals;

// What is over before this needs no bar. Then, a bar is redrawn often enough to look alive; a line
// is printed seldom enough for a log.
constexpr auto kFirst = 300ms;
constexpr auto kRedraw = 100ms;
constexpr auto kFirstLine = 5s;
constexpr auto kNextLine = 10s;

std::string amount(std::uint64_t value, Unit unit) {
  return unit == Unit::kBytes ? format_bytes(value) : fmt::format("{}", value);
}

double fraction(std::uint64_t done, std::uint64_t total) {
  if (total == 0) return 0;
  return std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
}

// "52 %  1.2 GiB of 2.4 GiB", or the amount alone when the total is unknown.
std::string facts(std::uint64_t done, std::uint64_t total, Unit unit) {
  if (total == 0) return amount(done, unit);
  return fmt::format("{:3.0f} %  {} of {}", 100 * fraction(done, total), amount(done, unit),
                     amount(total, unit));
}

}  // namespace

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  const int digits = unit == 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return fmt::format("{:.{}f} {}", value, digits, kUnits[unit]);
}

std::string progress_bar(std::string_view label, std::uint64_t done, std::uint64_t total, Unit unit,
                         std::size_t width) {
  const std::string text = facts(done, total, unit);
  const std::size_t used = display_width(label) + text.size() + 5;  // " [" "]" and two spaces
  if (total == 0 || used + 8 > width) {
    return fmt::format("{}  {}", label, text);
  }
  const std::size_t cells = std::min<std::size_t>(width - used, 40);
  const auto full = static_cast<std::size_t>(fraction(done, total) * static_cast<double>(cells));
  return fmt::format("{} [{}{}]  {}", label, std::string(full, '#'), std::string(cells - full, '.'),
                     text);
}

Progress::Progress(std::string label, Options options)
    : label_(std::move(label)),
      options_(options),
      terminal_(is_terminal(options.stream)),
      next_(options.now() + (terminal_ ? Clock::duration(kFirst) : Clock::duration(kFirstLine))) {}

Progress::~Progress() { finish(); }

void Progress::update(std::uint64_t done, std::uint64_t total) {
  if (options_.quiet) return;
  const Clock::time_point now = options_.now();
  const std::scoped_lock lock(mutex_);
  if (now < next_) return;
  next_ = now + (terminal_ ? Clock::duration(kRedraw) : Clock::duration(kNextLine));
  draw(done, total);
}

void Progress::draw(std::uint64_t done, std::uint64_t total) {
  if (!terminal_) {
    fmt::print(options_.stream, "{}: {}\n", label_, facts(done, total, options_.unit));
    return;
  }
  const std::string bar =
      progress_bar(label_, done, total, options_.unit, terminal_width(options_.stream) - 1);
  const std::size_t columns = display_width(bar);
  // Blanks over what a longer one left.
  fmt::print(options_.stream, "\r{}{}", bar,
             std::string(drawn_ > columns ? drawn_ - columns : 0, ' '));
  std::fflush(options_.stream);
  drawn_ = columns;
}

void Progress::finish() {
  const std::scoped_lock lock(mutex_);
  if (drawn_ > 0) {
    fmt::print(options_.stream, "\r{}\r", std::string(drawn_, ' '));
    std::fflush(options_.stream);
  }
  drawn_ = 0;
  next_ = Clock::time_point::max();
}

}  // namespace forge::cli
