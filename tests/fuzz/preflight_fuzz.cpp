// Reads any bytes as what a child of a preflight tells, as a lock file and as a remembered pass.
// Success is believed only of a whole stream, and what was read is printable.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/safety/device_lock.hpp"
#include "core/safety/preflight_cache.hpp"
#include "core/safety/preflight_stream.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void require_one_line(std::string_view text) {
  require(text.find_first_of("\n\x1b") == std::string_view::npos);
}

void check_stages(const std::vector<forge::safety::StageReport>& stages) {
  for (const forge::safety::StageReport& stage : stages) {
    require(forge::safety::is_stage_name(stage.name));
    require_one_line(stage.purpose + stage.text);
    require(stage.time.count() >= 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace forge::safety;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  StreamOptions options;
  options.now = [] { return std::chrono::steady_clock::time_point(); };
  PreflightStream whole(options);
  whole.feed(text);
  PreflightStream pieces(options);
  for (std::size_t at = 0; at < size; at += 7) pieces.feed(text.substr(at, 7));
  require(whole.complete() == pieces.complete() && whole.stages() == pieces.stages());
  require(whole.facts() == pieces.facts() && whole.current() == pieces.current());
  require(whole.listed() <= 16 && whole.passed() <= whole.listed());
  require(whole.current_limit().count() > 0 && whole.current_limit().count() <= 600000);
  check_stages(whole.stages());
  if (whole.result()) require_one_line(whole.result()->message());
  if (const auto holder = parse_lock_holder(text)) {
    require(holder->pid > 0);
    require_one_line(describe(*holder));
  }
  if (const auto pass = read_pass(text)) {
    check_stages(pass->stages);
    require(read_pass(write_pass(*pass)).has_value());
  }
  return 0;
}
