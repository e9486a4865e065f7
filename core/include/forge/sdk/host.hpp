// forge/sdk/host.hpp: the host's services inside one library, and the fence at the C edge.
//
// Header-only. Every library (each plugin, and core for its built-in pack) has its own pointer to
// the services, set once by initialize(). Thread-safe. Functions behind C slots may throw and may
// return a Status: `fence` turns both into the ABI's status and message:
//
//   forge_status device_open(..., forge_message* message) {
//     return forge::sdk::fence(message, [&]() -> forge::Status { ... });
//   }
#ifndef FORGE_SDK_HOST_HPP_
#define FORGE_SDK_HOST_HPP_

#include <atomic>
#include <exception>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

#include "forge/abi/host.h"
#include "forge/sdk/status.hpp"

namespace forge::sdk {

// ---------------------------------------------------------------- strings

constexpr forge_string to_abi(std::string_view text) { return {text.data(), text.size()}; }

// Borrowed from `text`. A NULL with a size is read as empty.
constexpr std::string_view view(forge_string text) {
  return text.data == nullptr ? std::string_view() : std::string_view(text.data, text.size);
}

// ---------------------------------------------------------------- host services

namespace detail {
// Set by initialize(). One per library: hidden visibility keeps libraries apart. In a test program
// that registers several plugins statically, the host of the last one initialised serves all.
inline constinit std::atomic<const forge_host_v1*> host_record{nullptr};
}  // namespace detail

// Called by initialize(), before anything else uses the services.
inline void set_host(const forge_host_v1* services) {
  detail::host_record.store(services, std::memory_order_release);
}

// The host's services; nullptr before initialize(). Thread-safe.
inline const forge_host_v1* host() { return detail::host_record.load(std::memory_order_acquire); }

// A host interface by id, already of its type, or nullptr when this host has none:
//   const auto* codecs = host_interface<forge_host_codecs_v1>(FORGE_HOST_INTERFACE_CODECS_V1);
template <class Record>
const Record* host_interface(const char* id) {
  const forge_host_v1* services = host();
  if (services == nullptr) return nullptr;
  return static_cast<const Record*>(services->get_interface(services->self, id));
}

enum class LogLevel : std::int32_t {
  kTrace = FORGE_LOG_TRACE,
  kDebug = FORGE_LOG_DEBUG,
  kInfo = FORGE_LOG_INFO,
  kWarn = FORGE_LOG_WARN,
  kError = FORGE_LOG_ERROR,
};

// Whether a line of this level would be written: ask before building an expensive one.
inline bool log_enabled(LogLevel level) {
  const forge_host_v1* services = host();
  return services != nullptr &&
         services->log_enabled(services->self, static_cast<std::int32_t>(level)) != 0;
}

// One line under the plugin's id, without newline. Dropped before initialize(). Thread-safe.
inline void log(LogLevel level, std::string_view text) {
  const forge_host_v1* services = host();
  if (services != nullptr)
    services->log(services->self, static_cast<std::int32_t>(level), to_abi(text));
}

// ---------------------------------------------------------------- status and message

inline void set_message(forge_message* message, std::string_view text) {
  const forge_host_v1* services = host();
  if (services != nullptr && message != nullptr)
    services->message_set(services->self, message, to_abi(text));
}

// A Status on its way out through a slot: its sentence into `message`, its code as the result. An
// error without a sentence leaves `message` as it is (see `passed`).
inline forge_status report(const Status& status, forge_message* message) {
  if (!status.ok() && !status.message().empty()) set_message(message, status.message());
  return static_cast<forge_status>(status.code());
}

// The answer of a host slot that was handed this plugin's own `message`: the sentence is in there
// already, so the Status carries the code alone, and `report` keeps the sentence.
inline Status passed(forge_status code) {
  return code == FORGE_OK ? Status() : Status(static_cast<Code>(code), {});
}

// Runs `function` (returning Status or void) so that no exception leaves: the C edge of a plugin.
template <class Function>
forge_status fence(forge_message* message, Function&& function) noexcept {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Function>>) {
      std::forward<Function>(function)();
      return FORGE_OK;
    } else {
      return report(std::forward<Function>(function)(), message);
    }
  } catch (const std::bad_alloc&) {
    set_message(message, "out of memory");
    return FORGE_RESOURCE_EXHAUSTED;
  } catch (const std::exception& error) {
    set_message(message, error.what());
    return FORGE_UNKNOWN;
  } catch (...) {
    set_message(message, "an exception of unknown type");
    return FORGE_UNKNOWN;
  }
}

// The same for slots that return nothing: what was thrown is logged.
template <class Function>
void fence(Function&& function) noexcept {
  try {
    std::forward<Function>(function)();
  } catch (const std::exception& error) {
    log(LogLevel::kError, error.what());
  } catch (...) {
    log(LogLevel::kError, "an exception of unknown type");
  }
}

}  // namespace forge::sdk

#endif  // FORGE_SDK_HOST_HPP_
