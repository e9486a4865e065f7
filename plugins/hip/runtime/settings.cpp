#include "plugins/hip/runtime/settings.hpp"

#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>

#include "forge/sdk/host.hpp"

namespace forge::hip {
namespace {

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): reads only
  return value == nullptr ? std::string_view() : value;
}

}  // namespace

Settings Settings::from_environment() {
  Settings settings;
  settings.graphs = variable("FORGE_HIP_GRAPHS") != "0";
  const std::string text(variable("FORGE_HIP_TIMEOUT_S"));
  if (text.empty()) return settings;
  double seconds = 0;
  const char* const end = text.c_str() + text.size();
  const auto [at, error] = std::from_chars(text.c_str(), end, seconds);
  if (error == std::errc() && at == end && seconds > 0 && seconds <= 1e6) {
    settings.timeout = std::chrono::duration<double>(seconds);
  } else {
    sdk::log(sdk::LogLevel::kWarn,
             "FORGE_HIP_TIMEOUT_S is '" + text + "', which is no number of seconds; 30 are used");
  }
  return settings;
}

}  // namespace forge::hip
