// Reads any bytes as a configuration file: a value or a clear error. What was accepted has to come
// back the same when it is written out and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "core/config/load.hpp"
#include "core/config/reference.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const forge::config::Environment none = [](std::string_view) { return std::nullopt; };
  forge::config::Loaded loaded;
  const forge::Status status = forge::config::read_toml(text, "f", none, loaded);
  if (!status.ok()) {
    const std::string_view message = status.message();
    const bool clear = message.starts_with("f:") && message.size() > 12 && message.size() < 4000;
    if (!clear || status.code() != forge::Code::kInvalidArgument) std::abort();
    return 0;
  }
  forge::config::Loaded again;
  const std::string written = forge::config::effective(loaded.config, {});
  if (!forge::config::read_toml(written, "g", none, again).ok()) std::abort();
  if (again.config != loaded.config) std::abort();
  return 0;
}
