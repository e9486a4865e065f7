// core/base/host_services.hpp: core's side of forge/abi/host.h.
#ifndef FORGE_CORE_BASE_HOST_SERVICES_HPP_
#define FORGE_CORE_BASE_HOST_SERVICES_HPP_

#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/log.hpp"
#include "forge/abi/host.h"
#include "forge/sdk/status.hpp"

// The sink a plugin's sentence ends in.
struct forge_message {
  std::string text;
};

namespace forge {

// Longest sentence and longest log line taken from a plugin, in bytes; the rest is cut off.
inline constexpr std::size_t kMaxMessageBytes = std::size_t{16} * 1024;
inline constexpr std::size_t kMaxLogBytes = std::size_t{64} * 1024;

// Status of a call across the boundary. A plugin that failed without a sentence gets one; a code
// this host does not know becomes Code::kUnknown.
Status from_abi(forge_status status, const forge_message& message);

// The services handed to one plugin: log lines go to the logger of its id. What a plugin says, in
// sentences and lines, is cut to a length and made printable. The record and what get_interface
// returns stay valid as long as this object, which never moves. Thread-safe.
class HostServices {
 public:
  explicit HostServices(std::string id);
  ~HostServices();
  HostServices(const HostServices&) = delete;
  HostServices& operator=(const HostServices&) = delete;

  // For a plugin: valid until the process ends, since it may log until then.
  static const HostServices& make_permanent(std::string id);

  // Makes a host interface known under an id such as "forge.host.codecs/1"; for all plugins of the
  // process. Call before plugins are loaded. The record is borrowed for ever.
  static void provide(std::string_view interface_id, const void* record);

  const forge_host_v1* get() const { return &record_; }
  const std::string& id() const { return id_; }
  spdlog::logger& logger() const { return logger_; }

 private:
  std::string id_;
  spdlog::logger& logger_;  // loggers are never destroyed
  forge_host_v1 record_;
};

// The services core's own built-in parts use; made on first call, which also points forge::sdk at
// them.
const HostServices& core_services();

}  // namespace forge

#endif  // FORGE_CORE_BASE_HOST_SERVICES_HPP_
