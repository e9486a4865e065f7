// host/cli/progress.hpp: how far long work is, on standard error.
#ifndef FORGE_HOST_CLI_PROGRESS_HPP_
#define FORGE_HOST_CLI_PROGRESS_HPP_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string>

namespace forge::cli {

enum class Unit { kCount, kBytes };

// On a terminal a bar that is redrawn and taken away at the end; elsewhere a line now and then, so
// that a log file of a long run stays readable; nothing at all when quiet. Thread-safe.
class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  struct Options {
    Unit unit = Unit::kBytes;
    bool quiet = false;
    std::FILE* stream = stderr;
    Clock::time_point (*now)() = &Clock::now;
  };

  // label: "Loading model".
  Progress(std::string label, Options options);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // done of total; a total of 0 is unknown. As often as one likes: most calls only look at the
  // clock.
  void update(std::uint64_t done, std::uint64_t total);

  // Takes the bar away. Also done by the destructor.
  void finish();

 private:
  void draw(std::uint64_t done, std::uint64_t total);

  const std::string label_;
  const Options options_;
  const bool terminal_;
  std::mutex mutex_;
  Clock::time_point next_;
  std::size_t drawn_ = 0;  // columns of the bar on the screen
};

// "1.25 GiB", "340 KiB", "12 B".
std::string format_bytes(std::uint64_t bytes);

// "Loading model [######......]  52 %  1.2 / 2.4 GiB" in at most `width` columns.
std::string progress_bar(std::string_view label, std::uint64_t done, std::uint64_t total, Unit unit,
                         std::size_t width);

}  // namespace forge::cli

#endif  // FORGE_HOST_CLI_PROGRESS_HPP_
